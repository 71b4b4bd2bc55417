// SPDX-License-Identifier: MIT
#include "engine/port_log.h"

#include <string_view>

namespace a7600::engine {
namespace {

constexpr std::size_t kLongest = 200;
constexpr std::string_view kPinCommand = "AT+CPIN=\"";

}  // namespace

std::string printable(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::size_t secret = text.find(kPinCommand);
  if (secret != std::string_view::npos) secret += kPinCommand.size();
  std::string out;
  for (std::size_t i = 0; i < text.size() && i < kLongest; ++i) {
    if (i == secret) {
      out += "****";
      i = std::min(text.find('"', i), text.size());
      if (i >= text.size()) break;
    }
    const char c = text[i];
    const auto code = static_cast<unsigned char>(c);
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else if (code >= 0x20 && code < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kDigits[code >> 4];
      out += kDigits[code & 15];
    }
  }
  if (text.size() > kLongest) out += "… (" + std::to_string(text.size()) + " bytes)";
  return out;
}

}  // namespace a7600::engine
