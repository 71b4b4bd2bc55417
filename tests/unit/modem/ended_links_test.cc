// SPDX-License-Identifier: MIT
//
// Links that the module keeps behind "+IPCLOSE:", until AT+CIPCLOSE.
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

// A client of server 1 on a link that comes and goes; its end is read.
void come_and_go(Rig& rig, int link, int port) {
  const std::string number = std::to_string(link);
  rig.say("+CLIENT: " + number + ",0,192.0.2.1:" + std::to_string(port) + "|+IPCLOSE: " + number +
          ",1");
  rig.play({{"AT+CIPRXGET=2," + number, "+IP ERROR: No data|ERROR"}});
}

std::string open_client(int link, int port) {
  return "+CIPOPEN: " + std::to_string(link) + ",\"TCP\",\"192.0.2.1\"," + std::to_string(port) +
         ",0|";
}

TEST_CASE("a module that gives away a link behind its +IPCLOSE: is asked once whether it does") {
  Rig rig;
  come_and_go(serving(rig), 0, 5000);
  rig.pass(999ms);
  rig.expect_nothing();
  rig.pass(1ms);
  rig.play({{"AT+CIPOPEN?", "+CIPOPEN: 0|+CIPOPEN: 1|OK"}});
  come_and_go(rig, 0, 5001);
  rig.pass(10s);
  rig.expect_nothing();
  CHECK_FALSE(rig.modem.deadline().has_value());
}

// Seen with a module that keeps it until AT+CIPCLOSE: it accepted nobody after ten clients.
TEST_CASE("a link that the module keeps behind its +IPCLOSE: is closed") {
  Rig rig;
  come_and_go(serving(rig), 0, 5000);
  rig.pass(500ms);
  come_and_go(rig, 1, 5001);
  rig.pass(500ms);
  // The second one has yet to show whether it stays.
  rig.play({{"AT+CIPOPEN?", open_client(0, 5000) + open_client(1, 5001) + "OK"},
            {"AT+CIPCLOSE=0", "OK|+CIPCLOSE: 0,0"}});
  rig.expect_nothing();
  rig.pass(500ms);
  rig.play({{"AT+CIPOPEN?", open_client(1, 5001) + "OK"}, {"AT+CIPCLOSE=1", "OK|+CIPCLOSE: 1,0"}});
  // Where it is known that they stay, this side's own count, too.
  rig.events();
  rig.connect(2, 9);
  rig.say("+IPCLOSE: 9,1");
  rig.play({{"AT+CIPRXGET=2,9", "+IP ERROR: No data|ERROR"}});
  rig.pass(1s);
  rig.play({{"AT+CIPOPEN?", "+CIPOPEN: 9,\"TCP\",\"203.0.113.1\",1002,-1|OK"},
            {"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  rig.expect_nothing();
}

TEST_CASE("a link that the next client has tells nothing") {
  Rig rig;
  come_and_go(serving(rig), 0, 5000);
  rig.say("+CLIENT: 0,0,192.0.2.1:5001");
  rig.pass(1s);
  rig.expect_nothing();
}

TEST_CASE("a client whose end was AT+CIPCLOSE tells nothing of links that are kept") {
  Rig rig;
  serving(rig).say("+CLIENT: 0,0,192.0.2.1:5000");
  rig.close(100);
  rig.pass(100ms);
  rig.play({{"AT+CIPCLOSE=0", "OK|+CIPCLOSE: 0,0"}});
  rig.pass(1s);
  rig.expect_nothing();
  come_and_go(rig, 0, 5001);
  rig.pass(1s);
  rig.play({{"AT+CIPOPEN?", open_client(0, 5001) + "OK"}, {"AT+CIPCLOSE=0", "OK|+CIPCLOSE: 0,0"}});
}

TEST_CASE("a link of this side's that is used again tells nothing of links that are kept") {
  Rig rig;
  serving(rig);
  rig.connect(2, 9);
  rig.say("+IPCLOSE: 9,1");
  rig.play({{"AT+CIPRXGET=2,9", "+IP ERROR: No data|ERROR"}});
  for (int link = 8; link >= 0; --link) {
    rig.events();
    rig.connect(static_cast<modem::ConnectionId>(20 - link), link);
    rig.say("+IPCLOSE: " + std::to_string(link) + ",1");
    rig.play({{"AT+CIPRXGET=2," + std::to_string(link), "+IP ERROR: No data|ERROR"}});
  }
  rig.events();
  rig.close(2);
  rig.open_to_peer_of(2, 40);
  rig.play({{Rig::open_command(2, 9), "OK|+CIPOPEN: 9,0"}});
  come_and_go(rig, 0, 5000);
  rig.pass(1s);
  rig.play({{"AT+CIPOPEN?", "+CIPOPEN: 9,\"TCP\",\"203.0.113.1\",1002,-1|OK"}});
  come_and_go(rig, 0, 5001);
  rig.pass(1s);
  rig.expect_nothing();
}

TEST_CASE("a transfer without a pause does not put off the question for kept links") {
  Rig rig;
  serving(rig);
  rig.connect(2, 9);
  come_and_go(rig, 0, 5000);
  rig.write(2, std::string(4500, 'x'));
  rig.take_payload(9, std::string(1500, 'x'));
  rig.pass(1s);
  rig.say("OK|+CIPSEND: 9,1500,1500");
  rig.play({{"AT+CIPOPEN?", "+CIPOPEN: 9,\"TCP\",\"203.0.113.1\",1002,-1|OK"}});
  rig.expect("AT+CIPSEND=9,1500");
}

TEST_CASE("whether links stay is asked again where there was no answer, after ever longer") {
  Rig rig;
  come_and_go(serving(rig), 0, 5000);
  rig.pass(1s);
  for (const auto pause : {2s, 4s, 8s}) {
    rig.play({{"AT+CIPOPEN?", "+IP ERROR: Operation not supported|ERROR"}});
    rig.pass(pause - 1ms);
    rig.expect_nothing();
    rig.pass(1ms);
  }
  rig.play({{"AT+CIPOPEN?", open_client(0, 5000) + "OK"}, {"AT+CIPCLOSE=0", "OK|+CIPCLOSE: 0,0"}});
}

}  // namespace
}  // namespace a7600::test
