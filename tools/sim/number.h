// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

namespace a7600::sim {

// The decimal number that `text` is, the whole of it; nothing if it is none or out of the range.
inline std::optional<long> parse_number(std::string_view text, long low = 0,
                                        long high = std::numeric_limits<long>::max()) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < low || value > high) return std::nullopt;
  return value;
}

}  // namespace a7600::sim
