// SPDX-License-Identifier: MIT
#include "engine/port_log.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "trace/secrets.h"

namespace a7600::engine {
namespace {

constexpr std::size_t kLongest = 200;

// With the secrets of the commands in it masked, of their echoes too.
std::string without_secrets(std::string_view text) {
  std::string out(text);
  for (std::size_t at = out.find("AT"); at != out.npos; at = out.find("AT", at + 1)) {
    const std::size_t end = std::min(out.find('\r', at), out.size());
    out.replace(at, end - at, trace::masked(std::string_view(out).substr(at, end - at)));
  }
  return out;
}

}  // namespace

std::string printable(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string text = without_secrets(all.substr(0, 2 * kLongest));
  std::string out;
  for (std::size_t i = 0; i < text.size() && i < kLongest; ++i) {
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
  if (all.size() > kLongest) out += "… (" + std::to_string(all.size()) + " bytes)";
  return out;
}

}  // namespace a7600::engine
