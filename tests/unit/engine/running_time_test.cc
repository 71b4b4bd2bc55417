// SPDX-License-Identifier: MIT
#include "engine/running_time.h"

#include <catch2/catch.hpp>

namespace a7600::engine {
namespace {

using namespace std::chrono_literals;

constexpr chat::TimePoint kStart{1h};

TEST_CASE("waits that take what they should, or a little more, count") {
  RunningTime time(kStart);
  CHECK(time.passed(kStart + 5s, 5s) == 0s);
  CHECK(time.passed(kStart + 10900ms, 5s) == 0s);
  CHECK(time.passed(kStart + 11s, 9s) == 0s);
  CHECK(time.now() == kStart + 11s);
}

TEST_CASE("a wait that took far longer than it should did not take place") {
  RunningTime time(kStart);
  time.passed(kStart + 1s, 9s);
  CHECK(time.passed(kStart + 1s + 3h, 9s) == 3h);
  CHECK(time.now() == kStart + 1s);
  // From there on it goes on as ever.
  CHECK(time.passed(kStart + 3s + 3h, 9s) == 0s);
  CHECK(time.now() == kStart + 3s);
  CHECK(time.at(kStart + 4s + 3h) == kStart + 4s);
}

TEST_CASE("where nothing is waited for, all time counts") {
  RunningTime time(kStart);
  CHECK(time.passed(kStart + 3h, std::nullopt) == 0s);
  CHECK(time.now() == kStart + 3h);
}

}  // namespace
}  // namespace a7600::engine
