// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace a7600::sim {

// The time that bytes take on one direction of a UART: ten bits each, one after the other.
// A rate of 0 is a line that takes no time. Pure arithmetic; the caller has the clock.
class Pacer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Pacer(std::uint32_t baud) : baud_(baud) {}

  bool on() const { return baud_ != 0; }
  std::uint32_t baud() const { return baud_; }
  void set_baud(std::uint32_t baud) { baud_ = baud; }

  // How many bytes to move at once: about a millisecond's worth.
  std::size_t slice() const { return baud_ < 10'000 ? 1 : baud_ / 10'000; }

  // Puts `bytes`, offered at `now`, on the line after what is on it already, and says when the last
  // of them has arrived. REQUIRES: on().
  Time put(Time now, std::size_t bytes) {
    if (free_ < now) free_ = now;
    free_ += std::chrono::nanoseconds(bytes * std::uint64_t{10'000'000'000} / baud_);
    return free_;
  }

  // The same for bytes that had been waiting, so that a caller who comes late loses no time on the
  // line; but a caller who was away for long doesn't make up for all of it in one go.
  Time put_next(Time now, std::size_t bytes) {
    if (free_ < now - kSlack) free_ = now - kSlack;
    return put(free_, bytes);
  }

 private:
  static constexpr std::chrono::milliseconds kSlack{50};

  std::uint32_t baud_;
  Time free_{};
};

}  // namespace a7600::sim
