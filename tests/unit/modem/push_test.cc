// SPDX-License-Identifier: MIT
//
// Direct push mode: when it is set up, and when everything goes back to buffer access.
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

const char* const kConfig = "+CIPCCFG: 10,0,0,1,0,0,500|OK";
const char* const kNamed = "+CIPCCFG: 10,0,0,1,1,0,500|OK";

// From the first question to pushing.
const Script kSetUp = {{"AT+CIPCCFG?", kConfig},
                       {"AT+CIPCCFG=10,0,0,1,1,0,500", "OK"},
                       {"AT+CIPCCFG?", kNamed},
                       {"AT+CIPHEAD?", "+CIPHEAD: 1|OK"},
                       {"AT+CIPSRIP?", "+CIPSRIP: 0|OK"},
                       {"AT+CIPSRIP=1", "OK"},
                       {"AT+CIPRXGET=0", "OK"}};

// Connection 1 on link 9, connection 2 on link 8, the module pushing.
Rig& pushing(Rig& rig) {
  rig.modem.set_push_policy(modem::PushPolicy::kAlways);
  rig.resolve(999, "bring.up");
  rig.play(whole_bringup() + kSetUp);
  rig.play({{"AT+CDNSGIP=\"bring.up\"", "+CDNSGIP: 0,10|ERROR"}});
  rig.events();
  rig.connect(1, 9);
  rig.connect(2, 8);
  return rig;
}

void push(Rig& rig, int link, const std::string& payload) {
  rig.raw("\r\n+RECEIVE," + std::to_string(link) + "," + std::to_string(payload.size()) + "\r\n" +
          payload);
}

TEST_CASE("without a policy nothing is pushed") {
  Rig rig;
  rig.bring_up();
  rig.connect(1, 9);
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, std::string(1500, 'x'), 60000);
  rig.expect("AT+CIPRXGET=2,9");
}

TEST_CASE("a bulk download is pushed if the line allows it") {
  Rig rig;
  rig.modem.set_push_policy(modem::PushPolicy::kAuto);
  rig.bring_up();
  rig.connect(1, 9);
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "first ", 6);
  rig.play(kSetUp);
  push(rig, 9, "second");
  CHECK(rig.received(1) == "first second");
}

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

TEST_CASE("a peer's close comes behind what it pushed") {
  Rig rig;
  pushing(rig);
  push(rig, 9, "last");
  rig.say("+IPCLOSE: 9,1");
  CHECK(rig.received(1) == "last");
  CHECK(rig.events() == Events{"ended 1"});
  rig.expect_nothing();
}

TEST_CASE("a reader that falls behind takes all back to buffer access, losing nothing") {
  Rig rig;
  pushing(rig).set_room(1, 1);
  push(rig, 9, "one ");
  rig.expect("AT+CIPRXGET=1");
  rig.set_room(1, 1);
  push(rig, 9, "two ");
  rig.say("OK");
  rig.play({{"AT+CIPRXGET=2,8", "+IP ERROR: No data|ERROR"}});
  rig.expect_nothing();
  rig.set_room(1, 100);
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "three");
  CHECK(rig.received(1) == "one two three");
}

TEST_CASE("data that stops in its middle resets its connection and checks the module") {
  Rig rig;
  pushing(rig).raw("\r\n+RECEIVE,9,1500\r\nhalf");
  rig.pass(2s);
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
  CHECK(rig.received(1).empty());
  rig.expect("ATE0");
}

TEST_CASE("firmware that does not name the link is read from") {
  const Script refusals[] = {
      {{"AT+CIPCCFG?", "ERROR"}},
      {{"AT+CIPCCFG?", kConfig}, {"AT+CIPCCFG=10,0,0,1,1,0,500", "ERROR"}},
      {{"AT+CIPCCFG?", kConfig}, {"AT+CIPCCFG=10,0,0,1,1,0,500", "OK"}, {"AT+CIPCCFG?", kConfig}},
  };
  for (const Script& script : refusals) {
    Rig rig;
    rig.modem.set_push_policy(modem::PushPolicy::kAuto);
    rig.bring_up();
    rig.connect(1, 9);
    rig.say("+CIPRXGET: 1,9");
    rig.expect("AT+CIPRXGET=2,9");
    rig.say_payload(9, std::string(1500, 'x'), 60000);
    rig.play(script);
    rig.expect("AT+CIPRXGET=2,9");
  }
}

