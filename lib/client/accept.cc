// SPDX-License-Identifier: MIT
//
// accept(2) is one recvmsg(2) on the listening socket: its blocking, time-outs, signals and the
// race between processes are the kernel's (tests/platform, accept_records).
#include <fcntl.h>

#include <array>
#include <cerrno>

#include "base/sys.h"
#include "base/unique_fd.h"
#include "client/address.h"
#include "client/call.h"
#include "client/client.h"
#include "client/identity.h"
#include "client/runtime.h"
#include "client/unconnected.h"
#include "wire/channel.h"
#include "wire/message.h"

namespace a7600::client {
namespace {

int fail(int posix) {
  errno = posix;
  return -1;
}

// 0 for a listening socket; EINVAL, or ENETDOWN when its engine has gone.
int check_listening(int fd, const wire::UnixAddress& engine) {
  Call call;
  call.request.op = wire::Op::kDescribe;
  call.descriptor = fd;
  if (const int error = call.result_of(engine)) return error;
  return call.reply.state == wire::SocketState::kListening ? 0 : EINVAL;
}

// Waits as accept(2) would until there is a record, and leaves it there. 0, or an errno: EINVAL for
// a socket that does not listen, whose data must not be eaten, or that was shut down meanwhile.
int wait_for_record(int fd, const wire::UnixAddress& engine) {
  wire::AcceptRecord record;
  const auto recv = Runtime::get().libc().recv;
  ssize_t got = recv(fd, &record, sizeof(record), MSG_PEEK | MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) {
    if (const int error = check_listening(fd, engine)) return error;
    got = recv(fd, &record, sizeof(record), MSG_PEEK);
  }
  // An engine that ends leaves the gate's filler unread, so that it shows as a reset.
  if (got < 0) return errno == ECONNRESET ? ENETDOWN : errno;
  if (got == 0) {
    const int error = check_listening(fd, engine);
    return error != 0 ? error : ENETDOWN;
  }
  return got == sizeof(record) && record.mark == wire::AcceptRecord::kMark ? 0 : EINVAL;
}

}  // namespace

std::optional<int> accept(int fd, sockaddr* address, socklen_t* length, int flags) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  if (identity->is_datagram) return fail(EOPNOTSUPP);
  if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) return fail(EINVAL);
  if (address != nullptr) {
    if (length == nullptr) return fail(EFAULT);
    if (static_cast<int>(*length) < 0) return fail(EINVAL);
  }
  wire::AcceptRecord record;
  UniqueFd accepted;
  int error = 0;
  // Another process may be faster in taking it; then a blocking call waits for the next.
  do {
    if (const int waited = wait_for_record(fd, identity->engine)) return fail(waited);
    // With no number free, the record would be taken and its socket lost: keep one.
    UniqueFd reserve(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!reserve) return fail(errno);
    reserve.reset();
    error = wire::receive_message(fd, &record, sizeof(record), accepted, MSG_DONTWAIT);
  } while (error == EAGAIN);
  if (error != 0) return fail(error == ECONNRESET ? ENETDOWN : error);
  if (!accepted) return fail(ECONNABORTED);
  if ((flags & SOCK_CLOEXEC) == 0) ::fcntl(accepted.get(), F_SETFD, 0);
  if ((flags & SOCK_NONBLOCK) != 0) {
    ::fcntl(accepted.get(), F_SETFL, ::fcntl(accepted.get(), F_GETFL) | O_NONBLOCK);
  }
  if (address != nullptr) {
    write_address(record.peer(), record.domain, address, length);
  }
  forget_unconnected(accepted.get());
  return accepted.release();
}

}  // namespace a7600::client
