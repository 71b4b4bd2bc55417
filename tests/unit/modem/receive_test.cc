// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

TEST_CASE("announced data is read and handed over") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "hello");
  CHECK(rig.received(1) == "hello");
  rig.expect_nothing();
}

TEST_CASE("as long as there is a rest it is read without asking for its length") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  for (int rest = 4500; rest >= 0; rest -= 1500) {
    rig.expect("AT+CIPRXGET=2,9");
    rig.say_payload(9, std::string(1500, 'x'), rest);
  }
  // Behind a full chunk the count may lag.
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.received(1).size() == 6000);
  rig.expect_nothing();
}

TEST_CASE("an announcement for nothing is nothing") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  rig.expect_nothing();
  CHECK(rig.events().empty());
}

TEST_CASE("an empty answer is nothing") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.play({{"AT+CIPRXGET=2,9", "+CIPRXGET: 2,9,0,0|OK"}});
  rig.expect_nothing();
  CHECK(rig.received(1).empty());
}

TEST_CASE("an announcement during the read's own answer is kept") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.raw("\r\n+CIPRXGET: 2,9,1,0\r\na\r\nOK\r\n\r\n+CIPRXGET: 1,9\r\n");
  rig.expect("AT+CIPRXGET=2,9");
}

// The module announces once, when the buffer was empty: between header and OK new data may come.
TEST_CASE("an announcement between a read's payload and its OK is not lost") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.raw("\r\n+CIPRXGET: 2,9,1,0\r\na\r\n+CIPRXGET: 1,9\r\n\r\nOK\r\n");
  rig.expect("AT+CIPRXGET=2,9");
}

TEST_CASE("an announcement before the ERROR of an empty read is not lost") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say("+IP ERROR: No data|+CIPRXGET: 1,9|ERROR");
  rig.expect("AT+CIPRXGET=2,9");
}

TEST_CASE("a host without room is not given more, and nothing is lost") {
  Rig rig;
  connected(rig).set_room(1, 2);
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "one ", 100);
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "two ", 50);
  rig.expect_nothing();
  rig.pass(1h);
  rig.expect_nothing();
  rig.set_room(1, 1);
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "three", 0);
  CHECK(rig.received(1) == "one two three");
}

TEST_CASE("payload that looks like the module's words is data") {
  const std::string payload =
      "\r\nOK\r\n\r\n+IPCLOSE: 9,1\r\n\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n\r\nRDY\r\n>"
      "\r\nERROR\r\n+CLIENT: 0,0,192.0.2.1:1\r\n";
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, payload);
  CHECK(rig.received(1) == payload);
  CHECK(rig.events().empty());
  rig.expect_nothing();
}

TEST_CASE("data of a link that nobody has is not asked for") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,3");
  rig.expect_nothing();
}

// ---- Errors

TEST_CASE("a read that is not answered resets the connection and checks the module") {
  Rig rig;
  connected(rig).connect(2, 8);
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.pass(10s);
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
  rig.play(check("89"));
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}, {"AT+CIPRXGET=2,8", kNoData}});
  rig.expect_nothing();
  CHECK(rig.events().empty());
}

TEST_CASE("a read that stops in its payload resets the connection") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.raw("\r\n+CIPRXGET: 2,9,1500,0\r\nhalf");
  rig.pass(10s);
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
  CHECK(rig.received(1).empty());
  rig.play(check("9"));
}

// Seen by a fuzzer: what came behind a gap was handed over as the peer's.
TEST_CASE("a read whose payload lacks bytes resets the connection") {
  for (const std::string_view rest :
       {"hal\r\n\r\nOK\r\n", "ha\r\nOK\r\n", "\r\nOK\r\n\r\n+X\r\n"}) {
    Rig rig;
    connected(rig).say("+CIPRXGET: 1,9");
    rig.expect("AT+CIPRXGET=2,9");
    rig.raw("\r\n+CIPRXGET: 2,9,4,0\r\n" + std::string(rest));
    rig.pass(10s);
    CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
    CHECK(rig.received(1).empty());
  }
}

TEST_CASE("an OK without its data resets the connection and checks the module") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.play({{"AT+CIPRXGET=2,9", "OK"}});
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
  rig.expect("ATE0");
}

TEST_CASE("an error without a reason may be a garbled command: asked again, then after a check") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.play({{"AT+CIPRXGET=2,9", "ERROR"}, {"AT+CIPRXGET=2,9", "ERROR"}});
  rig.play(check("9"));
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "there");
  CHECK(rig.received(1) == "there");
  rig.say("+CIPRXGET: 1,9");
  for (int i = 0; i < 3; ++i) {
    rig.play({{"AT+CIPRXGET=2,9", "+IP ERROR: Operation failed|ERROR"}});
  }
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
  rig.expect("AT+CIPCLOSE=9");
}

