// SPDX-License-Identifier: MIT
//
// Whose turn it is: by bytes, and newcomers first.
#include "modem/schedule.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <numeric>
#include <random>

namespace a7600::test {
namespace {

using namespace std::chrono_literals;
using modem::Direction;
using modem::Schedule;

constexpr Schedule::LinkSet kAll = (1U << at::kLinks) - 1;

Schedule::LinkSet only(int link) { return 1U << static_cast<unsigned>(link); }

TEST_CASE("nobody ready, nobody's turn") {
  Schedule schedule;
  CHECK(!schedule.next(0, 0));
}

TEST_CASE("flows that move as much take turns") {
  Schedule schedule;
  std::array<int, 2 * at::kLinks> turns{};
  for (int i = 0; i < 200; ++i) {
    const auto turn = *schedule.next(kAll, kAll);
    ++turns[static_cast<std::size_t>(2 * turn.link) + (turn.direction == Direction::kSend)];
    schedule.moved(turn, 1500, true, {});
  }
  CHECK(std::all_of(turns.begin(), turns.end(), [](int count) { return count == 10; }));
}

// By turns alone, who moves little at a time would get little.
TEST_CASE("flows share by bytes, not by turns") {
  Schedule schedule;
  std::array<std::size_t, at::kLinks> bytes{};
  for (int i = 0; i < 5000; ++i) {
    const auto turn = *schedule.next(kAll, 0);
    const std::size_t size = turn.link < 5 ? 1400 : 700;
    bytes[static_cast<std::size_t>(turn.link)] += size;
    schedule.moved(turn, size, true, {});
  }
  const auto [least, most] = std::minmax_element(bytes.begin(), bytes.end());
  CHECK(static_cast<double>(*least) > 0.9 * static_cast<double>(*most));
}

TEST_CASE("who had nothing to do goes before ten busy links") {
  Schedule schedule;
  for (int i = 0; i < 100; ++i) {
    schedule.moved(*schedule.next(kAll, kAll & ~only(4)), 1500, true, {});
  }
  const auto turn = schedule.next(kAll, kAll);
  CHECK(turn == Schedule::Turn{4, Direction::kSend});
}

TEST_CASE("a keystroke after the other goes first, and slows the others down by what it moves") {
  Schedule schedule;
  for (int i = 0; i < 100; ++i) schedule.moved(*schedule.next(kAll, 0), 1500, true, {});
  for (int i = 0; i < 10; ++i) {
    const auto key = *schedule.next(kAll, only(7));
    CHECK(key == Schedule::Turn{7, Direction::kSend});
    schedule.moved(key, 20, false, {});
    const auto bulk = *schedule.next(kAll, 0);
    schedule.moved(bulk, 1500, true, {});
  }
}

TEST_CASE("a pause is no right to more than one chunk's head start") {
  Schedule schedule;
  for (int i = 0; i < 1000; ++i) schedule.moved(*schedule.next(only(1), 0), 1500, true, {});
  int turns = 0;
  for (int i = 0; i < 20; ++i) {
    const auto turn = *schedule.next(only(1) | only(2), 0);
    turns += turn.link == 2 ? 1 : 0;
    schedule.moved(turn, 1500, true, {});
  }
  CHECK(turns <= 11);
}

TEST_CASE("nobody starves, whatever the others move and whenever they come") {
  const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
  std::mt19937 random(seed);
  Schedule schedule;
  std::array<int, 2 * at::kLinks> waited{};
  for (int i = 0; i < 20'000; ++i) {
    const Schedule::LinkSet receive = random() & kAll;
    const Schedule::LinkSet send = (random() & kAll) | only(3);  // 3 sends all the time
    const auto turn = *schedule.next(receive, send);
    const bool ours = turn == Schedule::Turn{3, Direction::kSend};
    waited[7] = ours ? 0 : waited[7] + 1;
    REQUIRE(waited[7] < 200);
    schedule.moved(turn, 1 + random() % 1500, random() % 2 == 0, {});
  }
}

TEST_CASE("a link is typed on after a small send, for a while") {
  Schedule schedule;
  const chat::TimePoint now{};
  CHECK(!schedule.is_typed_beside(-1, 1, now));
  schedule.moved({3, Direction::kSend}, 20, false, now);
  CHECK(schedule.is_typed_beside(-1, 1, now));
  CHECK(schedule.is_typed_beside(4, 1, now));
  CHECK(!schedule.is_typed_beside(3, 1, now));
  CHECK(!schedule.is_typed_beside(-1, 2, now));
  CHECK(schedule.is_typed_beside(-1, 1, now + Schedule::kTyping));
  CHECK(!schedule.is_typed_beside(-1, 1, now + Schedule::kTyping + 1ms));
  schedule.moved({3, Direction::kSend}, 20, false, now + 1s);
  CHECK(schedule.is_typed_beside(-1, 2, now + 1s));
}

TEST_CASE("a request before a download is no typing") {
  Schedule schedule;
  const chat::TimePoint now{};
  schedule.moved({3, Direction::kSend}, 200, false, now);
  schedule.moved({3, Direction::kReceive}, 1500, true, now);
  CHECK(!schedule.is_typed_beside(-1, 1, now));
  CHECK(schedule.is_bulk_under_way(Direction::kReceive, now));
  CHECK(!schedule.is_bulk_under_way(Direction::kSend, now));
  CHECK(!schedule.is_bulk_under_way(Direction::kReceive, now + 1s));
}

TEST_CASE("a link's next owner inherits nothing") {
  Schedule schedule;
  schedule.moved({3, Direction::kSend}, 20, false, {});
  schedule.forget(3);
  CHECK(!schedule.is_typed_beside(-1, 1, {}));
}

}  // namespace
}  // namespace a7600::test
