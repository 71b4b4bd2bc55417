// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "base/ipv4.h"
#include "wire/channel.h"

// The abstract names that lead from a modem socket to its engine, without their leading NUL:
//
//   a7600.PID.RANDOM                   where an engine takes control calls
//   a7600.PID.RANDOM.SOCKET            a socket: the engine's end of a stream pair, the program's
//                                      end of a datagram socket; "-6" behind it: of AF_INET6
//   a7600.PID.RANDOM.SOCKET.IP-PORT    the engine's socket for one peer of a datagram socket, in
//                                      hexadecimal
//
// Nothing here allocates memory: it runs inside system call hooks.
namespace a7600::wire {

// The engine that a name of any of the three forms leads to; nullopt for other names.
std::optional<UnixAddress> engine_of_name(const UnixAddress& name);

// The peer in a name of the third form.
std::optional<Endpoint> peer_of_name(const UnixAddress& name);

// AF_INET or AF_INET6, of a name of the second or third form.
int domain_of_name(const UnixAddress& name);

// The name of `peer` for the datagram socket named `socket` (the second form).
std::optional<UnixAddress> name_of_peer(const UnixAddress& socket, const Endpoint& peer);

}  // namespace a7600::wire
