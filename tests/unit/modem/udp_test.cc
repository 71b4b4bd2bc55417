// SPDX-License-Identifier: MIT
//
// UDP sockets (manual 2.3, 2.4, 6.3).
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

const Endpoint kPeer{*Ipv4::parse("117.131.85.139"), 5254};
const Endpoint kOther{*Ipv4::parse("192.0.2.1"), 53};

Rig& opened(Rig& rig) {
  rig.bring_up();
  rig.open_udp(1, 5000);
  rig.play({{"AT+CIPOPEN=9,\"UDP\",,,5000", "+CIPOPEN: 9,0|OK"}});
  REQUIRE(rig.events() == Events{"opened 1"});
  return rig;
}

void sent(Rig& rig, const std::string& command, const std::string& payload,
          const std::string& confirmed) {
  rig.expect(command);
  rig.raw("\r\n>");
  rig.expect_bytes(payload);
  rig.say("OK|+CIPSEND: 9," + std::to_string(payload.size()) + "," + confirmed);
}

TEST_CASE("a UDP socket is opened with its local port, in either order of result and OK") {
  for (const char* answer : {"+CIPOPEN: 9,0|OK", "OK|+CIPOPEN: 9,0"}) {
    INFO(answer);
    Rig rig;
    rig.bring_up();
    rig.open_udp(1, 5000);
    rig.play({{"AT+CIPOPEN=9,\"UDP\",,,5000", answer}});
    CHECK(rig.events() == Events{"opened 1"});
  }
}

TEST_CASE("a UDP socket that the module refuses fails") {
  Rig rig;
  rig.bring_up();
  rig.open_udp(1, 5000);
  rig.play({{"AT+CIPOPEN=9,\"UDP\",,,5000", "+CIPOPEN: 9,6|ERROR"}});
  CHECK(rig.events() == Events{"open_failed 1 EADDRINUSE"});
}

TEST_CASE("each datagram is one send to its own peer") {
  Rig rig;
  opened(rig).write_to(1, kPeer, "HELLO");
  rig.write_to(1, kOther, "query");
  sent(rig, "AT+CIPSEND=9,5,\"117.131.85.139\",5254", "HELLO", "5");
  sent(rig, "AT+CIPSEND=9,5,\"192.0.2.1\",53", "query", "5");
  rig.expect_nothing();
}

TEST_CASE("a datagram that was not sent whole is lost, and the socket goes on") {
  Rig rig;
  opened(rig).write_to(1, kPeer, "HELLO");
  sent(rig, "AT+CIPSEND=9,5,\"117.131.85.139\",5254", "HELLO", "0");
  rig.write_to(1, kPeer, "again");
  sent(rig, "AT+CIPSEND=9,5,\"117.131.85.139\",5254", "again", "5");
  CHECK(rig.events().empty());
}

TEST_CASE("a datagram for which the module is busy goes to the same peer later") {
  Rig rig;
  opened(rig).write_to(1, kPeer, "HELLO");
  rig.play({{"AT+CIPSEND=9,5,\"117.131.85.139\",5254", "+CIPERROR: 8|ERROR"}});
  rig.write_to(1, kOther, "query");
  rig.pass(100ms);
  sent(rig, "AT+CIPSEND=9,5,\"117.131.85.139\",5254", "HELLO", "5");
  sent(rig, "AT+CIPSEND=9,5,\"192.0.2.1\",53", "query", "5");
}

TEST_CASE("what is read in buffer access mode is guessed to be from the latest peer") {
  Rig rig;
  opened(rig).write_to(1, kPeer, "HELLO");
  sent(rig, "AT+CIPSEND=9,5,\"117.131.85.139\",5254", "HELLO", "5");
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "answer");
  CHECK(rig.events() == Events{"datagram 1 117.131.85.139:5254 'answer'"});
}

// A program that closes a socket and binds the next one to its port was refused by the module.
TEST_CASE("a local port is opened again only when the link that has it is closed") {
  Rig rig;
  opened(rig).open_udp(2, 5000);
  rig.open_udp(3, 5001);
  rig.play({{"AT+CIPOPEN=8,\"UDP\",,,5001", "+CIPOPEN: 8,0|OK"}});
  rig.expect_nothing();
  rig.close(1);
  rig.play({{"AT+CIPCLOSE=9", "+CIPCLOSE: 9,0|OK"},
            {"AT+CIPOPEN=7,\"UDP\",,,5000", "+CIPOPEN: 7,0|OK"}});
  CHECK(rig.events() == Events{"opened 3", "closed 1", "opened 2"});
}

TEST_CASE("a UDP socket is closed like any other") {
  Rig rig;
  opened(rig).close(1);
  rig.play({{"AT+CIPCLOSE=9", "+CIPCLOSE: 9,0|OK"}});
  CHECK(rig.events() == Events{"closed 1"});
}

}  // namespace
}  // namespace a7600::test
