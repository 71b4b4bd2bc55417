// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>

#include "chat/chat.h"

namespace a7600::modem {

// How long a byte takes on the line and how long the module thinks, learned from what passes: the
// rate that a port was opened with says nothing on USB, on TCP or on a PTY.
//
// A byte's time is measured inside counted payloads, which the module sends without a pause; the
// turnaround from a command to the first byte of its answer, where nothing else can come first.
class Pace {
 public:
  using Time = std::chrono::nanoseconds;

  // A command of `size` bytes has been handed over for writing, and its answer is the next to come.
  void asked(std::size_t size, chat::TimePoint now);
  // `size` bytes were received. Whether a payload was incomplete before them, and behind them.
  void received(std::size_t size, bool payload_before, bool payload_behind, chat::TimePoint now);

  // 0 while it is not known, and on a line that is too fast to be measured.
  Time byte_time() const { return byte_time_; }
  Time turnaround() const { return turnaround_; }

  // Whether `bytes` take longer than `time`. False while that is not known.
  bool is_longer(std::size_t bytes, Time time) const { return byte_time_ * bytes > time; }
  // How many bytes pass in `time`; at most `most`.
  std::size_t bytes_in(Time time, std::size_t most) const;

 private:
  void learn(Time byte_time);

  Time byte_time_{0};
  Time turnaround_{0};
  bool answer_due_ = false;
  std::size_t asked_size_ = 0;
  chat::TimePoint asked_at_{};
  std::size_t counted_ = 0;
  chat::TimePoint counted_from_{};
};

}  // namespace a7600::modem
