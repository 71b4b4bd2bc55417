// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>

#include <span>

#include "chat/chat.h"

namespace a7600::engine {

// The clock that an engine goes by, and its wait, in which time passes. Whoever drives an engine
// step by step (tests/fuzz) has one of its own, where a time-out costs nothing.
class Waiting {
 public:
  virtual chat::TimePoint now() = 0;
  // As epoll_wait(2).
  virtual int wait(int epoll, std::span<epoll_event> events, int milliseconds) = 0;

  // The monotonic clock and epoll_wait(2).
  static Waiting& real();

 protected:
  ~Waiting() = default;
};

}  // namespace a7600::engine
