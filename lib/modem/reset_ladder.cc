// SPDX-License-Identifier: MIT
#include "modem/reset_ladder.h"

#include <algorithm>
#include <utility>

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::minutes kFirstPause = 1min;
constexpr std::chrono::minutes kLongestPause = 60min;
constexpr auto kProven = 10min;

}  // namespace

ResetLadder::Rung ResetLadder::next(ResetMeans means, Trouble trouble, chat::TimePoint now) {
  if (const auto since = std::exchange(up_since_, std::nullopt); since && now - *since >= kProven) {
    not_before_.reset();
    pause_ = 0min;
  }
  const bool allowed = means.command || means.dtr;
  if (!allowed || trouble == Trouble::kOther || (not_before_ && now < *not_before_)) {
    return Rung::kGiveUp;
  }
  if (!std::exchange(tried_again_, true)) return Rung::kAgain;
  const bool command_left = means.command && !used_.command;
  const bool dtr_left = means.dtr && !used_.dtr;
  // A module that is silent does not hear a command either, as a rule.
  if (command_left && (trouble == Trouble::kStack || !dtr_left)) {
    used_.command = true;
    return Rung::kCommand;
  }
  if (dtr_left) {
    used_.dtr = true;
    return Rung::kDtr;
  }
  pause(now);
  return Rung::kGiveUp;
}

void ResetLadder::rescued(chat::TimePoint now) {
  if (!up_since_) up_since_ = now;
  if (used_.command || used_.dtr) pause(now);
  tried_again_ = false;
}

void ResetLadder::pause(chat::TimePoint now) {
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  not_before_ = now + pause_;
  tried_again_ = false;
  used_ = {};
}

}  // namespace a7600::modem
