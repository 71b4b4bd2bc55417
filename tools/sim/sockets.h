// SPDX-License-Identifier: MIT
#pragma once

#include <netinet/in.h>

#include "base/ipv4.h"
#include "base/unique_fd.h"

namespace a7600::sim {

sockaddr_in to_sockaddr(Endpoint end);
Endpoint to_endpoint(const sockaddr_in& address);

// A non-blocking, close-on-exec IPv4 socket; empty when there is none to be had.
UniqueFd open_socket(int type);
Endpoint local_end(int fd);
Endpoint peer_end(int fd);
// The socket's pending error, which this takes.
int take_error(int fd);
// Bytes sent but not yet acknowledged by the peer.
int unacknowledged(int fd);

}  // namespace a7600::sim
