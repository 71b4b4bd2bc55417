// SPDX-License-Identifier: MIT
//
// Loaded into qemu-user, which asks the kernel for an option that it doesn't know as for an int.
// SO_COOKIE has eight bytes, so that would be EINVAL; half of them tells a test's sockets apart.
#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  if (level != SOL_SOCKET || name != SO_COOKIE || *length != sizeof(uint32_t)) {
    return (int)syscall(SYS_getsockopt, fd, level, name, value, length);
  }
  uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  if (syscall(SYS_getsockopt, fd, level, name, &cookie, &size) != 0) return -1;
  const uint32_t half = (uint32_t)cookie;
  memcpy(value, &half, sizeof(half));
  return 0;
}
