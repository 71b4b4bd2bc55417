// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "engine/sharing.h"

namespace a7600::engine {
namespace {

using namespace std::chrono_literals;

constexpr chat::TimePoint kStart{100s};

TEST_CASE("a rate is that of the last second or so") {
  Traffic traffic;
  CHECK(traffic.rate(kStart) == 0);
  traffic.add(1000, kStart);
  traffic.add(1000, kStart + 500ms);
  CHECK(traffic.rate(kStart + 800ms) == 2500);
  traffic.add(3000, kStart + 1s);
  CHECK(traffic.bytes() == 5000);
}

// Found by the fuzzer: half a second was rounded down to none, so that the first bytes of a window
// were divided by next to nothing.
TEST_CASE("a window that has just begun says nothing of the rate") {
  Traffic traffic;
  traffic.add(1000, kStart);
  CHECK(traffic.rate(kStart) == 0);
  traffic.add(1000, kStart + 1s);
  CHECK(traffic.rate(kStart + 1s) == 1000);
  CHECK(traffic.rate(kStart + 1s + 1us) == 1000);
}

}  // namespace
}  // namespace a7600::engine
