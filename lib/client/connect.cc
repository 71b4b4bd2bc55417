// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "client/address.h"
#include "client/call.h"
#include "client/client.h"
#include "client/datagram.h"
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

timeval send_timeout(int fd) {
  timeval timeout{};
  socklen_t size = sizeof(timeout);
  if (sys::getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, &size) != 0) return {};
  return timeout;
}

}  // namespace

std::optional<int> connect(int fd, const sockaddr* address, socklen_t length) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  if (identity->is_datagram) return connect_datagram(fd, *identity, address, length);
  std::optional<wire::UnixAddress> engine = identity->engine;
  auto config = Runtime::get().config();
  if (!config) return fail(config.error().posix);
  const int family = family_of(address, length);
  const bool disconnects = family == AF_UNSPEC;
  const Route route =
      disconnects ? Route{Route::Kind::kModem, {}, 0} : route_to(address, length, *config.value());
  if (route.kind == Route::Kind::kError) return fail(route.error);
  if (route.kind == Route::Kind::kKernel) {
    const int error = hand_to_kernel(fd, *engine);
    if (error == 0) return std::nullopt;
    return fail(error);
  }

  // Twice at most: a retry after a failure needs a new pair under the old number.
  for (int attempt = 0; attempt < 2; ++attempt) {
    Call call;
    call.request.op = wire::Op::kConnect;
    call.request.set_endpoint(route.to);
    call.request.domain = family;
    const int status = ::fcntl(fd, F_GETFL);
    if (status >= 0 && (status & O_NONBLOCK) != 0) call.request.flags |= wire::kNonBlocking;
    call.descriptor = fd;
    call.wait = Call::Wait::kLikeConnect;
    call.timeout = send_timeout(fd);
    const bool bounded = call.timeout.tv_sec != 0 || call.timeout.tv_usec != 0;
    const bool is_second = bounded && state_of(fd, *engine) == wire::SocketState::kConnecting;
    const int error = call.result_of(*engine);
    if (!disconnects && (error == 0 || error == EINPROGRESS)) forget_unconnected(fd);
    if (error == 0) return 0;
    if (error == EINPROGRESS && is_second) return fail(EALREADY);
    if (!call.received)
      return fail(error == ECONNREFUSED && call.reply.error == 0 ? ENETDOWN : error);
    if (const int replaced = replace(fd, std::move(call.received))) return fail(replaced);
    note_unconnected(fd);
    if (disconnects) return 0;
    engine = engine_of(fd);
    if (!engine) return fail(ENETDOWN);
  }
  return fail(EAGAIN);
}

}  // namespace a7600::client
