// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <unistd.h>

namespace a7600::log {
namespace {

constexpr std::size_t kLongestText = 1000;

std::atomic<int> g_level{-1};
std::atomic<int> g_fd{-1};

}  // namespace

std::string_view name(Level level) {
  switch (level) {
    case Level::kError: return "error";
    case Level::kWarn: return "warning";
    case Level::kInfo: return "info";
    case Level::kDebug: return "debug";
  }
  return "";
}

void open(Level level, int fd) {
  g_fd.store(fd, std::memory_order_relaxed);
  g_level.store(static_cast<int>(level), std::memory_order_relaxed);
}

bool enabled(Level level) {
  return static_cast<int>(level) <= g_level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view text) {
  if (!enabled(level)) return;
  char line[kLongestText + 32];
  char* at = line;
  auto append = [&at](std::string_view part) { at = std::copy(part.begin(), part.end(), at); };
  append("a7600: ");
  append(name(level));
  append(": ");
  for (char c : text.substr(0, kLongestText)) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    *at++ = control ? '?' : c;
  }
  *at++ = '\n';
  const int saved = errno;
  [[maybe_unused]] const ssize_t written =
      ::write(g_fd.load(std::memory_order_relaxed), line, static_cast<std::size_t>(at - line));
  errno = saved;
}

}  // namespace a7600::log
