// SPDX-License-Identifier: MIT
#include "base/pass.h"

#include <sys/random.h>

#include <charconv>

namespace a7600 {

Pass Pass::make() {
  Pass out;
  // Without randomness there is none, rather than one that can be guessed.
  if (::getrandom(out.bytes.data(), out.bytes.size(), 0) !=
      static_cast<ssize_t>(out.bytes.size())) {
    return {};
  }
  return out;
}

std::optional<Pass> Pass::parse(std::string_view text) {
  Pass out;
  if (text.size() != 2 * out.bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < out.bytes.size(); ++i) {
    const char* digits = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, out.bytes[i], 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
  }
  return out;
}

std::string Pass::text() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace a7600
