// SPDX-License-Identifier: MIT
//
// Data that is pushed before it is known whose it is.
#include <catch2/catch.hpp>

#include "pushing.h"

namespace a7600::test {
namespace {

TEST_CASE("data that is pushed before its connection's result is not lost") {
  Rig rig;
  pushing(rig).open(3);
  rig.expect(Rig::open_command(3, 7));
  push(rig, 7, "early ");
  rig.say("OK");
  push(rig, 7, "bird");
  CHECK(rig.received(3).empty());
  rig.say("+CIPOPEN: 7,0");
  CHECK(rig.events() == Events{"opened 3"});
  CHECK(rig.received(3) == "early bird");
}

// Seen in review: what had been pushed before an attempt failed was given to the next attempt's
// connection.
TEST_CASE("data that was pushed before a link turned out to be a stranger's is not given") {
  Rig rig;
  pushing(rig).open(3);
  rig.expect(Rig::open_command(3, 7));
  push(rig, 7, "a stranger's");
  rig.say("+CIPOPEN: 7,4|ERROR");
  rig.play({{Rig::open_command(3, 6), "OK|+CIPOPEN: 6,0"}});
  CHECK(rig.events() == Events{"opened 3"});
  CHECK(rig.received(3).empty());
}

TEST_CASE("without the link, data pushed before its connection's result is not lost either") {
  Rig rig;
  agreed(rig).open(3);
  rig.expect(Rig::open_command(3, 7));
  rig.say("OK");
  rig.raw("\r\nRECV FROM:203.0.113.1:1003\r\n+IPD5\r\nearly");
  rig.say("+CIPOPEN: 7,0");
  CHECK(rig.received(3) == "early");
}

Rig& listening(Rig& rig) {
  up(rig, modem::PushPolicy::kAlways, kSetUp);
  rig.listen(5, 80);
  rig.play({{"AT+SERVERSTART=80,0", "OK"}});
  REQUIRE(rig.events() == Events{"listening 5"});
  return rig;
}

// Seen in a soak: while a payload was awaited "+CLIENT:" waited and pushed data did not, so that
// the client's first bytes were dropped, and nobody knew.
TEST_CASE("data that is pushed before its client is announced is that client's") {
  for (const bool by_link : {true, false}) {
    Rig rig;
    listening(rig);
    if (by_link) {
      push(rig, 0, "hello ");
      push(rig, 0, "world");
    } else {
      push_from(rig, "203.0.113.9:5", "hello ");
      push_from(rig, "203.0.113.9:5", "world");
    }
    CHECK(rig.events().empty());
    rig.say("+CLIENT: 0,0,203.0.113.9:5");
    CHECK(rig.events() == Events{"accepted 5 100 203.0.113.9:5"});
    CHECK(rig.received(100) == "hello world");
  }
}

TEST_CASE("data that comes for a link that is being opened is the client's who has it") {
  Rig rig;
  listening(rig);
  rig.open(1);
  rig.expect(Rig::open_command(1, 9));
  push(rig, 9, "hello");
  rig.say("+CLIENT: 9,0,203.0.113.9:5|+CIPOPEN: 9,4|ERROR");
  CHECK(rig.events() == Events{"accepted 5 100 203.0.113.9:5"});
  CHECK(rig.received(100) == "hello");
}

TEST_CASE("data that is pushed for nobody is no later client's") {
  for (const char* end : {"+IPCLOSE: 0,1", "+CIPCLOSE: 0,0"}) {
    Rig rig;
    listening(rig);
    push(rig, 0, "somebody's");
    push(rig, 1, "another's");
    rig.say(end);
    rig.say("+CLIENT: 0,0,203.0.113.9:5");
    CHECK(rig.received(100).empty());
  }
  Rig rig;
  listening(rig);
  push(rig, 0, "somebody's");
  rig.pass(6s);
  rig.say("+CLIENT: 0,0,203.0.113.9:5");
  CHECK(rig.received(100).empty());
}

TEST_CASE("a client that has sent more than is kept is reset, not given a part") {
  Rig rig;
  listening(rig);
  for (int i = 0; i < 50; ++i) push(rig, 0, std::string(1500, 'x'));
  rig.say("+CLIENT: 0,0,203.0.113.9:5");
  CHECK(rig.received(100).empty());
  CHECK(rig.events() == Events{"accepted 5 100 203.0.113.9:5", "ended 100 ECONNRESET"});
}
}  // namespace
}  // namespace a7600::test
