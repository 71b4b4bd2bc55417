// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace a7600::sim {

// Finds the escape sequence in data mode (manual 1.2): "+++" with more than a second of silence
// before and after it, and at most 900 ms between its characters. No clock: times are arguments.
//
// What might be the sequence is held back until it is decided.
class Escape {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // What is data after all: so many '+' that were held, then the bytes just taken, if `bytes`.
  struct Data {
    std::size_t held = 0;
    bool bytes = true;
  };
  struct Outcome {
    bool escape = false;
    std::size_t held = 0;  // '+' that are data after all
  };

  // Data mode begins.
  void start(Time now);
  Data take(Time now, std::string_view bytes);
  // When expire() is to be called unless more bytes come first.
  std::optional<Time> deadline() const;
  Outcome expire();

 private:
  Time last_{};  // of the last byte
  std::size_t held_ = 0;
};

}  // namespace a7600::sim
