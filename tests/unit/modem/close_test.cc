// SPDX-License-Identifier: MIT
//
// Closing, by either side.
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

// ---- By this side

TEST_CASE("a close is done when its result is there, behind OK or before it") {
  for (const char* answer : {"OK|+CIPCLOSE: 9,0", "+CIPCLOSE: 9,0|OK"}) {
    INFO(answer);
    Rig rig;
    connected(rig).close(1);
    rig.play({{"AT+CIPCLOSE=9", answer}});
    CHECK(rig.events() == Events{"closed 1"});
    CHECK(rig.modem.unfinished() == 0);
    CHECK_FALSE(rig.modem.deadline().has_value());
  }
}

// Seen by a fuzzer.
TEST_CASE("a connection that was closed while it opened is asked for nothing") {
  Rig rig;
  rig.bring_up();
  rig.open(1);
  rig.expect(Rig::open_command(1, 9));
  rig.close(1);
  rig.write(1, "late");
  rig.say("OK|+CIPOPEN: 9,0");
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  CHECK(rig.events() == Events{"closed 1"});
}

TEST_CASE("between OK and the result of a close the channel serves others") {
  Rig rig;
  connected(rig).close(1);
  rig.play({{"AT+CIPCLOSE=9", "OK"}});
  CHECK(rig.events().empty());
  rig.connect(2, 8);
  rig.say("+CIPCLOSE: 9,0");
  CHECK(rig.events() == Events{"closed 1"});
}

TEST_CASE("a close that the module refuses is as good: the link was closed") {
  for (const char* answer : {"+CIPCLOSE: 9,4|ERROR", "+IP ERROR: No active client|ERROR"}) {
    INFO(answer);
    Rig rig;
    connected(rig).close(1);
    rig.play({{"AT+CIPCLOSE=9", answer}});
    CHECK(rig.events() == Events{"closed 1"});
    rig.expect_nothing();
  }
}

// Seen with a line that garbles commands: the link stayed open, and its peer waited for ever.
TEST_CASE("a close that is refused without a reason is tried once more") {
  for (const char* answer : {"OK|+CIPCLOSE: 9,0", "+CIPCLOSE: 9,4|ERROR", "ERROR"}) {
    INFO(answer);
    Rig rig;
    connected(rig).close(1);
    rig.play({{"AT+CIPCLOSE=9", "ERROR"}});
    CHECK(rig.events().empty());
    rig.play({{"AT+CIPCLOSE=9", answer}});
    CHECK(rig.events() == Events{"closed 1"});
    rig.expect_nothing();
  }
}

TEST_CASE("a close whose result never comes is over after half a minute") {
  Rig rig;
  connected(rig).close(1);
  rig.play({{"AT+CIPCLOSE=9", "OK"}});
  rig.pass(29s);
  CHECK(rig.events().empty());
  rig.pass(1s);
  CHECK(rig.events() == Events{"closed 1"});
}

TEST_CASE("a close that is not answered is over, and the module is checked") {
  Rig rig;
  connected(rig).close(1);
  rig.expect("AT+CIPCLOSE=9");
  rig.pass(30s);
  CHECK(rig.events() == Events{"closed 1"});
  rig.play(check(""));
  rig.expect_nothing();
}

TEST_CASE("closing twice is closing once") {
  Rig rig;
  connected(rig).close(1);
  rig.close(1);
  rig.play({{"AT+CIPCLOSE=9", "OK"}});
  rig.close(1);
  rig.say("+CIPCLOSE: 9,0");
  CHECK(rig.events() == Events{"closed 1"});
  rig.close(1);
  rig.expect_nothing();
}

TEST_CASE("closing an id that was never there is nothing") {
  Rig rig;
  connected(rig);
  rig.modem.close(77, rig.now);
  rig.modem.set_writable(77, rig.now);
  rig.modem.set_room(77, rig.now);
  rig.expect_nothing();
}

TEST_CASE("what was announced is not read for a connection that is closed") {
  Rig rig;
  connected(rig).resolve(2, "a.example");
  rig.expect("AT+CDNSGIP=\"a.example\"");
  rig.say("+CIPRXGET: 1,9");
  rig.close(1);
  rig.say("+CDNSGIP: 0,10|ERROR");
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  CHECK(rig.received(1).empty());
}

TEST_CASE("a read in flight when the program closes is thrown away") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.close(1);
  rig.say_payload(9, "too late", 500);
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  CHECK(rig.received(1).empty());
  CHECK(rig.events() == Events{"closed 1"});
}

TEST_CASE("what was taken from the host is sent before the close") {
  Rig rig;
  connected(rig).write(1, "last words");
  rig.expect("AT+CIPSEND=9,10");
  rig.close(1);
  rig.say("+CIPERROR: 8|ERROR");
  rig.expect_nothing();
  CHECK(rig.modem.unfinished() == 1);
  rig.pass(100ms);
  rig.play_send(9, "last words");
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  CHECK(rig.events() == Events{"closed 1"});
}

// Seen in review: the close that the host asks for when it has nothing more to send waited for
// the next thing to happen.
TEST_CASE("a close from inside take() is acted on at once") {
  Rig rig;
  connected(rig).write(1, "bye");
  rig.close_when_taken = true;
  rig.play_send(9, "bye");
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  CHECK(rig.events() == Events{"closed 1"});
}

// ---- By the peer

