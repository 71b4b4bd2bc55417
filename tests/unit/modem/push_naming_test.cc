// SPDX-License-Identifier: MIT
//
// Direct push mode: whose a payload is, by the link or the peer that its header names, or neither.
#include <catch2/catch.hpp>

#include "pushing.h"

namespace a7600::test {
namespace {

TEST_CASE("pushed data goes to the link that its header names") {
  Rig rig;
  pushing(rig);
  push(rig, 8, "two");
  push(rig, 9, "one");
  push(rig, 3, "nobody's");
  CHECK(rig.received(1) == "one");
  CHECK(rig.received(2) == "two");
  rig.expect_nothing();
}

TEST_CASE("firmware without any header that tells whose the data is, is read from") {
  const Script refusals[] = {
      {{"AT+CIPCCFG?", "ERROR"}, {"AT+CIPHEAD?", "ERROR"}, {"AT+CIPHEAD=1", "ERROR"}},
      {{"AT+CIPCCFG?", kNamed}, {"AT+CIPHEAD?", "+CIPHEAD: 0|OK"}, {"AT+CIPHEAD=1", "ERROR"}},
      {{"AT+CIPCCFG?", kNamed},
       {"AT+CIPHEAD?", "+CIPHEAD: 1|OK"},
       {"AT+CIPSRIP?", "+CIPSRIP: 0|OK"},
       {"AT+CIPSRIP=1", "ERROR"}},
      {{"AT+CIPCCFG?", kNamed},
       {"AT+CIPHEAD?", "+CIPHEAD: 1|OK"},
       {"AT+CIPSRIP?", "+CIPSRIP: 1|OK"},
       {"AT+CIPRXGET=0", "ERROR"}},
  };
  for (const Script& script : refusals) {
    Rig rig;
    up(rig, modem::PushPolicy::kAlways, script).connect(1, 9);
    rig.say("+CIPRXGET: 1,9");
    rig.expect("AT+CIPRXGET=2,9");
  }
}

// Set up without <HeaderType> 1, which the module refuses in one way or another.
const Script kRest = {{"AT+CIPHEAD?", "+CIPHEAD: 1|OK"}, {"AT+CIPSRIP?", "+CIPSRIP: 1|OK"}};

TEST_CASE("firmware that names the peer, not the link, pushes while all peers are different") {
  const Script without_link[] = {
      {{"AT+CIPCCFG?", "ERROR"}},
      {{"AT+CIPCCFG?", kConfig}, {"AT+CIPCCFG=10,0,0,1,1,0,500", "ERROR"}},
      {{"AT+CIPCCFG?", kConfig}, {"AT+CIPCCFG=10,0,0,1,1,0,500", "OK"}, {"AT+CIPCCFG?", kConfig}}};
  for (const Script& script : without_link) {
    Rig rig;
    up(rig, modem::PushPolicy::kAlways, script + kRest + Script{{"AT+CIPRXGET=0", "OK"}});
    rig.connect(1, 9);
    rig.connect(2, 8);
    push_from(rig, "203.0.113.1:1002", "two");
    push_from(rig, "203.0.113.1:1001", "one");
    CHECK(rig.received(1) == "one");
    CHECK(rig.received(2) == "two");
    rig.expect_nothing();
  }
}

TEST_CASE("a second connection to the same peer is opened only in buffer access mode") {
  Rig rig;
  up(rig, modem::PushPolicy::kAlways,
     Script{{"AT+CIPCCFG?", "ERROR"}} + kRest + Script{{"AT+CIPRXGET=0", "OK"}});
  rig.connect(1, 9);
  rig.connect(2, 8);
  rig.open_to_peer_of(1, 3);
  rig.expect("AT+CIPRXGET=1");
  push_from(rig, "203.0.113.1:1001", "still one's ");
  rig.say("OK");
  rig.play({{Rig::open_command(1, 7), "OK|+CIPOPEN: 7,0"}, {"AT+CIPRXGET=2,8", kNoData}});
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "and this");
  CHECK(rig.received(1) == "still one's and this");
  rig.close(3);
  rig.play({{"AT+CIPCLOSE=7", "OK|+CIPCLOSE: 7,0"}, {"AT+CIPRXGET=0", "OK"}});
}

TEST_CASE("beside a datagram socket a peer's name alone does not tell whose the data is") {
  Rig rig;
  up(rig, modem::PushPolicy::kAlways,
     Script{{"AT+CIPCCFG?", "ERROR"}} + kRest + Script{{"AT+CIPRXGET=0", "OK"}});
  rig.connect(1, 9);
  rig.open_udp(2, 5000);
  rig.play({{"AT+CIPRXGET=1", "OK"}, {"AT+CIPOPEN=8,\"UDP\",,,5000", "+CIPOPEN: 8,0|OK"}});
}

TEST_CASE("a module that names no link though it said so is trusted as far as it names peers") {
  Rig rig;
  up(rig, modem::PushPolicy::kAlways, kSetUp);
  rig.connect(1, 9);
  rig.connect(2, 8);
  push_from(rig, "203.0.113.1:1002", "two");
  CHECK(rig.received(2) == "two");
  rig.expect_nothing();
  rig.open_to_peer_of(1, 3);
  rig.expect("AT+CIPRXGET=1");
}

TEST_CASE("data pushed without a name for one of two connections resets both") {
  Rig rig;
  pushing(rig).raw("\r\n+IPD4\r\ndata");
  CHECK(rig.events() == Events{"ended 1 ECONNRESET", "ended 2 ECONNRESET"});
  CHECK(rig.received(1).empty());
  rig.expect("AT+CIPRXGET=1");
}

// Seen in the matrix (download/push/odd/15222504/net-drop-open): data that followed was given with
// a gap before it.
TEST_CASE("a payload that names no link, and is cut off, resets the stream that it may be of") {
  Rig rig;
  up(rig, modem::PushPolicy::kAlways,
     Script{{"AT+CIPCCFG?", "ERROR"}} + kRest + Script{{"AT+CIPRXGET=0", "OK"}});
  rig.connect(1, 9);
  push_from(rig, "203.0.113.1:1001", "whole");
  rig.events();
  rig.raw("\r\nRECV FROM:203.0.113.1:1001\r\n+IPD10\r\nabc");
  rig.pass(20s);
  CHECK(rig.received(1) == "whole");
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
}

TEST_CASE("the peer is named only as long as somebody needs it") {
  Rig rig;
  pushing(rig).open_udp(3, 5000);
  rig.play({{"AT+CIPSRIP=1", "OK"}, {"AT+CIPOPEN=7,\"UDP\",,,5000", "+CIPOPEN: 7,0|OK"}});
  rig.close(3);
  rig.play({{"AT+CIPCLOSE=7", "+CIPCLOSE: 7,0|OK"}, {"AT+CIPSRIP=0", "OK"}});
  rig.expect_nothing();
}

TEST_CASE("a module that does not stop naming the peer is left with it") {
  Rig rig;
  up(rig, modem::PushPolicy::kAlways, kSetUp).connect(1, 9);
  push(rig, 9, "one");
  rig.play({{"AT+CIPSRIP=0", "ERROR"}});
  push(rig, 9, " two");
  rig.expect_nothing();
  CHECK(rig.received(1) == "one two");
}

// ---- Firmware that agrees to name the link, and does not

// curl --parallel was reset: all its connections have one peer, and the module, which had agreed to
// HeaderType 1, pushed "+IPD" all the same.
TEST_CASE("until a link was seen to be named, two connections to one peer are read from") {
  Rig rig;
  agreed(rig).raw("\r\nRECV FROM:203.0.113.1:1001\r\n+IPD3\r\none");
  rig.open_to_peer_of(1, 3);
  rig.play({{"AT+CIPRXGET=1", "OK"}});
  CHECK(rig.sent().starts_with("AT+CIPOPEN=7,"));
  CHECK(rig.received(1) == "one");
}

TEST_CASE("when the peers tell the connections apart again, pushing goes on") {
  Rig rig;
  agreed(rig);
  rig.open_to_peer_of(1, 3);
  rig.play({{"AT+CIPRXGET=1", "OK"}});
  CHECK(rig.sent().starts_with("AT+CIPOPEN=7,"));
  rig.say("+CIPOPEN: 7,1|ERROR");
  rig.play({{"AT+NETOPEN?", "+NETOPEN: 1|OK"}, {"AT+CIPRXGET=0", "OK"}});
}

TEST_CASE("where a link was seen to be named, pushing goes on whoever the peers are") {
  Rig rig;
  push(agreed(rig), 9, "one");
  rig.play({{"AT+CIPSRIP=0", "OK"}});
  rig.open_to_peer_of(1, 3);
  CHECK(rig.sent().starts_with("AT+CIPOPEN=7,"));
}

TEST_CASE("a datagram is pushed with its sender also where the link is not named") {
  Rig rig;
  rig.modem.set_push_policy(modem::PushPolicy::kAuto);
  rig.bring_up();
  rig.open_udp(1, 5000);
  rig.play({{"AT+CIPCCFG?", "ERROR"},
            {"AT+CIPHEAD?", "+CIPHEAD: 1|OK"},
            {"AT+CIPSRIP?", "+CIPSRIP: 1|OK"},
            {"AT+CIPRXGET=0", "OK"},
            {"AT+CIPOPEN=9,\"UDP\",,,5000", "+CIPOPEN: 9,0|OK"}});
  rig.raw("\r\nRECV FROM:192.0.2.1:53\r\n+IPD6\r\nanswer");
  CHECK(rig.events() == Events{"opened 1", "datagram 1 192.0.2.1:53 'answer'"});
  // Another connection: the two could not be told apart.
  rig.open(2);
  rig.play({{"AT+CIPRXGET=1", "OK"}});
  rig.expect(Rig::open_command(2, 8));
}
}  // namespace
}  // namespace a7600::test
