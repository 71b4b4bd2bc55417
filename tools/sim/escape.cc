// SPDX-License-Identifier: MIT
#include "escape.h"

#include <utility>

namespace a7600::sim {
namespace {

constexpr std::chrono::milliseconds kGuard{1000};
constexpr std::chrono::milliseconds kGap{900};
constexpr std::size_t kLength = 3;

}  // namespace

void Escape::start(Time now) {
  last_ = now;
  held_ = 0;
}

Escape::Data Escape::take(Time now, std::string_view bytes) {
  const auto silence = now - std::exchange(last_, now);
  const bool only_plus = bytes.find_first_not_of('+') == std::string_view::npos;
  const bool in_time = held_ == 0 ? silence >= kGuard : silence <= kGap;
  if (only_plus && in_time && held_ + bytes.size() <= kLength) {
    held_ += bytes.size();
    return {0, false};
  }
  return {std::exchange(held_, 0), true};
}

std::optional<Escape::Time> Escape::deadline() const {
  if (held_ == 0) return std::nullopt;
  return last_ + (held_ == kLength ? kGuard : kGap);
}

Escape::Outcome Escape::expire() {
  const std::size_t held = std::exchange(held_, 0);
  if (held == kLength) return {true, 0};
  return {false, held};
}

}  // namespace a7600::sim
