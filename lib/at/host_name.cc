// SPDX-License-Identifier: MIT
#include "at/host_name.h"

namespace a7600::at {
namespace {

constexpr std::size_t kLongestName = 254;
constexpr std::size_t kLongestLabel = 63;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::optional<HostName> HostName::parse(std::string_view text) {
  if (text.size() > kLongestName) return std::nullopt;
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  std::size_t label = 0;
  for (char c : text) {
    if (c == '.') {
      if (label == 0) return std::nullopt;
      label = 0;
      continue;
    }
    if (!is_alphanumeric(c) && (c != '-' || label == 0)) return std::nullopt;
    if (++label > kLongestLabel) return std::nullopt;
  }
  if (label == 0) return std::nullopt;
  return HostName(text);
}

}  // namespace a7600::at
