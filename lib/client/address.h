// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include "base/ipv4.h"
#include "config/config.h"

namespace a7600::client {

// Where a socket address leads.
struct Route {
  enum class Kind {
    kModem,   // `to`
    kKernel,  // the kernel serves it: a bypassed destination
    kError,   // `error`: an errno
  };
  Kind kind = Kind::kError;
  Endpoint to;
  int error = 0;
};

// The family of an address; -1 if it is too short to have one.
int family_of(const sockaddr* address, socklen_t length);

// Whether it is an IPv6 address that holds an IPv4 one.
bool is_mapped(const sockaddr* address, socklen_t length);

// Of connect(2)'s argument. IPv4 addresses, and IPv6 ones that hold an IPv4 address; any other
// IPv6 destination is ENETUNREACH, so that programs with two addresses fall back at once. The
// unspecified address means this machine, as in Linux.
Route route_to(const sockaddr* address, socklen_t length, const config::Config& config);

// Of bind(2)'s argument: like route_to(), but the unspecified address is the modem's.
Route route_from(const sockaddr* address, socklen_t length, const config::Config& config);

// Writes `endpoint` as an address of `domain` (AF_INET, or AF_INET6 with the IPv4 address mapped;
// the unspecified one as "::"), cut to *length as getsockname(2) does; *length becomes the whole
// size.
void write_address(const Endpoint& endpoint, int domain, sockaddr* out, socklen_t* length);

}  // namespace a7600::client
