// SPDX-License-Identifier: MIT
#include "modem/escape_guard.h"

#include <algorithm>

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kMaybeSilence = 800ms;     // from here on the module may have seen 1000 ms
constexpr auto kCertainSilence = 1200ms;  // from here on it has seen more than 900 ms
constexpr std::size_t kEscape = 3;

}  // namespace

std::size_t EscapeGuard::allow(std::string_view bytes, chat::TimePoint now) {
  if (bytes.empty()) return 0;
  const auto silence = now - last_;
  if (silence >= kCertainSilence) pluses_ = 0;
  if (silence >= kMaybeSilence && pluses_ == 0) silence_before_ = true;
  // The module may count on or anew: a "+" waits until it is certain which.
  if (silence >= kMaybeSilence && pluses_ > 0 && bytes.front() == '+') return 0;

  const bool only_pluses =
      std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == '+'; });
  if (only_pluses && silence_before_ && pluses_ + bytes.size() == kEscape) {
    const std::size_t allowed = bytes.size() - 1;
    if (allowed > 0) last_ = now;
    pluses_ += allowed;
    return allowed;
  }
  if (only_pluses && silence_before_ && pluses_ + bytes.size() < kEscape) {
    pluses_ += bytes.size();
  } else {
    pluses_ = 0;
    silence_before_ = false;
  }
  last_ = now;
  return bytes.size();
}

chat::TimePoint EscapeGuard::retry_at() const { return last_ + kCertainSilence; }

}  // namespace a7600::modem
