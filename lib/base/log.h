// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace a7600::log {

enum class Level { kError, kWarn, kInfo, kDebug };

std::string_view name(Level level);

// Where lines go: every line at or above `level` is written whole, by one write(2), to `fd`.
// Until this is called nothing is written. Thread-safe; the descriptor stays the caller's.
void open(Level level, int fd);
bool enabled(Level level);

// "a7600: error: text\n"; over-long text is cut at 1000 bytes, control characters become '?'.
void write(Level level, std::string_view text);

}  // namespace a7600::log
