// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ipv4.h"

// Just enough of DNS (RFC 1035) to answer programs that resolve names themselves: one question in,
// IPv4 addresses out.
namespace a7600::engine::dns {

struct Query {
  std::vector<std::byte> head;  // as it came: header and question, without what follows
  std::string name;             // "host.example"; characters as they came
  bool wants_ipv4 = false;      // A, of the internet; nothing else has an answer here
  bool wants_ipv6 = false;      // AAAA: there is none, but a name that is not there is told so
};

// nullopt for anything that is not one well-formed question, which is to get no answer.
std::optional<Query> parse_query(std::span<const std::byte> datagram);

enum class Outcome { kFound, kNoSuchName, kFailed };

// The answer's datagram, at most 512 bytes: as many of the addresses as fit. With kFound and none:
// the name has no record of that type.
std::vector<std::byte> answer(const Query& query, Outcome outcome, std::span<const Ipv4> addresses);

}  // namespace a7600::engine::dns
