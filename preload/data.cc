// SPDX-License-Identifier: MIT
//
// The data calls. The kernel's own, unless an address or MSG_OOB comes with them: there AF_UNIX
// answers otherwise than TCP. A call without either costs no system call of its own (sshd's sandbox
// kills for one).
#include <cerrno>

#include "client/client.h"
#include "hook.h"

using a7600::preload::passes;
using a7600::preload::real;
namespace client = a7600::client;

namespace {

bool mended(int fd) { return !passes() && client::is_modem_socket(fd); }

// The modem has no urgent data.
bool refuses_urgent(int fd, int flags) {
  if ((flags & MSG_OOB) == 0 || !mended(fd)) return false;
  errno = EOPNOTSUPP;
  return true;
}

// TCP gives no address, and says so by the length.
template <typename Receive>
ssize_t without_address(socklen_t* length, const Receive& receive) {
  const ssize_t got = receive();
  if (got >= 0 && length != nullptr) *length = 0;
  return got;
}

}  // namespace

A7600_HOOK ssize_t send(int fd, const void* data, size_t size, int flags) {
  const auto& libc = real();
  if (refuses_urgent(fd, flags)) return -1;
  return libc.send(fd, data, size, flags);
}

A7600_HOOK ssize_t sendto(int fd, const void* data, size_t size, int flags,
                          const sockaddr* address, socklen_t length) {
  const auto& libc = real();
  if (refuses_urgent(fd, flags)) return -1;
  if (address != nullptr && mended(fd)) return libc.send(fd, data, size, flags);
  return libc.sendto(fd, data, size, flags, address, length);
}

A7600_HOOK ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  const auto& libc = real();
  if (refuses_urgent(fd, flags)) return -1;
  if (message != nullptr && message->msg_name != nullptr && mended(fd)) {
    msghdr plain = *message;
    plain.msg_name = nullptr;
    plain.msg_namelen = 0;
    return libc.sendmsg(fd, &plain, flags);
  }
  return libc.sendmsg(fd, message, flags);
}

A7600_HOOK ssize_t recv(int fd, void* data, size_t size, int flags) {
  const auto& libc = real();
  if (refuses_urgent(fd, flags)) return -1;
  return libc.recv(fd, data, size, flags);
}

A7600_HOOK ssize_t recvfrom(int fd, void* data, size_t size, int flags, sockaddr* address,
                            socklen_t* length) {
  const auto& libc = real();
  if (refuses_urgent(fd, flags)) return -1;
  if (address != nullptr && mended(fd)) {
    return without_address(length, [&] { return libc.recv(fd, data, size, flags); });
  }
  return libc.recvfrom(fd, data, size, flags, address, length);
}

// recvfrom() of programs built with _FORTIFY_SOURCE.
A7600_HOOK ssize_t __recvfrom_chk(int fd, void* data, size_t size, size_t capacity, int flags,
                                  sockaddr* address, socklen_t* length) {
  const auto& libc = real();
  if (refuses_urgent(fd, flags)) return -1;
  if (address != nullptr && mended(fd)) {
    return without_address(
        length, [&] { return libc.__recvfrom_chk(fd, data, size, capacity, flags, nullptr, nullptr); });
  }
  return libc.__recvfrom_chk(fd, data, size, capacity, flags, address, length);
}

A7600_HOOK ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const auto& libc = real();
  if (refuses_urgent(fd, flags)) return -1;
  if (message != nullptr && message->msg_name != nullptr && mended(fd)) {
    void* const name = message->msg_name;
    message->msg_name = nullptr;
    const ssize_t got = libc.recvmsg(fd, message, flags);
    message->msg_name = name;
    if (got >= 0) message->msg_namelen = 0;
    return got;
  }
  return libc.recvmsg(fd, message, flags);
}
