// SPDX-License-Identifier: MIT
//
// The data calls. They are the kernel's own, unless an address or MSG_OOB comes with them: there
// AF_UNIX answers otherwise than TCP. A call without either costs no system call of its own (sshd's
// sandbox kills for one).
#include <cerrno>

#include "client/client.h"
#include "client/identity.h"
#include "client/runtime.h"

namespace a7600::client {
namespace {

bool concerns_us(int fd, int flags, const void* address) {
  return ((flags & MSG_OOB) != 0 || address != nullptr) && engine_of(fd).has_value();
}

// The modem has no urgent data.
ssize_t refuse_urgent() {
  errno = EOPNOTSUPP;
  return -1;
}

}  // namespace

std::optional<ssize_t> send(int fd, const void* data, size_t size, int flags,
                            const sockaddr* address) {
  if (!concerns_us(fd, flags, address)) return std::nullopt;
  if ((flags & MSG_OOB) != 0) return refuse_urgent();
  return Runtime::get().libc().send(fd, data, size, flags);
}

std::optional<ssize_t> sendmsg(int fd, const msghdr* message, int flags) {
  if (!concerns_us(fd, flags, message == nullptr ? nullptr : message->msg_name)) {
    return std::nullopt;
  }
  if ((flags & MSG_OOB) != 0) return refuse_urgent();
  msghdr plain = *message;
  plain.msg_name = nullptr;
  plain.msg_namelen = 0;
  return Runtime::get().libc().sendmsg(fd, &plain, flags);
}

std::optional<ssize_t> recv(int fd, void* data, size_t size, int flags, const sockaddr* address,
                            socklen_t* length) {
  if (!concerns_us(fd, flags, address)) return std::nullopt;
  if ((flags & MSG_OOB) != 0) return refuse_urgent();
  const ssize_t got = Runtime::get().libc().recv(fd, data, size, flags);
  // TCP gives no address, and says so by the length.
  if (got >= 0 && length != nullptr) *length = 0;
  return got;
}

std::optional<ssize_t> recvmsg(int fd, msghdr* message, int flags) {
  if (!concerns_us(fd, flags, message == nullptr ? nullptr : message->msg_name)) {
    return std::nullopt;
  }
  if ((flags & MSG_OOB) != 0) return refuse_urgent();
  void* const name = message->msg_name;
  message->msg_name = nullptr;
  const ssize_t got = Runtime::get().libc().recvmsg(fd, message, flags);
  message->msg_name = name;
  if (got >= 0) message->msg_namelen = 0;
  return got;
}

}  // namespace a7600::client
