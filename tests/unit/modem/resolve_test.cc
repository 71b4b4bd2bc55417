// SPDX-License-Identifier: MIT
//
// Host name look-ups (manual 2.17).
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

const char* const kAsk = "AT+CDNSGIP=\"a.example\"";

Rig& asking(Rig& rig, std::chrono::milliseconds patience = 120s) {
  rig.bring_up();
  rig.resolve(7, "a.example", patience);
  rig.expect(kAsk);
  return rig;
}

TEST_CASE("a name has an address") {
  Rig rig;
  asking(rig).say("+CDNSGIP: 1,\"a.example\",\"192.0.2.1\"|OK");
  CHECK(rig.events() == Events{"resolved 7 192.0.2.1"});
}

TEST_CASE("a name has several addresses, counted or not") {
  for (const char* second : {"1", "2"}) {
    Rig rig;
    asking(rig).say("+CDNSGIP: 1,\"a.example\",\"192.0.2.1\"|+CDNSGIP: " + std::string(second) +
                    ",\"a.example\",\"192.0.2.2\"|OK");
    CHECK(rig.events() == Events{"resolved 7 192.0.2.1 192.0.2.2"});
  }
}

TEST_CASE("a name without an address is ENOENT, however the module says it") {
  for (const char* answer : {"+CDNSGIP: 0,10|ERROR", "ERROR", "+IP ERROR: DNS query failed|ERROR",
                             "+CDNSGIP: 1,\"a.example\",\"\"|OK", "+CME ERROR: 3"}) {
    INFO(answer);
    Rig rig;
    asking(rig).say(answer);
    CHECK(rig.events() == Events{"resolved 7 ENOENT"});
  }
}

TEST_CASE("look-ups are answered in the order of asking, one at a time") {
  Rig rig;
  asking(rig).resolve(8, "b.example");
  rig.expect_nothing();
  rig.say("+CDNSGIP: 1,\"a.example\",\"192.0.2.1\"|OK");
  rig.play({{"AT+CDNSGIP=\"b.example\"", "+CDNSGIP: 1,\"b.example\",\"192.0.2.2\"|OK"}});
  CHECK(rig.events() == Events{"resolved 7 192.0.2.1", "resolved 8 192.0.2.2"});
}

TEST_CASE("nothing of a failed answer is left for the next") {
  Rig rig;
  asking(rig).resolve(8, "b.example");
  rig.say("+CDNSGIP: 1,\"a.example\",\"192.0.2.1\"|ERROR");
  rig.play({{"AT+CDNSGIP=\"b.example\"", "OK"}});
  rig.pass(20s);
  CHECK(rig.events() == Events{"resolved 7 ENOENT", "resolved 8 ENOENT"});
}

// A module that says OK first had every name refused (MODEM-NOTES: accept both orders everywhere).
TEST_CASE("the address may come behind OK, and other commands go on meanwhile") {
  Rig rig;
  asking(rig).say("OK");
  rig.resolve(8, "b.example");
  rig.connect(1, 9);
  rig.say("+CDNSGIP: 1,\"a.example\",\"192.0.2.1\"");
  CHECK(rig.events() == Events{"resolved 7 192.0.2.1"});
  rig.expect("AT+CDNSGIP=\"b.example\"");
  rig.say("+CDNSGIP: 2,\"a.example\",\"192.0.2.2\"|OK|+CDNSGIP: 0,10");
  CHECK(rig.events() == Events{"resolved 8 ENOENT"});
}

TEST_CASE("an OK that no address follows is ENOENT after a while") {
  Rig rig;
  asking(rig).say("OK");
  rig.pass(19s);
  CHECK(rig.events().empty());
  rig.pass(1s);
  CHECK(rig.events() == Events{"resolved 7 ENOENT"});
}

TEST_CASE("a look-up that the module does not answer is ETIMEDOUT, and the module is checked") {
  Rig rig;
  asking(rig);
  rig.pass(60s);
  CHECK(rig.events() == Events{"resolved 7 ETIMEDOUT"});
  rig.play(check(""));
  rig.expect_nothing();
}

// Seen in review: the deadline stayed in the past until the module answered, and the loop that asks
// for it spun.
TEST_CASE("a look-up that is in flight at its deadline is answered, and its answer skipped") {
  Rig rig;
  asking(rig, 3s);
  rig.pass(3s);
  CHECK(rig.events() == Events{"resolved 7 ETIMEDOUT"});
  rig.resolve(8, "b.example");
  rig.say("+CDNSGIP: 1,\"a.example\",\"192.0.2.1\"|OK");
  CHECK(rig.events().empty());
  rig.play({{"AT+CDNSGIP=\"b.example\"", "+CDNSGIP: 1,\"b.example\",\"192.0.2.2\"|OK"}});
  CHECK(rig.events() == Events{"resolved 8 192.0.2.2"});
}

TEST_CASE("a look-up that waits behind another is answered at its deadline") {
  Rig rig;
  asking(rig).resolve(8, "b.example", 3s);
  rig.pass(3s);
  CHECK(rig.events() == Events{"resolved 8 ETIMEDOUT"});
  rig.say("+CDNSGIP: 1,\"a.example\",\"192.0.2.1\"|OK");
  CHECK(rig.events() == Events{"resolved 7 192.0.2.1"});
  rig.expect_nothing();
}

TEST_CASE("a look-up that waits for the module is told why when its time is up") {
  Rig rig;
  rig.resolve(7, "a.example", 1s);
  rig.expect("ATE0");
  rig.pass(1s);
  CHECK(rig.events() == Events{"resolved 7 ENETDOWN"});
  CHECK(rig.last_error().text.find("does not answer") != std::string::npos);
}

TEST_CASE("a look-up in flight when the network is lost is answered") {
  Rig rig;
  asking(rig).say("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY|+CDNSGIP: 0,10|ERROR");
  CHECK(rig.events().size() == 1);
}

TEST_CASE("an address that nobody asked for is nothing") {
  Rig rig;
  rig.bring_up();
  rig.say("+CDNSGIP: 1,\"a.example\",\"192.0.2.66\"");
  rig.resolve(7, "a.example");
  rig.play({{kAsk, "+CDNSGIP: 1,\"a.example\",\"192.0.2.1\"|OK"}});
  CHECK(rig.events() == Events{"resolved 7 192.0.2.1"});
}

}  // namespace
}  // namespace a7600::test
