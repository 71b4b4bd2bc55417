// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "base/ipv4.h"

namespace a7600::client {

// Whether programs that resolve names themselves find a resolver at `to`, an address of this
// machine: /etc/resolv.conf names it, or names none, which means 127.0.0.1. Its questions are then
// the module's to answer, since what listens there, if anything does, has no way to the network.
bool is_resolver_here(const Endpoint& to);

// Of resolv.conf's text: whether `to` is one of its resolvers.
bool names_resolver(std::string_view text, const Ipv4& to);

}  // namespace a7600::client
