// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "base/ipv4.h"
#include "wire/channel.h"

namespace a7600::client {

// What a descriptor's names tell of a modem socket.
struct Identity {
  wire::UnixAddress engine;
  bool is_datagram = false;
  // Datagram sockets only.
  int domain = 0;
  std::optional<Endpoint> peer;  // connected to
};

// nullopt for every descriptor but a modem socket's. Asked of the kernel each time: the engine's
// end of each pair, or the program's end of a datagram socket, is bound to a name that leads to its
// engine (wire/peer_name.h), and the kernel tells it for every descriptor of the socket in every
// process, also after fork, exec and SCM_RIGHTS and after the engine has died (tests/platform,
// pair_name). About a microsecond; keeps errno; async-signal-safe.
std::optional<Identity> identify(int fd);

// identify()'s engine.
std::optional<wire::UnixAddress> engine_of(int fd);

// The name that a datagram socket is bound to; of length 0 on failure.
wire::UnixAddress own_name(int fd);

}  // namespace a7600::client
