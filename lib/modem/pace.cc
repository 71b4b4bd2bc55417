// SPDX-License-Identifier: MIT
#include "modem/pace.h"

#include <algorithm>

namespace a7600::modem {
namespace {

// Less says more about how the driver hands bytes over than about the line.
constexpr std::size_t kFewBytes = 256;
constexpr std::size_t kEnoughBytes = 1500;

}  // namespace

void Pace::asked(std::size_t size, chat::TimePoint now) {
  answer_due_ = true;
  asked_size_ = size;
  asked_at_ = now;
}

void Pace::received(std::size_t size, bool payload_before, bool payload_behind,
                    chat::TimePoint now) {
  if (answer_due_) {
    answer_due_ = false;
    const Time thought = now - asked_at_ - byte_time_ * asked_size_;
    const bool first = turnaround_ == Time{0};
    turnaround_ = std::max(first ? thought : (3 * turnaround_ + thought) / 4, Time{0});
  }
  if (!payload_before) {
    // What came in one piece came too fast to be measured.
    if (!payload_behind && size >= kFewBytes) learn(Time{0});
    counted_ = 0;
    counted_from_ = now;
    return;
  }
  counted_ += size;
  if (payload_behind && counted_ < kEnoughBytes) return;
  if (counted_ >= kFewBytes) learn((now - counted_from_) / static_cast<long>(counted_));
  counted_ = 0;
  counted_from_ = now;
}

void Pace::learn(Time byte_time) {
  byte_time_ = byte_time_ == Time{0} ? byte_time : (3 * byte_time_ + byte_time) / 4;
}

std::size_t Pace::bytes_in(Time time, std::size_t most) const {
  if (byte_time_ <= Time{0}) return most;
  return std::min(most, static_cast<std::size_t>(std::max(time / byte_time_, Time::rep{0})));
}

}  // namespace a7600::modem