TEST_CASE("a peer's close is an end of file once everything is read") {
  Rig rig;
  connected(rig).say("+CIPRXGET: 1,9|+IPCLOSE: 9,1");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "first ", 6);
  CHECK(rig.events().empty());
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "second", 0);
  CHECK(rig.events().empty());
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.events() == Events{"ended 1"});
  CHECK(rig.received(1) == "first second");
  rig.expect_nothing();
  rig.close(1);
  CHECK(rig.events() == Events{"closed 1"});
  rig.expect_nothing();
}

TEST_CASE("a peer's close without announced data is looked into all the same") {
  Rig rig;
  connected(rig).say("+IPCLOSE: 9,1");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say(kNoData);
  CHECK(rig.events() == Events{"ended 1"});
}

TEST_CASE("a module that reads no closed link has nothing left for it") {
  for (const char* answer : {"ERROR", "+IP ERROR: No active client|ERROR",
                             "+IP ERROR: Connection is not created|ERROR"}) {
    INFO(answer);
    Rig rig;
    connected(rig).say("+IPCLOSE: 9,1");
    for (int i = 0; i < 3; ++i) rig.play({{"AT+CIPRXGET=2,9", answer}});
    CHECK(rig.events() == Events{"ended 1"});
    rig.expect_nothing();
  }
}

// Seen in the matrix: a download whose rest the module refused to hand over ended like a whole one.
TEST_CASE("data that was announced and is refused behind the peer's close is a reset") {
  for (const bool read_before : {true, false}) {
    Rig rig;
    connected(rig).say("+CIPRXGET: 1,9");
    rig.expect("AT+CIPRXGET=2,9");
    if (read_before) {
      rig.say_payload(9, "a part", 10);
      rig.expect("AT+CIPRXGET=2,9");
    }
    rig.say("+IPCLOSE: 9,1|ERROR");
    for (int i = 0; i < 2; ++i) rig.play({{"AT+CIPRXGET=2,9", "ERROR"}});
    CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
  }
}

TEST_CASE("reason 2 is ETIMEDOUT, behind what was received") {
  Rig rig;
  connected(rig).say("+IPCLOSE: 9,2");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "rest");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.received(1) == "rest");
  CHECK(rig.events() == Events{"ended 1 ETIMEDOUT"});
}

TEST_CASE("a peer's close with a chunk not yet sent is a reset") {
  Rig rig;
  connected(rig).write(1, "unsent");
  rig.expect("AT+CIPSEND=9,6");
  rig.say("+CIPERROR: 8|ERROR|+IPCLOSE: 9,1");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
  rig.pass(1s);
  rig.expect_nothing();
}

TEST_CASE("a peer's close in front of a CIPSEND's prompt lets the send fail") {
  Rig rig;
  connected(rig).write(1, "unsent");
  rig.expect("AT+CIPSEND=9,6");
  rig.say("+IPCLOSE: 9,1|+CIPERROR: 4|ERROR");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
}

TEST_CASE("a peer's close while a chunk is sent is no reset if it was sent") {
  Rig rig;
  connected(rig).write(1, "sent");
  rig.take_payload(9, "sent");
  rig.say("+IPCLOSE: 9,1|OK|+CIPSEND: 9,4,4");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.events() == Events{"ended 1"});
}

TEST_CASE("a peer's close waits for the host's room") {
  Rig rig;
  connected(rig).set_room(1, 1);
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "one", 3);
  rig.say("+IPCLOSE: 9,1");
  rig.expect_nothing();
  CHECK(rig.events().empty());
  rig.set_room(1, 5);
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "two");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.events() == Events{"ended 1"});
  CHECK(rig.received(1) == "onetwo");
}

// Seen with a module whose <rest_len> lags behind what it holds: the stream was cut short, and
// looked whole.
TEST_CASE("a peer's close is not believed complete by a count alone") {
  Rig rig;
  connected(rig).say("+IPCLOSE: 9,1");
  for (const char* part : {"first ", "second ", "third"}) {
    rig.expect("AT+CIPRXGET=2,9");
    rig.say_payload(9, part, 0);
  }
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.received(1) == "first second third");
  CHECK(rig.events() == Events{"ended 1"});
}

TEST_CASE("the program may close while the rest is read") {
  Rig rig;
  connected(rig).say("+IPCLOSE: 9,1");
  rig.expect("AT+CIPRXGET=2,9");
  rig.close(1);
  CHECK(rig.events().empty());
  rig.say_payload(9, "rest", 100);
  CHECK(rig.events() == Events{"closed 1"});
  rig.expect_nothing();
}

TEST_CASE("a peer's close during our own is the same close") {
  Rig rig;
  connected(rig).close(1);
  rig.expect("AT+CIPCLOSE=9");
  rig.say("+IPCLOSE: 9,0|OK|+CIPCLOSE: 9,0");
  CHECK(rig.events() == Events{"closed 1"});
  rig.expect_nothing();
}

TEST_CASE("a second farewell is nothing") {
  Rig rig;
  connected(rig).say("+IPCLOSE: 9,1");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  rig.say("+IPCLOSE: 9,1");
  CHECK(rig.events() == Events{"ended 1"});
  rig.expect_nothing();
}

TEST_CASE("nothing is sent after the peer's close") {
  Rig rig;
  connected(rig).say("+IPCLOSE: 9,1");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  rig.write(1, "into the void");
  rig.expect_nothing();
  CHECK(rig.to_send(1) == "into the void");
}

TEST_CASE("a host that closes from inside ended() is told that it is closed") {
  Rig rig;
  connected(rig).close_when_ended = true;
  rig.say("+IPCLOSE: 9,1");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.events() == Events{"ended 1", "closed 1"});
  rig.connect(2, 8);
}

}  // namespace
}  // namespace a7600::test
