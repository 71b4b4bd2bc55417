// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace a7600::at {

// How a module that has restarted begins to speak: a NUL byte or line ends, then "RDY" or
// "*ATREADY: 1" (MODEM-NOTES, Restarts).
enum class BootMatch {
  kNone,
  kBegun,     // so far it could be
  kComplete,  // the first line is there
};
BootMatch match_boot(std::string_view text);

// Whether one of those lines stands anywhere in `text`, as it does behind noise.
bool holds_boot_line(std::string_view text);

}  // namespace a7600::at
