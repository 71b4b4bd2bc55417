// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace a7600::trace {

// The PIN and passwords that AT commands carry: AT+CPIN=, AT+CGAUTH=, AT+CPWD= and the like. In a
// trace each of their characters is a '*', so that every byte keeps its place.

// The command as it may be shown: everything behind the '=' of such a command, apart from commas
// and quotes, is masked.
std::string masked(std::string_view command);

// Masks the serial line's bytes. Only what equals a command that was really given is touched, so
// payloads stay as they are.
class Secrets {
 public:
  enum Line { kSent, kReceived, kLines };

  // To be called with each command before its bytes are seen.
  void note(std::string_view command);
  // True once there was one to hide; nothing need be copied before that.
  bool any() const { return !command_.empty(); }
  // Masks in place, across calls: the command itself, and its echo.
  void mask(Line line, std::span<char> bytes);

 private:
  std::string command_;  // the latest with a secret
  std::string shown_;
  std::array<std::size_t, kLines> matched_{};
};

}  // namespace a7600::trace
