// SPDX-License-Identifier: MIT
//
// The data calls: lib/client if an address or MSG_OOB comes with them, else the C library.
#include <cstdarg>

#include "client/client.h"
#include "hook.h"
#include "receive_many.h"

using a7600::preload::passes;
using a7600::preload::real;
using a7600::preload::receive_many;
namespace client = a7600::client;

A7600_HOOK ssize_t send(int fd, const void* data, size_t size, int flags) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto sent = client::send(fd, data, size, flags, nullptr, 0)) return *sent;
  }
  return libc.send(fd, data, size, flags);
}

A7600_HOOK ssize_t sendto(int fd, const void* data, size_t size, int flags, const sockaddr* address,
                          socklen_t length) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto sent = client::send(fd, data, size, flags, address, length)) return *sent;
  }
  return libc.sendto(fd, data, size, flags, address, length);
}

A7600_HOOK ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto sent = client::sendmsg(fd, message, flags)) return *sent;
  }
  return libc.sendmsg(fd, message, flags);
}

A7600_HOOK ssize_t recv(int fd, void* data, size_t size, int flags) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto got = client::recv(fd, data, size, flags, nullptr, nullptr)) return *got;
  }
  return libc.recv(fd, data, size, flags);
}

A7600_HOOK ssize_t recvfrom(int fd, void* data, size_t size, int flags, sockaddr* address,
                            socklen_t* length) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto got = client::recv(fd, data, size, flags, address, length)) return *got;
  }
  return libc.recvfrom(fd, data, size, flags, address, length);
}

// recvfrom() of programs built with _FORTIFY_SOURCE.
A7600_HOOK ssize_t __recvfrom_chk(int fd, void* data, size_t size, size_t capacity, int flags,
                                  sockaddr* address, socklen_t* length) {
  const auto& libc = real();
  if (!passes() && size <= capacity) {
    if (const auto got = client::recv(fd, data, size, flags, address, length)) return *got;
  }
  return libc.__recvfrom_chk(fd, data, size, capacity, flags, address, length);
}

A7600_HOOK ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto got = client::recvmsg(fd, message, flags)) return *got;
  }
  return libc.recvmsg(fd, message, flags);
}

A7600_HOOK int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto sent = client::sendmmsg(fd, messages, count, flags)) return *sent;
  }
  return libc.sendmmsg(fd, messages, count, flags);
}

A7600_HOOK int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto got = receive_many(fd, messages, count, flags, timeout)) return *got;
  }
  return libc.recvmmsg(fd, messages, count, flags, timeout);
}

A7600_HOOK int close(int fd) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::close(fd)) return *result;
  }
  return libc.close(fd);
}

// With one argument or none, whatever that is: all of them travel alike.
A7600_HOOK int ioctl(int fd, unsigned long request, ...) {
  const auto& libc = real();
  va_list list;
  va_start(list, request);
  void* const argument = va_arg(list, void*);
  va_end(list);
  if (!passes()) {
    if (const auto result = client::ioctl(fd, request, argument)) return *result;
  }
  return libc.ioctl(fd, request, argument);
}
