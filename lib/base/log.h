// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace a7600::log {

enum class Level { kError, kWarn, kInfo, kDebug };

// "error", "warn", "info", "debug"
std::string_view name(Level level);

// Writes lines to a descriptor that stays the caller's. An object rather than a global, because
// the engine's thread has a descriptor table of its own: a number means another file there.
class Logger {
 public:
  // Writes nothing.
  Logger() = default;
  Logger(Level level, int fd) : level_(level), fd_(fd) {}

  bool is_open() const { return fd_ >= 0; }
  bool enabled(Level level) const { return is_open() && level <= level_; }

  // "a7600: error: text\n" by one write(2), with errno kept. Text beyond 1000 bytes is cut, and
  // control characters become '?', so that a line stays one line.
  void write(Level level, std::string_view text) const;

 private:
  Level level_ = Level::kError;
  int fd_ = -1;
};

}  // namespace a7600::log
