// SPDX-License-Identifier: MIT
//
// Direct push mode: when it is set up, and when everything goes back to buffer access.
#include <catch2/catch.hpp>

#include "pushing.h"

using a7600::modem::Schedule;

namespace a7600::test {
namespace {

// Seen in the matrix of faults: where nothing is ever asked, a module that had died was never found
// out, and the program waited for ever.
TEST_CASE("a module that falls silent while it should push is found out") {
  Rig rig;
  pushing(rig);
  rig.pass(10s);
  rig.expect("AT+CIPOPEN?");
  rig.pass(20s);
  CHECK(rig.events() == Events{"ended 1 ENETDOWN", "ended 2 ENETDOWN"});
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
  begin_download(rig);
  rig.play(kSetUp);
  push(rig, 9, "second");
  CHECK(rig.received(1) == "first second");
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
  rig.play({{"AT+CIPRXGET=2,8", kNoData}});
  rig.expect_nothing();
  rig.set_room(1, 100);
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "three");
  CHECK(rig.received(1) == "one two three");
}

// Seen at the end of a download: the last read before pushing began had left more than a chunk.
TEST_CASE("behind what was pushed, No data is the end of it") {
  Rig rig;
  begin_download(rig, 5000);
  rig.play(kSetUp);
  rig.set_room(1, 1);
  push(rig, 9, "pushed");
  rig.expect("AT+CIPRXGET=1");
  rig.say("OK");
  rig.set_room(1, 100);
  for (int i = 0; i < 4; ++i) {
    if (rig.sent() == "AT+CIPRXGET=2,9\r") rig.say(kNoData);
  }
  rig.expect_nothing();
  CHECK(rig.events().empty());
  CHECK(rig.received(1) == "first pushed");
}

TEST_CASE("data that stops in its middle resets its connection and checks the module") {
  Rig rig;
  pushing(rig).raw("\r\n+RECEIVE,9,1500\r\nhalf");
  rig.pass(2s);
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
  CHECK(rig.received(1).empty());
  rig.expect("ATE0");
}

TEST_CASE("a module that keeps back what it held when push began is read from for good") {
  Rig rig;
  begin_download(rig);
  rig.play(kSetUp);
  rig.expect_nothing();
  rig.pass(2s);
  rig.play({{"AT+CIPRXGET=1", "OK"}});
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "second", 6);
  CHECK(rig.received(1) == "first second");
  rig.expect("AT+CIPRXGET=2,9");
}

TEST_CASE("a peer that closes while push begins is read to its end") {
  Rig rig;
  begin_download(rig);
  Script set_up = kSetUp;
  set_up.back().answer = "+IPCLOSE: 9,1|OK";
  rig.play(set_up);
  rig.expect("AT+CIPRXGET=1");
  push(rig, 9, "second");
  rig.say("OK");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.received(1) == "first second");
  CHECK(rig.events() == Events{"ended 1"});
}

TEST_CASE("on a slow line push is left while somebody types beside a download") {
  Rig rig;
  rig.modem.set_push_policy(modem::PushPolicy::kAuto);
  rig.bring_up();
  rig.connect(1, 9);
  rig.connect(2, 8);
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "first ", 6);
  rig.play(kSetUp);
  const auto push_slowly = [&rig] {
    rig.raw("\r\n+RECEIVE,9,1500\r\n");
    for (int i = 0; i < 15; ++i) {
      rig.now += 10ms;
      rig.raw(std::string(100, 'd'));
    }
  };
  push_slowly();
  rig.play({{"AT+CIPSRIP=0", "OK"}});
  for (const char* key : {"a", "b"}) {
    push_slowly();
    rig.write(2, key);
    rig.play_send(8, key);
  }
  rig.play({{"AT+CIPRXGET=1", "OK"}, {"AT+CIPRXGET=2,8", kNoData}});
  CHECK(rig.sent().starts_with("AT+CIPRXGET=2,9,"));
  rig.say_payload(9, "in small chunks", 6000);
  rig.sent();
  rig.pass(Schedule::kTyping + 1ms);
  rig.say_payload(9, "and nobody types any more", 6000);
  rig.expect("AT+CIPRXGET=0");
}

TEST_CASE("a module that restarts is put back as the first bring-up found it") {
  Rig rig;
  agreed(rig).close(1);
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  rig.modem.set_push_policy(modem::PushPolicy::kNever);  // the next bring-up sets up nothing
  rig.say("RDY");
  rig.play(check("8") + Script{{"AT+CIPRXGET=2,8", kNoData}});
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
  rig.play({{"AT+CIPCCFG=10,0,0,1,0,0,500", "OK"}, {"AT+CIPRXGET=1", "OK"}});
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

// Seen with iperf3's server: a UDP test after a TCP test began in buffer access mode, as the TCP
// reader had fallen behind, and the sender of its first datagram was unknown.
TEST_CASE("a UDP socket does not wait for what a slow reader has forfeited") {
  Rig rig;
  pushing(rig).set_room(1, 1);
  push(rig, 9, "one ");
  rig.play({{"AT+CIPRXGET=1", "OK"}, {"AT+CIPRXGET=2,8", kNoData}});
  rig.set_room(1, 100);
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  rig.expect_nothing();
  rig.open_udp(3, 5000);
  rig.play({{"AT+CIPRXGET=0", "OK"},
            {"AT+CIPSRIP=1", "OK"},
            {"AT+CIPOPEN=7,\"UDP\",,,5000", "+CIPOPEN: 7,0|OK"}});
}
}  // namespace
}  // namespace a7600::test