TEST_CASE("firmware that does not push with a header and the peer's address is read from") {
  const Script refusals[] = {
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
    rig.modem.set_push_policy(modem::PushPolicy::kAlways);
    rig.resolve(999, "bring.up");
    rig.play(whole_bringup() + script);
    rig.play({{"AT+CDNSGIP=\"bring.up\"", "+CDNSGIP: 0,10|ERROR"}});
    rig.events();
    rig.connect(1, 9);
    rig.say("+CIPRXGET: 1,9");
    rig.expect("AT+CIPRXGET=2,9");
  }
}

// ---- Firmware that agrees to name the link, and does not

// curl --parallel was reset: all its connections have one peer, and the module, which had agreed to
// HeaderType 1, pushed "+IPD" all the same.
TEST_CASE("until a link was seen to be named, two connections to one peer are read from") {
  Rig rig;
  pushing(rig).raw("\r\nRECV FROM:203.0.113.1:1001\r\n+IPD3\r\none");
  rig.open_to_peer_of(1, 3);
  rig.play({{"AT+CIPRXGET=1", "OK"}});
  CHECK(rig.sent().starts_with("AT+CIPOPEN=7,"));
  CHECK(rig.received(1) == "one");
}

TEST_CASE("when the peers tell the connections apart again, pushing goes on") {
  Rig rig;
  pushing(rig);
  rig.open_to_peer_of(1, 3);
  rig.play({{"AT+CIPRXGET=1", "OK"}});
  CHECK(rig.sent().starts_with("AT+CIPOPEN=7,"));
  rig.say("+CIPOPEN: 7,1|ERROR");
  rig.play({{"AT+NETOPEN?", "+NETOPEN: 1|OK"}, {"AT+CIPRXGET=0", "OK"}});
}

TEST_CASE("where a link was seen to be named, pushing goes on whoever the peers are") {
  Rig rig;
  push(pushing(rig), 9, "one");
  rig.open_to_peer_of(1, 3);
  CHECK(rig.sent().starts_with("AT+CIPOPEN=7,"));
}

TEST_CASE("without the link, data pushed before its connection's result is not lost either") {
  Rig rig;
  pushing(rig).open(3);
  rig.expect(Rig::open_command(3, 7));
  rig.say("OK");
  rig.raw("\r\nRECV FROM:203.0.113.1:1003\r\n+IPD5\r\nearly");
  rig.say("+CIPOPEN: 7,0");
  CHECK(rig.received(3) == "early");
}

TEST_CASE("a module that restarts is put back as the first bring-up found it") {
  Rig rig;
  pushing(rig).close(1);
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  rig.modem.set_push_policy(modem::PushPolicy::kNever);  // the next bring-up sets up nothing
  rig.say("RDY");
  rig.play(check("8") + Script{{"AT+CIPRXGET=2,8", "+IP ERROR: No data|ERROR"}});
  rig.close(2);
  rig.play({{"AT+CIPCLOSE=8", "OK|+CIPCLOSE: 8,0"}});
  rig.modem.leave(rig.now);
  rig.play({{"AT+CIPSRIP=0", "OK"}, {"AT+CIPCCFG=10,0,0,1,0,0,500", "OK"}});
}

TEST_CASE("the module's settings are put back when it is left") {
  Rig rig;
  pushing(rig).close(1);
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  rig.close(2);
  rig.play({{"AT+CIPCLOSE=8", "OK|+CIPCLOSE: 8,0"}});
  rig.modem.leave(rig.now);
  rig.play(
      {{"AT+CIPSRIP=0", "OK"}, {"AT+CIPCCFG=10,0,0,1,0,0,500", "OK"}, {"AT+CIPRXGET=1", "OK"}});
  CHECK(rig.modem.left());
}

TEST_CASE("a datagram is pushed with its sender") {
  Rig rig;
  rig.modem.set_push_policy(modem::PushPolicy::kAuto);
  rig.bring_up();
  rig.open_udp(1, 5000);
  rig.play(kSetUp + Script{{"AT+CIPOPEN=9,\"UDP\",,,5000", "+CIPOPEN: 9,0|OK"}});
  rig.raw("\r\nRECV FROM:192.0.2.1:53\r\n+RECEIVE,9,6\r\nanswer");
  CHECK(rig.events() == Events{"opened 1", "datagram 1 192.0.2.1:53 'answer'"});
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
