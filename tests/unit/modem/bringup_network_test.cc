// SPDX-License-Identifier: MIT
//
// AT+NETOPEN in all its answers (manual 2.1).
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

void to_netopen(Rig& rig) {
  rig.open(1);
  rig.play(probe() + network_closed() + sim_ready());
  rig.expect("AT+NETOPEN");
}

TEST_CASE("the result comes behind OK, or before it") {
  for (const char* answer : {"OK|+NETOPEN: 0", "+NETOPEN: 0|OK", "OK|+NETOPEN: 0,0"}) {
    INFO(answer);
    Rig rig;
    to_netopen(rig);
    rig.say(answer);
    rig.play(last_steps());
    CHECK(rig.modem.up());
  }
}

TEST_CASE("the result is awaited for two minutes") {
  Rig rig;
  to_netopen(rig);
  rig.say("OK");
  rig.pass(119s);
  rig.expect_nothing();
  rig.say("+NETOPEN: 0");
  rig.expect("AT+IPADDR");
}

TEST_CASE("a network that is open already is as good") {
  for (const char* answer : {"+IP ERROR: Network is already opened|ERROR", "+IP ERROR: 4|ERROR"}) {
    INFO(answer);
    Rig rig;
    to_netopen(rig);
    rig.say(answer);
    rig.play({{"AT+CIPOPEN?", "+CIPOPEN: 0|OK"}, {"AT+SERVERSTART?", "OK"}});
    rig.play(last_steps());
    CHECK(rig.modem.up());
  }
}

// "+NETOPEN: 1,0" was read as closed, and the links of an earlier host stayed open: their data was
// taken for that of new connections.
TEST_CASE("an open network may be told with two numbers, and is tidied up") {
  Rig rig;
  rig.resolve(1, "a.example");
  rig.play(probe() +
           Script{{"AT+NETOPEN?", "+NETOPEN: 1,0|OK"},
                  {"AT+CIPMODE?", "+CIPMODE: 0|OK"},
                  {"AT+CIPOPEN?",
                   "+CIPOPEN: 0,\"TCP\",\"203.0.113.1\",80,-1|+CIPOPEN: 1,\"\",\"\",,|OK"},
                  {"AT+CIPCLOSE=0", "OK|+CIPCLOSE: 0,0"},
                  {"AT+SERVERSTART?", "OK"}} +
           last_steps());
  CHECK(rig.modem.up());
}

TEST_CASE("a network that does not open fails every waiting connection and look-up") {
  for (const char* answer : {"OK|+NETOPEN: 1", "+NETOPEN: 1|ERROR", "+NETOPEN: 12|OK", "ERROR",
                             "+IP ERROR: Operation failed|ERROR", "+CME ERROR: 30"}) {
    INFO(answer);
    Rig rig;
    to_netopen(rig);
    rig.open(2);
    rig.resolve(7, "a.example");
    rig.say(answer);
    CHECK(rig.events() ==
          Events{"open_failed 1 ENETDOWN", "open_failed 2 ENETDOWN", "resolved 7 ENETDOWN"});
    CHECK(rig.last_error().text.find("NETOPEN") != std::string::npos);
    rig.expect_nothing();
    CHECK_FALSE(rig.modem.deadline().has_value());
  }
}

TEST_CASE("after a failure the next connection tries again") {
  Rig rig;
  to_netopen(rig);
  rig.say("ERROR");
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  rig.open(2);
  rig.play(whole_bringup());
  CHECK(rig.modem.up());
}

TEST_CASE("a result that never comes begins the bring-up again") {
  Rig rig;
  rig.open(1, 1h);
  rig.play(probe() + network_closed() + sim_ready() + Script{{"AT+NETOPEN", "OK"}});
  rig.pass(125s);
  rig.play(whole_bringup());
  CHECK(rig.modem.up());
}

TEST_CASE("a module that never gets its network up is given up") {
  Rig rig;
  rig.open(1, 24h);
  for (int i = 0; i < 5; ++i) {
    rig.play(probe() + network_closed() + sim_ready() + Script{{"AT+NETOPEN", "OK"}});
    rig.pass(125s);
  }
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
}

TEST_CASE("a network without an address is closed and opened again, and given up") {
  Rig rig;
  to_netopen(rig);
  rig.say("OK|+NETOPEN: 0");
  for (int i = 0; i < 5; ++i) {
    rig.play({{"AT+IPADDR", "+IP ERROR: Network not opened|ERROR"}});
    if (i == 4) break;
    rig.pass(1s);
    rig.play(probe() + network_open() + Script{{"AT+NETCLOSE", "OK|+NETCLOSE: 0"}} + sim_ready() +
             opens_network());
  }
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
}

TEST_CASE("whoever waits for the network is told so when the time is up") {
  Rig rig;
  rig.open(1, 20s);
  rig.play(probe() + network_closed() + sim_ready() + Script{{"AT+NETOPEN", "OK"}});
  rig.pass(20s);
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  CHECK(rig.last_error().text.find("NETOPEN") != std::string::npos);
}

TEST_CASE("a question about the network that is refused means that it is closed") {
  Rig rig;
  rig.open(1);
  rig.play(probe() + Script{{"AT+NETOPEN?", "ERROR"}, {"AT+CIPMODE?", "+CIPMODE: 0|OK"}} +
           sim_ready());
  rig.expect("AT+NETOPEN");
}

}  // namespace
}  // namespace a7600::test
