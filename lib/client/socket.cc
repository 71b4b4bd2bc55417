// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <netinet/in.h>

#include <cerrno>

#include "base/sys.h"
#include "client/address.h"
#include "client/call.h"
#include "client/client.h"
#include "client/identity.h"
#include "client/runtime.h"
#include "client/swap.h"
#include "client/unconnected.h"

namespace a7600::client {
namespace {

int fail(int posix) {
  errno = posix;
  return -1;
}

// What Linux says of a place for an address.
int check_room(const sockaddr* address, const socklen_t* length) {
  if (address == nullptr || length == nullptr) return EFAULT;
  return static_cast<int>(*length) < 0 ? EINVAL : 0;
}

int result(int posix) { return posix == 0 ? 0 : fail(posix); }

}  // namespace

std::optional<int> socket(int domain, int type, int protocol) {
  const int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  const bool is_tcp = kind == SOCK_STREAM && (protocol == 0 || protocol == IPPROTO_TCP);
  const bool is_udp = kind == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP);
  const bool is_ip = domain == AF_INET || domain == AF_INET6;
  if (!is_ip || (!is_tcp && !is_udp)) return std::nullopt;

  Runtime& runtime = Runtime::get();
  Call call;
  call.request.op = wire::Op::kSocket;
  call.request.domain = domain;
  call.request.type = kind;
  if ((type & SOCK_NONBLOCK) != 0) call.request.flags |= wire::kNonBlocking;
  if (const OnBehalf* other = runtime.on_behalf()) call.request.level = other->program();

  auto engine = runtime.engine({});
  if (!engine) return fail(engine.error().posix);
  int error = call.result_of(engine.value());
  if (error == ECONNREFUSED || (error == ENETDOWN && !call.replied)) {
    // The engine was a parent's that has ended, or a shared one that is just ending.
    engine = runtime.engine(engine.value().text());
    if (!engine) return fail(engine.error().posix);
    error = call.result_of(engine.value());
  }
  if (error != 0) return fail(error == ECONNREFUSED ? ENETDOWN : error);
  if (!call.received) return fail(EMFILE);
  const int fd = call.received.release();
  if (is_tcp) {
    note_unconnected(fd);
  } else {
    forget_unconnected(fd);
    note_datagrams();
  }
  if ((type & SOCK_CLOEXEC) == 0) ::fcntl(fd, F_SETFD, 0);
  return fd;
}

std::optional<int> bind(int fd, const sockaddr* address, socklen_t length) {
  const auto engine = engine_of(fd);
  if (!engine) return std::nullopt;
  auto config = Runtime::get().config();
  if (!config) return fail(config.error().posix);
  const Route route = route_from(address, length, *config.value());
  if (route.kind == Route::Kind::kError) return fail(route.error);
  if (route.kind == Route::Kind::kKernel) {
    const int error = hand_to_kernel(fd, *engine);
    if (error != 0) return fail(error);
    return std::nullopt;
  }
  Call call;
  call.request.op = wire::Op::kBind;
  call.request.set_endpoint(route.to);
  call.request.domain = family_of(address, length) == AF_INET6 ? AF_INET6 : AF_INET;
  if (is_mapped(address, length)) call.request.flags |= wire::kMapped;
  call.descriptor = fd;
  return result(call.result_of(*engine));
}

std::optional<int> listen(int fd) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  if (identity->is_datagram) return fail(EOPNOTSUPP);
  wire::UnixAddress engine = identity->engine;
  // Twice at most: after a refused connect, or a shutdown, it needs a new pair.
  for (int attempt = 0; attempt < 2; ++attempt) {
    Call call;
    call.request.op = wire::Op::kListen;
    call.descriptor = fd;
    const int error = call.result_of(engine);
    if (!call.received) return result(error);
    if (const int replaced = replace(fd, std::move(call.received))) return fail(replaced);
    note_unconnected(fd);
    const auto fresh = engine_of(fd);
    if (!fresh) return fail(ENETDOWN);
    engine = *fresh;
  }
  return fail(EAGAIN);
}

std::optional<int> shutdown(int fd, int how) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  if (identity->is_datagram) {
    if (!identity->peer) return fail(ENOTCONN);
    return sys::shutdown(fd, how);
  }
  if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) return fail(EINVAL);
  Call call;
  call.request.op = wire::Op::kShutdown;
  call.request.level = how;
  call.descriptor = fd;
  if (const int error = call.result_of(identity->engine)) return fail(error);
  switch (call.reply.state) {
    case wire::SocketState::kListening:
      // Wakes whoever sleeps in accept(2). The other direction would look like a close.
      return how == SHUT_WR ? 0 : sys::shutdown(fd, SHUT_RD);
    case wire::SocketState::kConnecting:
      return 0;
    default:
      return sys::shutdown(fd, how);
  }
}

std::optional<int> getsockname(int fd, sockaddr* address, socklen_t* length) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  if (const int error = check_room(address, length)) return fail(error);
  Call call;
  call.request.op = wire::Op::kDescribe;
  // Programs connect a datagram socket to learn which address they would be seen by.
  if (identity->peer) call.request.flags = wire::kWantsAddress;
  call.descriptor = fd;
  if (const int error = call.result_of(identity->engine)) return fail(error);
  write_address(call.reply.local(), call.reply.domain, address, length);
  return 0;
}

std::optional<int> getpeername(int fd, sockaddr* address, socklen_t* length) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  if (const int error = check_room(address, length)) return fail(error);
  if (identity->is_datagram) {
    if (!identity->peer) return fail(ENOTCONN);
    write_address(*identity->peer, identity->domain, address, length);
    return 0;
  }
  Call call;
  call.request.op = wire::Op::kDescribe;
  call.descriptor = fd;
  if (const int error = call.result_of(identity->engine)) return fail(error);
  const bool connected = call.reply.state == wire::SocketState::kConnected ||
                         call.reply.state == wire::SocketState::kClosedByPeer;
  if (!connected) return fail(ENOTCONN);
  write_address(call.reply.peer(), call.reply.domain, address, length);
  return 0;
}

}  // namespace a7600::client
