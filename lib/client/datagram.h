// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <optional>

#include "client/identity.h"

// What the calls do on datagram sockets of the modem. The kernel moves the datagrams; addresses are
// translated between the program's and the names of the engine's sockets (engine/datagrams.h).
namespace a7600::client {

// nullopt: the socket has been handed to the kernel.
std::optional<int> connect_datagram(int fd, const Identity& identity, const sockaddr* address,
                                    socklen_t length);
std::optional<ssize_t> send_datagram(int fd, const Identity& identity, const msghdr& message,
                                     int flags);
// The bytes that `message` holds.
std::size_t size_of(const msghdr& message);
// `message` as for recvmsg(2), with a place for an address.
ssize_t receive_datagram(int fd, const Identity& identity, msghdr& message, int flags);

// Tells the engine that a descriptor of a datagram socket was closed. `name`: own_name() before.
void datagram_closed(const wire::UnixAddress& name);

}  // namespace a7600::client
