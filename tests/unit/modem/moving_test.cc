// SPDX-License-Identifier: MIT
//
// A second AT port was unplugged inside a CIPSEND, and the next program had only the first: its
// link 9 was busy for ever, and so was that of each program after it.
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

// Refuses each CIPSEND as busy, and tells of no data, until something else is asked for: the close.
void stay_busy(Rig& rig, int link) {
  const std::string number = std::to_string(link);
  for (auto patience = rig.now + 60s; rig.now < patience;) {
    const std::string command = rig.sent();
    if (command.empty()) {
      rig.pass(100ms);
    } else if (command.rfind("AT+CIPSEND=" + number, 0) == 0) {
      rig.say("+CIPERROR: 8|ERROR");
    } else if (command == "AT+CIPOPEN?\r") {
      rig.say(still_open(number)[0].answer);
    } else if (command == "AT+CIPRXGET=2," + number + "\r") {
      rig.say(kNoData);
    } else {
      CHECK(command == "AT+CIPCLOSE=" + number + "\r");
      return;
    }
  }
  FAIL("tried for ever");
}

void stay_busy_and_close(Rig& rig, int link) {
  stay_busy(rig, link);
  rig.say("OK|+CIPCLOSE: " + std::to_string(link) + ",0");
}

TEST_CASE("a connection whose link is busy from the first send on is moved to another") {
  Rig rig;
  connected(rig).write(1, "hello");
  stay_busy_and_close(rig, 9);
  rig.play({{Rig::open_command(1, 8), "OK|+CIPOPEN: 8,0"}});
  rig.play_send(8, "hello");
  rig.write(1, "more");
  rig.play_send(8, "more");
  CHECK(rig.events().empty());
  CHECK(rig.modem.link_of(1) == 8);
}

TEST_CASE("a link that was busy to the end is the last that another connection gets") {
  Rig rig;
  connected(rig).write(1, "hello");
  stay_busy_and_close(rig, 9);
  rig.play({{Rig::open_command(1, 8), "OK|+CIPOPEN: 8,0"}});
  rig.play_send(8, "hello");
  for (int link = 7; link >= 0; --link) {
    rig.connect(static_cast<modem::ConnectionId>(10 - link), link);
  }
  rig.connect(20, 9);
}

TEST_CASE("what its program wrote before it closed a connection is sent on the other link") {
  Rig rig;
  connected(rig).write(1, "last words");
  rig.expect("AT+CIPSEND=9,10");
  rig.say("+CIPERROR: 8|ERROR");
  rig.close(1);
  rig.pass(100ms);
  stay_busy_and_close(rig, 9);
  CHECK(rig.modem.unfinished() == 1);
  rig.play({{Rig::open_command(1, 8), "OK|+CIPOPEN: 8,0"}});
  rig.play_send(8, "last words");
  rig.play({{"AT+CIPCLOSE=8", "OK|+CIPCLOSE: 8,0"}});
  CHECK(rig.events() == Events{"closed 1"});
}

TEST_CASE("what came on the old link while it was closed is not the new one's") {
  Rig rig;
  connected(rig).write(1, "hello");
  stay_busy(rig, 9);
  rig.say("+CIPRXGET: 1,9|OK|+CIPCLOSE: 9,0");
  rig.play({{Rig::open_command(1, 8), "OK|+CIPOPEN: 8,0"}});
  rig.play_send(8, "hello");
  rig.expect_nothing();
  CHECK(rig.events().empty());
}

TEST_CASE("a connection that has carried something stays where it is, and is reset") {
  Rig rig;
  connected(rig);
  SECTION("sent") {
    rig.write(1, "ok");
    rig.play_send(9, "ok");
  }
  SECTION("received") {
    rig.say("+CIPRXGET: 1,9");
    rig.expect("AT+CIPRXGET=2,9");
    rig.say_payload(9, "greeting");
  }
  rig.write(1, "hello");
  stay_busy_and_close(rig, 9);
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
}

TEST_CASE("where no other link opens, the program is told that the connection is lost") {
  Rig rig;
  connected(rig).write(1, "hello");
  stay_busy_and_close(rig, 9);
  SECTION("refused by the peer") {
    rig.play({{Rig::open_command(1, 8), "OK|+CIPOPEN: 8,1"}, {"AT+NETOPEN?", "+NETOPEN: 1|OK"}});
  }
  SECTION("not in time") {
    rig.play({{Rig::open_command(1, 8), "OK|+CIPOPEN: 8,10"},
              {"AT+CIPCLOSE=8", "+CIPCLOSE: 8,4|ERROR"}});
  }
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
  rig.close(1);
  CHECK(rig.events() == Events{"closed 1"});
  CHECK(rig.owed() == 0);
}

TEST_CASE("a connection that is moving ends with the network, the port, and its program") {
  Rig rig;
  connected(rig).write(1, "hello");
  stay_busy_and_close(rig, 9);
  rig.expect(Rig::open_command(1, 8));
  SECTION("the network") {
    rig.say("OK|+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
    CHECK(rig.events() == Events{"ended 1 ENETDOWN"});
    rig.close(1);
  }
  SECTION("the port") {
    rig.modem.line_failed(Error{ENODEV, -1, "unplugged"}, rig.now);
    CHECK(rig.events() == Events{"ended 1 ENODEV"});
    rig.close(1);
  }
  SECTION("its program, and the peer") {
    rig.close(1);
    rig.say("OK|+CIPOPEN: 8,1");
    rig.play({{"AT+NETOPEN?", "+NETOPEN: 1|OK"}});
  }
  CHECK(rig.events() == Events{"closed 1"});
  CHECK(rig.owed() == 0);
}

TEST_CASE("a module that is busy on every link loses the connection") {
  Rig rig;
  connected(rig).write(1, "hello");
  for (const int link : {9, 8}) {
    stay_busy_and_close(rig, link);
    rig.play({{Rig::open_command(1, link - 1), "OK|+CIPOPEN: " + std::to_string(link - 1) + ",0"}});
  }
  stay_busy_and_close(rig, 7);
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
}

}  // namespace
}  // namespace a7600::test