// Seen in the matrix: the end of a stream, for the program.
TEST_CASE("no data where more than a chunk was just told is an odd answer, and asked again") {
  for (const bool recovers : {true, false}) {
    Rig rig;
    connected(rig).say("+CIPRXGET: 1,9");
    rig.expect("AT+CIPRXGET=2,9");
    rig.say("+IPCLOSE: 9,1");
    rig.say_payload(9, std::string(1500, 'x'), 1501);
    if (recovers) {
      rig.play({{"AT+CIPRXGET=2,9", kNoData}});
      rig.expect("AT+CIPRXGET=2,9");
      rig.say_payload(9, std::string(1500, 'x'), 1);
      rig.expect("AT+CIPRXGET=2,9");
      rig.say_payload(9, "x", 0);
      rig.play({{"AT+CIPRXGET=2,9", kNoData}});
      CHECK(rig.received(1).size() == 3001);
      CHECK(rig.events() == Events{"ended 1"});
    } else {
      for (int i = 0; i < 3; ++i) rig.play({{"AT+CIPRXGET=2,9", kNoData}});
      CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
    }
  }
}

TEST_CASE("a read that finds the network closed ends the connection") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.play({{"AT+CIPRXGET=2,9", "+IP ERROR: Network not opened|ERROR"}});
  CHECK(rig.events() == Events{"ended 1 ENETDOWN"});
  rig.expect_nothing();
}

// ---- Missed announcements

TEST_CASE("a connection that carries nothing is looked after ever less often") {
  Rig rig;
  connected(rig);
  for (const auto pause : {10s, 30s, 90s, 270s, 300s, 300s, 300s}) {
    INFO(pause.count());
    rig.pass(pause - 1ms);
    rig.expect_nothing();
    rig.pass(1ms);
    rig.play(Script{{"AT+CIPRXGET=2,9", kNoData}} + still_open("9"));
  }
}

TEST_CASE("a stream in motion is looked after soon") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "x");
  rig.pass(1999ms);
  rig.expect_nothing();
  rig.pass(1ms);
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "missed");
  CHECK(rig.received(1) == "xmissed");
}

TEST_CASE("an answer to what was sent is looked after soon") {
  Rig rig;
  connected(rig).write(1, "ping");
  rig.expect("AT+CIPSEND=9,4");
  rig.raw(">");
  rig.say("OK|+CIPSEND: 9,4,4");
  rig.expect_bytes("ping");
  rig.pass(2s);
  rig.play(Script{{"AT+CIPRXGET=2,9", kNoData}} + still_open("9"));
  rig.pass(5999ms);
  rig.expect_nothing();
  rig.pass(1ms);
  rig.expect("AT+CIPRXGET=2,9");
}

// Seen in the matrix of faults: each repetition of a question put the look for its answer off.
TEST_CASE("a program that asks again does not put the look for the answer off") {
  Rig rig;
  connected(rig);
  for (int i = 0; i < 2; ++i) {
    rig.write(1, "ping");
    rig.expect("AT+CIPSEND=9,4");
    rig.raw(">");
    rig.say("OK|+CIPSEND: 9,4,4");
    rig.expect_bytes("ping");
    rig.pass(1s);
  }
  rig.expect("AT+CIPRXGET=2,9");
}

TEST_CASE("an idle connection has no other deadline than its next look") {
  Rig rig;
  connected(rig);
  REQUIRE(rig.modem.deadline() == rig.now + 10s);
  rig.pass(10s);
  rig.play(Script{{"AT+CIPRXGET=2,9", kNoData}} + still_open("9"));
  CHECK(rig.modem.deadline() == rig.now + 30s);
}

// Seen in the matrix of faults: with "+IPCLOSE:" lost on the line the program waited for ever.
TEST_CASE("an end that was missed is found by the next look, and what is left is read") {
  Rig rig;
  connected(rig);
  rig.pass(10s);
  rig.play(Script{{"AT+CIPRXGET=2,9", kNoData}} + still_open(""));
  // Its last words may be on their way.
  CHECK(rig.events().empty());
  rig.pass(2s);
  rig.play(Script{{"AT+CIPRXGET=2,9", kNoData}} + still_open(""));
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "the rest");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.received(1) == "the rest");
  CHECK(rig.events() == Events{"ended 1"});
}

TEST_CASE("a connection that has ended is not looked after") {
  Rig rig;
  connected(rig).say("+IPCLOSE: 9,1");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.events() == Events{"ended 1"});
  CHECK_FALSE(rig.modem.deadline().has_value());
}

// Seen in review: a send that was confirmed after its connection was lost armed the poll again.
TEST_CASE("a connection that was lost is not looked after, whatever was in flight") {
  Rig rig;
  connected(rig).write(1, "x");
  rig.take_payload(9, "x");
  rig.say("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY|OK|+CIPSEND: 9,1,1");
  CHECK(rig.events() == Events{"ended 1 ENETDOWN"});
  CHECK_FALSE(rig.modem.deadline().has_value());
}

}  // namespace
}  // namespace a7600::test
