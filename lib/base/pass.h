// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace a7600 {

// What lets a process use an engine that belongs to another user: a secret that the engine's host
// hands to the programs it starts, and they to theirs, by fork (in memory) and exec (behind the
// name in A7600_ENGINE). So a daemon that becomes another user keeps the modem. All zero: none.
struct Pass {
  std::array<std::uint8_t, 16> bytes{};

  static Pass make();
  // 32 hexadecimal digits.
  static std::optional<Pass> parse(std::string_view text);
  std::string text() const;

  bool is_none() const { return *this == Pass{}; }
  bool operator==(const Pass&) const = default;
};

}  // namespace a7600
