// SPDX-License-Identifier: MIT
#include "at/boot.h"

#include <algorithm>

namespace a7600::at {
namespace {

constexpr std::string_view kSeparators("\0\r\n", 3);
constexpr std::string_view kWords[] = {"RDY\r", "*ATREADY:"};

}  // namespace

BootMatch match_boot(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kSeparators), text.size());
  if (begin == 0) return BootMatch::kNone;
  text.remove_prefix(begin);
  for (const std::string_view word : kWords) {
    if (text.starts_with(word)) return BootMatch::kComplete;
    if (word.starts_with(text)) return BootMatch::kBegun;
  }
  return BootMatch::kNone;
}

bool holds_boot_line(std::string_view text) {
  for (const std::string_view word : kWords) {
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
      if (at > 0 && kSeparators.find(text[at - 1]) != kSeparators.npos) return true;
    }
  }
  return false;
}

}  // namespace a7600::at
