// SPDX-License-Identifier: MIT
#include "at/boot.h"

#include <algorithm>

namespace a7600::at {

BootMatch match_boot(std::string_view text) {
  constexpr std::string_view kSeparators("\0\r\n", 3);
  constexpr std::string_view kWords[] = {"RDY\r", "*ATREADY:"};
  const std::size_t begin = std::min(text.find_first_not_of(kSeparators), text.size());
  if (begin == 0) return BootMatch::kNone;
  text.remove_prefix(begin);
  for (const std::string_view word : kWords) {
    if (text.starts_with(word)) return BootMatch::kComplete;
    if (word.starts_with(text)) return BootMatch::kBegun;
  }
  return BootMatch::kNone;
}

}  // namespace a7600::at
