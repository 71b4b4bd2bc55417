// SPDX-License-Identifier: MIT
#include "modem/reset_ladder.h"

#include <catch2/catch.hpp>
#include <vector>

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;
using Rung = ResetLadder::Rung;

constexpr ResetMeans kNone{};
constexpr ResetMeans kCommand{.command = true};
constexpr ResetMeans kDtr{.dtr = true};
constexpr ResetMeans kBoth{.command = true, .dtr = true};

// A ladder, and the time.
struct Climber {
  ResetLadder ladder;
  chat::TimePoint now{};

  Rung next(ResetMeans means, Trouble trouble = Trouble::kSilent) {
    now += 10s;
    return ladder.next(means, trouble, now);
  }
  // The rungs up to giving up.
  std::vector<Rung> all(ResetMeans means, Trouble trouble = Trouble::kSilent) {
    std::vector<Rung> rungs;
    while (rungs.size() < 10 && (rungs.empty() || rungs.back() != Rung::kGiveUp)) {
      rungs.push_back(next(means, trouble));
    }
    return rungs;
  }
};

TEST_CASE("without a means of restart the ladder has no rungs") {
  Climber climber;
  for (const Trouble trouble : {Trouble::kOther, Trouble::kSilent, Trouble::kStack}) {
    CHECK(climber.next(kNone, trouble) == Rung::kGiveUp);
  }
}

TEST_CASE("a restart is the last thing that is tried, each means once, the fitting one first") {
  using Rungs = std::vector<Rung>;
  CHECK(Climber().all(kCommand) == Rungs{Rung::kAgain, Rung::kCommand, Rung::kGiveUp});
  CHECK(Climber().all(kDtr) == Rungs{Rung::kAgain, Rung::kDtr, Rung::kGiveUp});
  CHECK(Climber().all(kBoth, Trouble::kSilent) ==
        Rungs{Rung::kAgain, Rung::kDtr, Rung::kCommand, Rung::kGiveUp});
  CHECK(Climber().all(kBoth, Trouble::kStack) ==
        Rungs{Rung::kAgain, Rung::kCommand, Rung::kDtr, Rung::kGiveUp});
}

TEST_CASE("a SIM, a registration or a setting is not helped by a restart") {
  Climber climber;
  CHECK(climber.next(kBoth, Trouble::kOther) == Rung::kGiveUp);
  CHECK(climber.next(kBoth) == Rung::kAgain);
  CHECK(climber.next(kBoth, Trouble::kOther) == Rung::kGiveUp);
}

TEST_CASE("trouble of another kind goes on with the means that is left") {
  Climber climber;
  CHECK(climber.next(kBoth, Trouble::kStack) == Rung::kAgain);
  CHECK(climber.next(kBoth, Trouble::kStack) == Rung::kCommand);
  CHECK(climber.next(kBoth, Trouble::kSilent) == Rung::kDtr);
  CHECK(climber.next(kBoth, Trouble::kStack) == Rung::kGiveUp);
}

TEST_CASE("a dead module is restarted ever less often, once an hour at last") {
  Climber climber;
  int restarts = 0;
  // Somebody tries every ten seconds, for a day.
  for (int i = 0; i < 24 * 360; ++i) restarts += climber.next(kDtr) == Rung::kDtr ? 1 : 0;
  // 1 + 2 + 4 + … + 32 minutes, then hours.
  CHECK(restarts >= 6 + 22);
  CHECK(restarts <= 6 + 24);
}

TEST_CASE("a module that dies as soon as it is up is restarted ever less often, too") {
  Climber climber;
  int restarts = 0;
  for (int i = 0; i < 360; ++i) {
    if (climber.next(kBoth) != Rung::kDtr) continue;
    ++restarts;
    climber.now += 10s;
    climber.ladder.rescued(climber.now);
  }
  CHECK(restarts >= 5);
  CHECK(restarts <= 7);
}

TEST_CASE("a module that has worked for ten minutes is restarted without a pause") {
  for (const bool proven : {false, true}) {
    Climber climber;
    climber.next(kDtr);
    CHECK(climber.next(kDtr) == Rung::kDtr);
    climber.ladder.rescued(climber.now);
    // Pauses of a minute, then of two, have begun.
    climber.now += 61s;
    climber.next(kDtr);
    CHECK(climber.next(kDtr) == Rung::kDtr);
    climber.ladder.rescued(climber.now);
    climber.now += proven ? 10min : 100s;
    CHECK(climber.next(kDtr) == (proven ? Rung::kAgain : Rung::kGiveUp));
  }
}

TEST_CASE("a module that is back without a restart costs no pause") {
  Climber climber;
  CHECK(climber.next(kDtr) == Rung::kAgain);
  climber.ladder.rescued(climber.now);
  CHECK(climber.next(kDtr) == Rung::kAgain);
  CHECK(climber.next(kDtr) == Rung::kDtr);
}

}  // namespace
}  // namespace a7600::modem
