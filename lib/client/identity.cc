// SPDX-License-Identifier: MIT
#include "client/identity.h"

#include <cerrno>

#include "base/sys.h"
#include "wire/peer_name.h"

namespace a7600::client {
namespace {

class KeptErrno {
 public:
  KeptErrno() : saved_(errno) {}
  ~KeptErrno() { errno = saved_; }
  KeptErrno(const KeptErrno&) = delete;
  KeptErrno& operator=(const KeptErrno&) = delete;

 private:
  int saved_;
};

sockaddr* out(wire::UnixAddress& name) {
  name.length = sizeof(name.address);
  return reinterpret_cast<sockaddr*>(&name.address);
}

}  // namespace

wire::UnixAddress own_name(int fd) {
  const KeptErrno kept;
  wire::UnixAddress name;
  if (sys::getsockname(fd, out(name), &name.length) != 0) name.length = 0;
  return name;
}

std::optional<Identity> identify(int fd) {
  const KeptErrno kept;
  wire::UnixAddress name;
  if (sys::getpeername(fd, out(name), &name.length) == 0) {
    const auto engine = wire::engine_of_name(name);
    if (!engine) return std::nullopt;
    const auto peer = wire::peer_of_name(name);
    return Identity{*engine, peer.has_value(), wire::domain_of_name(name), peer};
  }
  if (errno != ENOTCONN) return std::nullopt;
  name = own_name(fd);
  const auto engine = wire::engine_of_name(name);
  if (!engine) return std::nullopt;
  return Identity{*engine, true, wire::domain_of_name(name), std::nullopt};
}

std::optional<wire::UnixAddress> engine_of(int fd) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  return identity->engine;
}

}  // namespace a7600::client
