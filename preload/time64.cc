// SPDX-License-Identifier: MIT
//
// On machines with 32 bits, the same calls by the names that programs with 64-bit time have for
// them. What differs is passed on as it is: options with a time (SO_RCVTIMEO and its kin have
// numbers of their own there) and timestamps in control messages are the kernel's.
#if defined(__arm__) || defined(__i386__)

#include <cstdarg>

#include "client/client.h"
#include "client/traced.h"
#include "hook.h"
#include "receive_many.h"

using a7600::preload::passes;
using a7600::preload::real;
using a7600::preload::receive_many;
using a7600::preload::TimeSpec64;
namespace client = a7600::client;

A7600_HOOK int __getsockopt64(int fd, int level, int name, void* value, socklen_t* length) {
  const auto& libc = real();
  if (!passes()) {
    const auto result = client::traced::getsockopt(fd, level, name, value, length);
    if (result) return *result;
  }
  return libc.__getsockopt64(fd, level, name, value, length);
}

A7600_HOOK int __setsockopt64(int fd, int level, int name, const void* value, socklen_t length) {
  const auto& libc = real();
  if (!passes()) {
    const auto result = client::traced::setsockopt(fd, level, name, value, length);
    if (result) return *result;
  }
  return libc.__setsockopt64(fd, level, name, value, length);
}

A7600_HOOK ssize_t __sendmsg64(int fd, const msghdr* message, int flags) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto sent = client::sendmsg(fd, message, flags)) return *sent;
  }
  return libc.__sendmsg64(fd, message, flags);
}

A7600_HOOK ssize_t __recvmsg64(int fd, msghdr* message, int flags) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto got = client::recvmsg(fd, message, flags)) return *got;
  }
  return libc.__recvmsg64(fd, message, flags);
}

A7600_HOOK int __sendmmsg64(int fd, mmsghdr* messages, unsigned count, int flags) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto sent = client::sendmmsg(fd, messages, count, flags)) return *sent;
  }
  return libc.__sendmmsg64(fd, messages, count, flags);
}

A7600_HOOK int __recvmmsg64(int fd, mmsghdr* messages, unsigned count, int flags,
                            TimeSpec64* timeout) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto got = receive_many(fd, messages, count, flags, timeout)) return *got;
  }
  return libc.__recvmmsg64(fd, messages, count, flags, timeout);
}

A7600_HOOK int __ioctl_time64(int fd, unsigned long request, ...) {
  const auto& libc = real();
  va_list list;
  va_start(list, request);
  void* const argument = va_arg(list, void*);
  va_end(list);
  if (!passes()) {
    if (const auto result = client::ioctl(fd, request, argument)) return *result;
  }
  return libc.__ioctl_time64(fd, request, argument);
}

#endif
