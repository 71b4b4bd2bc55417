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

namespace a7600::client {
namespace {

int fail(int posix) {
  errno = posix;
  return -1;
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
  if (is_udp) note_datagrams();
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
  call.descriptor = fd;
  return result(call.result_of(*engine));
}

std::optional<int> listen(int fd) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  if (identity->is_datagram) return fail(EOPNOTSUPP);
  Call call;
  call.request.op = wire::Op::kListen;
  call.descriptor = fd;
  return result(call.result_of(identity->engine));
}

std::optional<int> shutdown(int fd, int how) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  if (identity->is_datagram) {
    if (!identity->peer) return fail(ENOTCONN);
    return sys::shutdown(fd, how);
  }
  Call call;
  call.request.op = wire::Op::kDescribe;
  call.descriptor = fd;
  if (const int error = call.result_of(identity->engine)) return fail(error);
  const bool connected = call.reply.state == wire::SocketState::kConnected ||
                         call.reply.state == wire::SocketState::kClosedByPeer;
  if (!connected) return fail(ENOTCONN);
  return sys::shutdown(fd, how);
}

std::optional<int> getsockname(int fd, sockaddr* address, socklen_t* length) {
  const auto engine = engine_of(fd);
  if (!engine) return std::nullopt;
  if (address == nullptr || length == nullptr) return fail(EFAULT);
  Call call;
  call.request.op = wire::Op::kDescribe;
  call.descriptor = fd;
  if (const int error = call.result_of(*engine)) return fail(error);
  write_address(call.reply.local(), call.reply.domain, address, length);
  return 0;
}

std::optional<int> getpeername(int fd, sockaddr* address, socklen_t* length) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  if (address == nullptr || length == nullptr) return fail(EFAULT);
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
