// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace a7600::sim {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Milliseconds = std::chrono::milliseconds;

class Timer;
class Watch;

// The simulator's one thread: descriptors, timers, termination signals. A turn is: wait once, serve
// everything that is due, then run the end-of-turn functions in the order of their adding (they
// send what the turn produced, so that a turn costs one write however many parts it had).
class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // From now on SIGTERM and SIGINT end run().
  void end_on_signals();
  // Returns after stop().
  void run();
  // One turn, which waits at most so long for something to do.
  void turn(Milliseconds patience);
  void stop() { running_ = false; }
  void at_end_of_turn(std::function<void()> function);
  // The time at which this turn began.
  Time now() const { return now_; }

 private:
  friend class Timer;
  friend class Watch;

  void turn(int patience_ms);
  void arm();
  void run_timers();
  void forget(const Watch* watch);

  UniqueFd epoll_;
  UniqueFd timer_fd_;
  UniqueFd signal_fd_;
  bool running_ = true;
  Time now_ = Clock::now();
  Time armed_ = Time::max();
  std::set<std::pair<Time, Timer*>> timers_;
  std::vector<std::function<void()>> end_of_turn_;
  std::array<epoll_event, 32> batch_{};
  int batch_size_ = 0;
};

// Calls a function once at a time. Setting it again moves it; destruction cancels it.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> function) : loop_(loop), function_(std::move(function)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  void at(Time when);
  void after(Clock::duration delay) { at(loop_.now() + delay); }
  void cancel();
  bool armed() const { return armed_; }

 private:
  friend class Loop;

  Loop& loop_;
  std::function<void()> function_;
  Time when_{};
  bool armed_ = false;
};

// Calls a function with the epoll events of a descriptor, which stays the caller's. Stopping a
// watch drops the events of it that the running turn has yet to serve.
class Watch {
 public:
  Watch(Loop& loop, std::function<void(std::uint32_t)> function)
      : loop_(loop), function_(std::move(function)) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() { stop(); }

  void start(int fd, std::uint32_t events);
  void change(std::uint32_t events);
  void stop();

 private:
  friend class Loop;

  Loop& loop_;
  std::function<void(std::uint32_t)> function_;
  int fd_ = -1;
  std::uint32_t events_ = 0;
};

}  // namespace a7600::sim
