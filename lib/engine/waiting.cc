// SPDX-License-Identifier: MIT
#include "engine/waiting.h"

namespace a7600::engine {
namespace {

class Real final : public Waiting {
 public:
  chat::TimePoint now() override { return chat::Clock::now(); }
  int wait(int epoll, std::span<epoll_event> events, int milliseconds) override {
    return ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), milliseconds);
  }
};

}  // namespace

Waiting& Waiting::real() {
  static constinit Real real;
  return real;
}

}  // namespace a7600::engine
