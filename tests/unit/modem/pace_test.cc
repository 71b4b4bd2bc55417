// SPDX-License-Identifier: MIT
//
// How fast the line is, learned from what passes.
#include "modem/pace.h"

#include <catch2/catch.hpp>

namespace a7600::test {
namespace {

using namespace std::chrono_literals;
using modem::Pace;

// A payload of `size` bytes in pieces of 11, one a millisecond: 110,000 baud.
chat::TimePoint slow_payload(Pace& pace, std::size_t size, chat::TimePoint now) {
  pace.received(30, false, true, now);
  for (std::size_t left = size; left > 0;) {
    const std::size_t piece = std::min<std::size_t>(left, 11);
    left -= piece;
    now += 1ms;
    pace.received(piece, true, left > 0, now);
  }
  return now;
}

TEST_CASE("an unknown line is taken for a fast one") {
  const Pace pace;
  CHECK(!pace.is_longer(1'000'000, 1ms));
  CHECK(pace.bytes_in(1us, 1500) == 1500);
}

TEST_CASE("a byte's time is learned from a payload") {
  Pace pace;
  slow_payload(pace, 1500, {});
  CHECK(pace.byte_time() > 90us);
  CHECK(pace.byte_time() < 92us);
  CHECK(pace.is_longer(1500, 100ms));
  CHECK(!pace.is_longer(1500, 150ms));
  CHECK(pace.bytes_in(40ms, 1500) > 430);
  CHECK(pace.bytes_in(40ms, 1500) < 450);
}

TEST_CASE("pushed payloads without a pause between them are measured as well") {
  Pace pace;
  chat::TimePoint now{};
  pace.received(30, false, true, now);
  for (int i = 0; i < 1000; ++i) pace.received(11, true, true, now += 1ms);
  CHECK(pace.byte_time() > 90us);
  CHECK(pace.byte_time() < 92us);
}

TEST_CASE("a short payload says nothing about the line") {
  Pace pace;
  slow_payload(pace, 100, {});
  CHECK(pace.byte_time() == 0ns);
}

TEST_CASE("payloads that come in one piece make it a fast line again") {
  Pace pace;
  chat::TimePoint now = slow_payload(pace, 1500, {});
  for (int i = 0; i < 30; ++i) pace.received(1560, false, false, now += 1ms);
  CHECK(!pace.is_longer(1500, 40ms));
}

TEST_CASE("a turnaround is what an answer takes beyond its command's own bytes") {
  Pace pace;
  chat::TimePoint now = slow_payload(pace, 1500, {});
  pace.asked(11, now);
  pace.received(30, false, true, now + 21ms);
  CHECK(pace.turnaround() > 19ms);
  CHECK(pace.turnaround() < 21ms);
}

}  // namespace
}  // namespace a7600::test
