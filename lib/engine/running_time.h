// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>

#include "chat/chat.h"

namespace a7600::engine {

// The engine's time: the monotonic clock without the gaps in which the engine did not run, because
// its process was stopped (SIGSTOP, a debugger), its machine stood still or the clock has jumped.
// What the module has said meanwhile is still unread then, and it may be in the middle of an
// answer: a gap in which an answer was waited for counts as no time at all, so that nobody is late
// who had no chance to be heard.
class RunningTime {
 public:
  explicit RunningTime(chat::TimePoint clock) : clock_(clock) {}

  // Behind a wait that was to take until a deadline in `planned`; nullopt: without one, when all
  // time counts. Returns the gap, mostly 0.
  chat::Clock::duration passed(chat::TimePoint clock,
                               std::optional<chat::Clock::duration> planned) {
    using namespace std::chrono_literals;
    // What a busy machine may make of a wait.
    constexpr auto kLate = 1s;
    const auto elapsed = clock - clock_;
    clock_ = clock;
    if (!planned || elapsed <= *planned + kLate) return {};
    left_out_ += elapsed;
    return elapsed;
  }

  chat::TimePoint now() const { return at(clock_); }
  // What the engine's time is when the clock says `clock`.
  chat::TimePoint at(chat::TimePoint clock) const { return clock - left_out_; }

 private:
  chat::TimePoint clock_;
  chat::Clock::duration left_out_{};
};

}  // namespace a7600::engine
