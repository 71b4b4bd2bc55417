// SPDX-License-Identifier: MIT
#include "faults.h"

#include <catch2/catch.hpp>
#include <set>

#include "log.h"
#include "loop.h"

namespace a7600::sim {
namespace {

struct Dice {
  explicit Dice(std::uint64_t seed = 1) : log(loop, ""), faults(seed, log) {}
  Loop loop;
  Log log;
  Faults faults;
};

TEST_CASE("every fault has a name of its own and a meaning") {
  std::set<std::string_view> names;
  for (const FaultInfo& info : fault_table()) {
    INFO(info.name);
    CHECK(names.insert(info.name).second);
    CHECK_FALSE(info.meaning.empty());
    CHECK(info.name.find_first_of("=@,") == std::string_view::npos);
  }
}

TEST_CASE("a fault that isn't set never happens") {
  Dice dice;
  for (int i = 0; i < 100; ++i) CHECK_FALSE(dice.faults.happens(Fault::kSendBusy));
  CHECK_FALSE(dice.faults.any());
}

TEST_CASE("value, chance and count are read") {
  Dice dice;
  REQUIRE_FALSE(dice.faults.set("silence=250@100x2,sim-pin=0000"));
  CHECK(dice.faults.value(Fault::kSilence) == 250);
  CHECK(dice.faults.text(Fault::kSimPin) == "0000");
  CHECK(dice.faults.happens(Fault::kSilence));
  CHECK(dice.faults.happens(Fault::kSilence));
  CHECK_FALSE(dice.faults.happens(Fault::kSilence));
  CHECK_FALSE(dice.faults.on(Fault::kSilence));
}

TEST_CASE("without value, chance and count the table's are taken") {
  Dice dice;
  REQUIRE_FALSE(dice.faults.set("reboot"));
  CHECK(dice.faults.value(Fault::kReboot) == 2000);
  CHECK(dice.faults.happens(Fault::kReboot));
  CHECK_FALSE(dice.faults.happens(Fault::kReboot));
}

TEST_CASE("a chance of 0 never happens, of 100 always, of 30 about so often") {
  Dice dice;
  REQUIRE_FALSE(dice.faults.set("urc@0,blank@100,noise@30"));
  int noise = 0;
  for (int i = 0; i < 10'000; ++i) {
    CHECK_FALSE(dice.faults.happens(Fault::kUrc));
    CHECK(dice.faults.happens(Fault::kBlank));
    if (dice.faults.happens(Fault::kNoise)) ++noise;
  }
  CHECK(noise > 2700);
  CHECK(noise < 3300);
}

TEST_CASE("equal seeds give equal dice, others don't") {
  Dice a(7);
  Dice b(7);
  Dice c(8);
  bool same = true;
  for (int i = 0; i < 100; ++i) {
    const auto value = a.faults.random(1000);
    CHECK(value == b.faults.random(1000));
    same = same && value == c.faults.random(1000);
  }
  CHECK_FALSE(same);
}

TEST_CASE("a wrong spec says what is wrong and sets nothing") {
  Dice dice;
  for (const char* spec : {"nonsense", "urc,nonsense", "urc=5", "silence=x", "silence=-1",
                           "urc@101", "urc@x", "urc@5xx", "silence=", ""}) {
    const auto reason = dice.faults.set(spec);
    INFO(spec);
    CHECK(static_cast<bool>(reason) == (spec[0] != '\0'));
    CHECK_FALSE(dice.faults.any());
  }
}

TEST_CASE("faults are listed as they can be set, and cleared by name or all") {
  Dice dice;
  REQUIRE_FALSE(dice.faults.set("urc@5,silence=10@100x3"));
  CHECK(dice.faults.list() == "silence=10@100x3 urc@5");
  CHECK(dice.faults.clear("urc"));
  CHECK(dice.faults.list() == "silence=10@100x3");
  CHECK_FALSE(dice.faults.clear("nonsense"));
  CHECK(dice.faults.clear(""));
  CHECK_FALSE(dice.faults.any());
}

}  // namespace
}  // namespace a7600::sim
