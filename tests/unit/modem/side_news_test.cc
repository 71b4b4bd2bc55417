// SPDX-License-Identifier: MIT
//
// Two AT channels: what either of them, or both, tell of links is acted on once.
#include <catch2/catch.hpp>

#include "two_channels.h"

namespace a7600::test {
namespace {

TEST_CASE("an end that only the second channel tells is asked for, and is one") {
  Rig rig;
  both_connected(rig);
  rig.say_side("+IPCLOSE: 9,1");
  rig.play(still_open("8"));
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.events() == Events{"ended 1"});
}

TEST_CASE("an end that both channels tell is one, whichever is first") {
  Rig rig;
  both_connected(rig);
  SECTION("the first") {
    rig.say("+IPCLOSE: 9,1");
    rig.say_side("+IPCLOSE: 9,1");
    rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  }
  SECTION("the second") {
    rig.say_side("+IPCLOSE: 9,1");
    rig.say("+IPCLOSE: 9,1");
    rig.play(still_open("8"));
    rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  }
  CHECK(rig.events() == Events{"ended 1"});
  rig.expect_nothing();
}

TEST_CASE("an old end told again does not end the link's next connection") {
  Rig rig;
  rig.close_when_ended = true;
  both_connected(rig);
  rig.say("+IPCLOSE: 9,1");
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.events() == Events{"ended 1", "closed 1"});
  for (const int link : {7, 6, 5, 4, 3, 2, 1, 0, 9}) {
    rig.connect(static_cast<modem::ConnectionId>(20 + link), link);
  }
  rig.say_side("+IPCLOSE: 9,1");
  rig.play(still_open("0,1,2,3,4,5,6,7,8,9"));
  CHECK(rig.events().empty());
}

TEST_CASE("a client that only the second channel tells of is asked for, and taken") {
  Rig rig;
  both_connected(rig);
  rig.listen(5, 80);
  rig.play({{"AT+SERVERSTART=80,0", "OK"}});
  rig.events();
  rig.say_side("+CLIENT: 0,0,192.0.2.77:4000");
  rig.play({{"AT+CIPOPEN?", "+CIPOPEN: 0,\"TCP\",\"192.0.2.77\",4000,0|OK"}});
  CHECK(rig.events() == Events{"accepted 5 100 192.0.2.77:4000"});
}

TEST_CASE("a client that both channels tell of is one, whichever is first") {
  Rig rig;
  both_connected(rig);
  rig.listen(5, 80);
  rig.play({{"AT+SERVERSTART=80,0", "OK"}});
  rig.events();
  const char* client = "+CLIENT: 0,0,192.0.2.77:4000";
  SECTION("the first") {
    rig.say(client);
    rig.say_side(client);
  }
  SECTION("the second") {
    rig.say_side(client);
    rig.say(client);
    rig.play({{"AT+CIPOPEN?", "+CIPOPEN: 0,\"TCP\",\"192.0.2.77\",4000,0|OK"}});
  }
  SECTION("the second, and the first after it was asked") {
    rig.say_side(client);
    rig.play({{"AT+CIPOPEN?", "+CIPOPEN: 0,\"TCP\",\"192.0.2.77\",4000,0|OK"}});
    rig.say(client);
  }
  CHECK(rig.events() == Events{"accepted 5 100 192.0.2.77:4000"});
  rig.expect_nothing();
}

// Seen: the new client's announcement was taken for one of the last owner's data, which was then
// read over both channels at once, for the wrong one.
TEST_CASE("what the second channel announces behind a client that it tells of is the client's") {
  Rig rig;
  rig.close_when_ended = true;
  both_connected(rig);
  rig.listen(5, 80);
  rig.play({{"AT+SERVERSTART=80,0", "OK"}});
  rig.say("+CLIENT: 0,0,192.0.2.77:4000");
  rig.events();
  rig.write(100, "to the first");
  rig.say_side("+IPCLOSE: 0,1|+CLIENT: 0,0,192.0.2.78:4001|+CIPRXGET: 1,0");
  rig.expect("AT+CIPSEND=0,12");
  rig.expect_side_bytes("");
  rig.raw("\r\n>");
  rig.expect_bytes("to the first");
  rig.say("OK|+CIPSEND: 0,12,-1");
  rig.expect("AT+CIPOPEN?");
  rig.expect_side_bytes("");
  SECTION("which nobody else tells of") {}
  SECTION("which the first channel tells of, too") {
    rig.say("+IPCLOSE: 0,1|+CLIENT: 0,0,192.0.2.78:4001");
    rig.expect_side_bytes("");
  }
  rig.say("+CIPOPEN: 0,\"TCP\",\"192.0.2.78\",4001,0|OK");
  rig.expect("AT+CIPRXGET=2,0");
  rig.expect_side_bytes("");
  rig.raw(payload(0, "from the second"));
  CHECK(rig.received(101) == "from the second");
}

TEST_CASE("an old client told again does not take the place of the link's next one") {
  Rig rig;
  both_connected(rig);
  rig.listen(5, 80);
  rig.play({{"AT+SERVERSTART=80,0", "OK"}});
  rig.events();
  rig.say("+CLIENT: 0,0,192.0.2.78:4001");
  rig.say_side("+CLIENT: 0,0,192.0.2.77:4000");
  rig.play({{"AT+CIPOPEN?", "+CIPOPEN: 0,\"TCP\",\"192.0.2.78\",4001,0|OK"}});
  CHECK(rig.events() == Events{"accepted 5 100 192.0.2.78:4001"});
}

}  // namespace
}  // namespace a7600::test
