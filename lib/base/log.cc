// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace a7600::log {
namespace {

constexpr std::size_t kLongestText = 1000;

}  // namespace

std::string_view name(Level level) {
  switch (level) {
    case Level::kError:
      return "error";
    case Level::kWarn:
      return "warn";
    case Level::kInfo:
      return "info";
    case Level::kDebug:
      return "debug";
  }
  return "";
}

void Logger::write(Level level, std::string_view text) const {
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
  [[maybe_unused]] const ssize_t written = ::write(fd_, line, static_cast<std::size_t>(at - line));
  errno = saved;
}

}  // namespace a7600::log
