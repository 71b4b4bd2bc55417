// SPDX-License-Identifier: MIT
//
// The control calls: lib/client decides, or the C library does it.
#include "client/traced.h"
#include "hook.h"

using a7600::preload::passes;
using a7600::preload::real;
namespace client = a7600::client::traced;

A7600_HOOK int socket(int domain, int type, int protocol) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto fd = client::socket(domain, type, protocol)) return *fd;
  }
  return libc.socket(domain, type, protocol);
}

A7600_HOOK int connect(int fd, const sockaddr* address, socklen_t length) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::connect(fd, address, length)) return *result;
  }
  return libc.connect(fd, address, length);
}

A7600_HOOK int bind(int fd, const sockaddr* address, socklen_t length) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::bind(fd, address, length)) return *result;
  }
  return libc.bind(fd, address, length);
}

A7600_HOOK int listen(int fd, int backlog) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::listen(fd)) return *result;
  }
  return libc.listen(fd, backlog);
}

A7600_HOOK int accept(int fd, sockaddr* address, socklen_t* length) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::accept(fd, address, length, 0)) return *result;
  }
  return libc.accept(fd, address, length);
}

A7600_HOOK int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::accept(fd, address, length, flags)) return *result;
  }
  return libc.accept4(fd, address, length, flags);
}

A7600_HOOK int shutdown(int fd, int how) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::shutdown(fd, how)) return *result;
  }
  return libc.shutdown(fd, how);
}

A7600_HOOK int getsockname(int fd, sockaddr* address, socklen_t* length) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::getsockname(fd, address, length)) return *result;
  }
  return libc.getsockname(fd, address, length);
}

A7600_HOOK int getpeername(int fd, sockaddr* address, socklen_t* length) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::getpeername(fd, address, length)) return *result;
  }
  return libc.getpeername(fd, address, length);
}

A7600_HOOK int getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::getsockopt(fd, level, name, value, length)) return *result;
  }
  return libc.getsockopt(fd, level, name, value, length);
}

A7600_HOOK int setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::setsockopt(fd, level, name, value, length)) return *result;
  }
  return libc.setsockopt(fd, level, name, value, length);
}
