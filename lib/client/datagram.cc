// SPDX-License-Identifier: MIT
#include "client/datagram.h"

#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "client/address.h"
#include "client/call.h"
#include "client/resolver_here.h"
#include "client/runtime.h"
#include "client/swap.h"
#include "wire/message.h"
#include "wire/peer_name.h"

namespace a7600::client {
namespace {

int fail(int posix) {
  errno = posix;
  return -1;
}

int open_peer(int fd, const Identity& identity, const Endpoint& peer) {
  Call call;
  call.request.op = wire::Op::kOpenPeer;
  call.request.set_endpoint(peer);
  call.descriptor = fd;
  return call.result_of(identity.engine);
}

// Where a datagram for `address` goes; nullopt when the kernel has taken the socket over.
std::optional<Route> route_datagram(int fd, const Identity& identity, const sockaddr* address,
                                    socklen_t length) {
  auto config = Runtime::get().config();
  if (!config) return Route{Route::Kind::kError, {}, config.error().posix};
  Route route = route_to(address, length, *config.value());
  if (family_of(address, length) == AF_INET6 && identity.domain == AF_INET) {
    return Route{Route::Kind::kError, {}, EAFNOSUPPORT};
  }
  if (route.kind == Route::Kind::kKernel && is_resolver_here(route.to)) {
    route.kind = Route::Kind::kModem;
  }
  if (route.kind != Route::Kind::kKernel) return route;
  if (const int error = hand_to_kernel(fd, identity.engine)) {
    return Route{Route::Kind::kError, {}, error};
  }
  return std::nullopt;
}

}  // namespace

std::size_t size_of(const msghdr& message) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < message.msg_iovlen; ++i) size += message.msg_iov[i].iov_len;
  return size;
}

std::optional<int> connect_datagram(int fd, const Identity& identity, const sockaddr* address,
                                    socklen_t length) {
  if (family_of(address, length) == AF_UNSPEC) return sys::connect(fd, address, length);
  const auto route = route_datagram(fd, identity, address, length);
  if (!route) return std::nullopt;
  if (route->kind == Route::Kind::kError) return fail(route->error);
  if (const int error = open_peer(fd, identity, route->to)) return fail(error);
  const auto name = wire::name_of_peer(own_name(fd), route->to);
  if (!name) return fail(EINVAL);
  return sys::connect(fd, name->get(), name->length);
}

std::optional<ssize_t> send_datagram(int fd, const Identity& identity, const msghdr& message,
                                     int flags) {
  const Libc& libc = Runtime::get().libc();
  const bool is_too_large = size_of(message) > wire::kLargestDatagram;
  if (is_too_large && message.msg_name == nullptr) return fail(EMSGSIZE);
  msghdr translated = message;
  // IP_PKTINFO, IP_TOS and the like mean nothing to the modem, and AF_UNIX refuses them.
  translated.msg_control = nullptr;
  translated.msg_controllen = 0;
  translated.msg_flags = kTranslated;
  std::optional<wire::UnixAddress> name;
  if (message.msg_name != nullptr) {
    const auto route = route_datagram(fd, identity, static_cast<const sockaddr*>(message.msg_name),
                                      message.msg_namelen);
    if (!route) return std::nullopt;
    if (route->kind == Route::Kind::kError) return fail(route->error);
    if (is_too_large) return fail(EMSGSIZE);
    if (route->to.port == 0) return fail(EINVAL);
    name = wire::name_of_peer(own_name(fd), route->to);
    if (!name) return fail(EINVAL);
    translated.msg_name = &name->address;
    translated.msg_namelen = name->length;
    const ssize_t sent = libc.sendmsg(fd, &translated, flags);
    if (sent >= 0 || errno != ECONNREFUSED) return sent;
    // The first datagram for this peer.
    if (const int error = open_peer(fd, identity, route->to)) return fail(error);
  }
  const ssize_t sent = libc.sendmsg(fd, &translated, flags);
  if (sent < 0 && errno == ENOTCONN) errno = EDESTADDRREQ;
  return sent;
}

ssize_t receive_datagram(int fd, const Identity& identity, msghdr& message, int flags) {
  wire::UnixAddress from;
  msghdr translated = message;
  translated.msg_flags = kTranslated;
  if (message.msg_name != nullptr) {
    translated.msg_name = &from.address;
    translated.msg_namelen = sizeof(from.address);
  }
  const ssize_t got = Runtime::get().libc().recvmsg(fd, &translated, flags);
  if (got < 0) return got;
  message.msg_flags = translated.msg_flags;
  message.msg_controllen = translated.msg_controllen;
  if (message.msg_name == nullptr) return got;
  from.length = translated.msg_namelen;
  const auto peer = wire::peer_of_name(from);
  if (peer) {
    write_address(*peer, identity.domain, static_cast<sockaddr*>(message.msg_name),
                  &message.msg_namelen);
  } else {
    message.msg_namelen = 0;
  }
  return got;
}

void datagram_closed(const wire::UnixAddress& name) {
  const auto engine = wire::engine_of_name(name);
  if (!engine) return;
  const int saved = errno;
  const std::string_view text = name.abstract_name();
  Call call;
  call.request.op = wire::Op::kMaybeClosed;
  if (text.size() <= call.request.data.size()) {
    std::memcpy(call.request.data.data(), text.data(), text.size());
    call.request.size = static_cast<std::uint16_t>(text.size());
    call.run(*engine);
  }
  errno = saved;
}

}  // namespace a7600::client
