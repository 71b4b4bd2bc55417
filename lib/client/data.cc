// SPDX-License-Identifier: MIT
//
// The data calls. They are the kernel's own, unless an address or one of a few flags comes with
// them: there AF_UNIX answers otherwise than TCP and UDP. A call without either that succeeds, on a
// socket that is connected, costs no system call of its own (sshd's sandbox kills for one).
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "base/sys.h"
#include "client/client.h"
#include "client/datagram.h"
#include "client/identity.h"
#include "client/peek_all.h"
#include "client/runtime.h"
#include "client/unconnected.h"

namespace a7600::client {
namespace {

bool wants_data(int flags) { return (flags & (MSG_OOB | MSG_ERRQUEUE)) == 0; }

constexpr int kSpecialFlags = MSG_OOB | MSG_ERRQUEUE | MSG_TRUNC;

std::optional<Identity> concerned(int fd, int flags, const void* address) {
  const bool special = (flags & kSpecialFlags) != 0 || peeks_for_all(flags);
  if (!special && address == nullptr) return std::nullopt;
  return identify(fd);
}

// Of what is sent. The kernel would take more in one datagram than the module does.
std::optional<Identity> concerned(int fd, int flags, const void* address, std::size_t size) {
  if (size <= wire::kLargestDatagram || !has_datagrams()) return concerned(fd, flags, address);
  auto identity = identify(fd);
  if (identity && !identity->is_datagram) return concerned(fd, flags, address);
  return identity;
}

// A datagram socket without a peer has no destination; AF_UNIX calls that ENOTCONN.
void explain_enotconn(int fd) {
  const auto identity = identify(fd);
  errno = identity && identity->is_datagram ? EDESTADDRREQ : ENOTCONN;
}

// MSG_TRUNC throws a stream's bytes away; AF_UNIX hands them over.
ssize_t discard(int fd, std::size_t size, int flags) {
  char scratch[4096];
  std::size_t discarded = 0;
  flags &= ~MSG_TRUNC;
  do {
    const ssize_t got =
        Runtime::get().libc().recv(fd, scratch, std::min(size - discarded, sizeof(scratch)), flags);
    if (got < 0 && discarded == 0) return -1;
    if (got <= 0) break;
    discarded += static_cast<std::size_t>(got);
    flags |= MSG_DONTWAIT;
  } while (discarded < size && (flags & MSG_PEEK) == 0);
  return static_cast<ssize_t>(discarded);
}

ssize_t receive_stream(int fd, void* data, std::size_t size, int flags) {
  if ((flags & MSG_TRUNC) != 0) return discard(fd, size, flags);
  const auto receive = [&](int with) { return Runtime::get().libc().recv(fd, data, size, with); };
  return peeks_for_all(flags) ? peek_all(fd, size, flags, receive) : receive(flags);
}

// The same by recvmsg: each part of it starts from the program's own message.
ssize_t receive_stream(int fd, msghdr& message, int flags) {
  const msghdr asked = message;
  const auto receive = [&](int with) {
    message = asked;
    return Runtime::get().libc().recvmsg(fd, &message, with);
  };
  return peeks_for_all(flags) ? peek_all(fd, size_of(asked), flags, receive) : receive(flags);
}

ssize_t fail(int posix) {
  errno = posix;
  return -1;
}

// Reading a TCP socket that was never connected, or that listens, is ENOTCONN (Python's ssl takes a
// listener by that). A pair is always connected, so there the kernel says EAGAIN.
void explain_eagain(int fd) {
  // Of a connected socket with nothing under way the engine need not be asked: its gate is open.
  int queued = 0;
  const bool may_be_gated = sys::ioctl(fd, SIOCOUTQ, &queued) == 0 && queued > 0;
  const auto identity = may_be_gated ? identify(fd) : std::nullopt;
  errno = EAGAIN;
  if (!identity || identity->is_datagram) return;
  errno = is_unconnected(fd, *identity) ? ENOTCONN : EAGAIN;
}

// A stream is sent to before it is connected.
ssize_t refuse_unconnected(int flags) {
  // Whoever asks for this falls back on connect().
  if ((flags & MSG_FASTOPEN) != 0) return fail(EOPNOTSUPP);
  if ((flags & MSG_NOSIGNAL) == 0) ::raise(SIGPIPE);
  return fail(EPIPE);
}

msghdr one_part(const void* address, socklen_t length, iovec& part) {
  msghdr message{};
  message.msg_name = const_cast<void*>(address);
  message.msg_namelen = length;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return message;
}

}  // namespace

std::optional<ssize_t> send(int fd, const void* data, size_t size, int flags,
                            const sockaddr* address, socklen_t length) {
  if (is_unconnected(fd)) return refuse_unconnected(flags);
  const auto identity = concerned(fd, flags, address, size);
  if (!identity) {
    if (address != nullptr) return std::nullopt;  // the kernel's socket: its address goes with it
    const ssize_t sent = Runtime::get().libc().send(fd, data, size, flags);
    if (sent < 0 && errno == ENOTCONN) explain_enotconn(fd);
    return sent;
  }
  // The modem has no urgent data.
  if ((flags & MSG_OOB) != 0) return fail(EOPNOTSUPP);
  if (!identity->is_datagram) return Runtime::get().libc().send(fd, data, size, flags);
  iovec part{const_cast<void*>(data), size};
  return send_datagram(fd, *identity, one_part(address, length, part), flags);
}

std::optional<ssize_t> sendmsg(int fd, const msghdr* message, int flags) {
  if (message == nullptr) return std::nullopt;
  if (is_unconnected(fd)) return refuse_unconnected(flags);
  const auto identity = concerned(fd, flags, message->msg_name, size_of(*message));
  if (!identity) {
    const ssize_t sent = Runtime::get().libc().sendmsg(fd, message, flags);
    if (sent < 0 && errno == ENOTCONN) explain_enotconn(fd);
    return sent;
  }
  if ((flags & MSG_OOB) != 0) return fail(EOPNOTSUPP);
  if (identity->is_datagram) return send_datagram(fd, *identity, *message, flags);
  msghdr plain = *message;
  plain.msg_name = nullptr;
  plain.msg_namelen = 0;
  return Runtime::get().libc().sendmsg(fd, &plain, flags);
}

std::optional<ssize_t> recv(int fd, void* data, size_t size, int flags, sockaddr* address,
                            socklen_t* length) {
  if (wants_data(flags) && is_unconnected(fd)) return fail(ENOTCONN);
  const auto identity = concerned(fd, flags, address);
  if (!identity) {
    if (address != nullptr) return std::nullopt;
    const ssize_t got = Runtime::get().libc().recv(fd, data, size, flags);
    if (got < 0 && errno == EAGAIN) explain_eagain(fd);
    return got;
  }
  if ((flags & MSG_OOB) != 0) return fail(EINVAL);
  if ((flags & MSG_ERRQUEUE) != 0) return fail(EAGAIN);
  if (!identity->is_datagram) {
    const ssize_t got = receive_stream(fd, data, size, flags);
    // TCP gives no address, and says so by the length.
    if (got >= 0 && length != nullptr) *length = 0;
    return got;
  }
  if (address == nullptr) return Runtime::get().libc().recv(fd, data, size, flags);
  if (length == nullptr) return fail(EFAULT);
  if (static_cast<int>(*length) < 0) return fail(EINVAL);
  iovec part{data, size};
  msghdr message = one_part(address, *length, part);
  const ssize_t got = receive_datagram(fd, *identity, message, flags);
  if (got >= 0) *length = message.msg_namelen;
  return got;
}

std::optional<ssize_t> recvmsg(int fd, msghdr* message, int flags) {
  if (message != nullptr && wants_data(flags) && is_unconnected(fd)) return fail(ENOTCONN);
  const auto identity = concerned(fd, flags, message == nullptr ? nullptr : message->msg_name);
  if (!identity) return std::nullopt;
  if ((flags & MSG_OOB) != 0) return fail(EINVAL);
  if ((flags & MSG_ERRQUEUE) != 0) return fail(EAGAIN);
  if (message == nullptr) return fail(EFAULT);
  if (identity->is_datagram) return receive_datagram(fd, *identity, *message, flags);
  if ((flags & MSG_TRUNC) != 0) {
    const ssize_t discarded = discard(fd, size_of(*message), flags);
    if (discarded >= 0) {
      message->msg_namelen = 0;
      message->msg_controllen = 0;
      message->msg_flags = 0;
    }
    return discarded;
  }
  void* const name = message->msg_name;
  message->msg_name = nullptr;
  const ssize_t got = receive_stream(fd, *message, flags);
  message->msg_name = name;
  if (got >= 0) message->msg_namelen = 0;
  return got;
}

std::optional<int> sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  if (!identify(fd)) return std::nullopt;
  int sent = 0;
  for (unsigned i = 0; i < count; ++i, ++sent) {
    const msghdr& message = messages[i].msg_hdr;
    auto size = client::sendmsg(fd, &message, flags);
    if (!size) size = Runtime::get().libc().sendmsg(fd, &message, flags);
    if (*size < 0) break;
    messages[i].msg_len = static_cast<unsigned>(*size);
  }
  return sent > 0 || count == 0 ? sent : -1;
}

std::optional<int> recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags,
                            std::chrono::nanoseconds* left) {
  using Clock = std::chrono::steady_clock;
  if (!identify(fd)) return std::nullopt;
  const auto end = Clock::now() + (left != nullptr ? *left : Clock::duration::zero());
  int received = 0;
  int wait = flags & ~MSG_WAITFORONE;
  while (received < static_cast<int>(count)) {
    mmsghdr& message = messages[received];
    auto size = client::recvmsg(fd, &message.msg_hdr, wait);
    if (!size) size = Runtime::get().libc().recvmsg(fd, &message.msg_hdr, wait);
    if (*size < 0) break;
    message.msg_len = static_cast<unsigned>(*size);
    ++received;
    if ((flags & MSG_WAITFORONE) != 0) wait |= MSG_DONTWAIT;
    // As in Linux the time is looked at between datagrams only.
    if (left != nullptr) *left = std::max(end - Clock::now(), Clock::duration::zero());
    if (left != nullptr && *left == Clock::duration::zero()) break;
  }
  return received > 0 || count == 0 ? received : -1;
}

}  // namespace a7600::client
