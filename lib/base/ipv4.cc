// SPDX-License-Identifier: MIT
#include "base/ipv4.h"

#include <charconv>

namespace a7600 {

std::optional<Ipv4> Ipv4::parse(std::string_view text) {
  std::uint32_t value = 0;
  const char* at = text.data();
  const char* end = at + text.size();
  for (int octet = 0; octet < 4; ++octet) {
    if (octet > 0) {
      if (at == end || *at != '.') return std::nullopt;
      ++at;
    }
    unsigned part = 0;
    auto [next, error] = std::from_chars(at, end, part);
    if (error != std::errc() || next - at > 3 || part > 255) return std::nullopt;
    value = value << 8 | part;
    at = next;
  }
  if (at != end) return std::nullopt;
  return Ipv4{value};
}

std::string Ipv4::to_string() const {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (!out.empty()) out += '.';
    out += std::to_string(value >> shift & 0xff);
  }
  return out;
}

std::string Endpoint::to_string() const { return ip.to_string() + ':' + std::to_string(port); }

}  // namespace a7600
