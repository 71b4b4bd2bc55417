// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace a7600 {

// An IPv4 address in host byte order. A type of its own, so that nothing but an address can reach
// the place in an AT command where an address belongs.
struct Ipv4 {
  std::uint32_t value = 0;

  // Four decimal octets without leading zeros' octal meaning ("010" is 10), nothing around them.
  static std::optional<Ipv4> parse(std::string_view text);
  std::string to_string() const;
  auto operator<=>(const Ipv4&) const = default;
};

struct Endpoint {
  Ipv4 ip;
  std::uint16_t port = 0;

  std::string to_string() const;
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace a7600
