// SPDX-License-Identifier: MIT
//
// The rate that the module is at, and whether it keeps to RTS/CTS.
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

modem::BringupConfig wanting(int baud, modem::Rtscts rtscts = modem::Rtscts::kOff) {
  modem::BringupConfig config;
  config.baud = baud;
  config.rtscts = rtscts;
  return config;
}

// Up to the first look for another rate: the probes, "+++" and the filling up were in vain.
void in_vain(Rig& rig) {
  rig.open(1);
  rig.pass(2500ms + 200ms + 1s);
  rig.sent();
  rig.pass(1s);
  rig.expect("ATE0");
  rig.pass(1s);
}

TEST_CASE("a silent module is looked for at the usual rates, and set to the one that is wanted") {
  Rig rig(wanting(921600));
  rig.rate = 921600;
  in_vain(rig);
  rig.expect_bytes("\rATE0\r");
  CHECK(rig.events() == Events{"rate 115200"});
  rig.say("OK");
  rig.expect("AT+IPR=921600");
  rig.say("OK");
  CHECK(rig.events() == Events{"rate 921600"});
  rig.pass(100ms);
  rig.play({{"AT", "OK"}, {"AT+NETOPEN?", "+NETOPEN: 1|OK"}});
  CHECK(rig.log_has("the module is at 115200 baud"));
  CHECK(rig.log_has("the module was set to 921600 baud"));
}

TEST_CASE("a module that is faster than the rate that is wanted stays so") {
  Rig rig(wanting(115200));
  rig.rate = 115200;
  in_vain(rig);
  rig.expect_bytes("\rATE0\r");
  CHECK(rig.events() == Events{"rate 921600"});
  rig.say("OK");
  rig.expect("AT+NETOPEN?");
  CHECK(rig.rate == 921600);
}

TEST_CASE("a module at no rate is given up, and the line is at the rate that is wanted again") {
  Rig rig(wanting(115200));
  rig.rate = 115200;
  in_vain(rig);
  for (int i = 0; i < 10; ++i) {
    rig.expect_bytes("\rATE0\r");
    rig.pass(300ms);
  }
  rig.expect_nothing();
  CHECK(rig.rate == 115200);
  CHECK(rig.events().back() == "open_failed 1 ENETDOWN");
  CHECK(rig.last_error().text.find("at no usual rate") != std::string::npos);
}

TEST_CASE("a module that does not change its rate is used as it is") {
  Rig rig(wanting(921600));
  rig.rate = 115200;
  rig.open(1);
  rig.play(probe() + Script{{"AT+IPR=921600", "ERROR"}, {"AT+NETOPEN?", "+NETOPEN: 1|OK"}});
  CHECK(rig.rate == 115200);
}

TEST_CASE("a module that says OK to a rate but is not there is looked for again, and left alone") {
  Rig rig(wanting(921600));
  rig.rate = 115200;
  rig.open(1);
  rig.play(probe() + Script{{"AT+IPR=921600", "OK"}});
  rig.pass(100ms);
  rig.play({{"AT", ""}});
  rig.pass(1s);
  rig.expect("ATE0");
  rig.pass(2500ms + 200ms + 3s);
  rig.sent();
  CHECK(rig.rate == 115200);
  rig.say("OK");
  rig.expect("AT+NETOPEN?");
}

TEST_CASE("at the end the module has its old rate again, after all else") {
  Rig rig(wanting(921600));
  rig.rate = 115200;
  rig.open(1);
  rig.play(probe() + Script{{"AT+IPR=921600", "OK"}});
  rig.pass(100ms);
  rig.play({{"AT", "OK"}});
  rig.play(network_closed() + sim_ready() + opens_network() + last_steps());
  rig.play({{Rig::open_command(1, 9), "OK|+CIPOPEN: 9,0"}});
  rig.close(1);
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  rig.modem.leave(rig.now);
  rig.play({{"AT+IPR=115200", "OK"}});
  CHECK(rig.modem.left());
}

TEST_CASE("a line without a rate is never looked for at another") {
  Rig rig(wanting(921600));
  in_vain(rig);
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
}

// ---- RTS/CTS

TEST_CASE("RTS/CTS is used when the module is silent while RTS is down, and speaks when it is up") {
  Rig rig(wanting(115200, modem::Rtscts::kTry));
  rig.rate = 115200;
  rig.has_rts = true;
  rig.open(1);
  rig.play(probe() + Script{{"AT+IFC=2,2", "OK"}, {"AT", ""}});
  CHECK(rig.events() == Events{"RTS down"});
  rig.pass(300ms);
  CHECK(rig.events() == Events{"RTS up"});
  rig.say("OK");
  CHECK(rig.events() == Events{"RTS/CTS on"});
  rig.expect("AT+NETOPEN?");
}

// Seen with DTR, where it is the same: nothing was sent, and nothing was waited for.
TEST_CASE("a line without the wires goes on at once") {
  Rig rig(wanting(115200, modem::Rtscts::kTry));
  rig.rate = 115200;
  rig.open(1);
  rig.play(probe() + Script{{"AT+IFC=2,2", "OK"}, {"AT+IFC=0,0", "OK"}});
  rig.pass(100ms);
  rig.expect("AT+NETOPEN?");
}

TEST_CASE("a module that speaks while RTS is down is not told to keep to it") {
  Rig rig(wanting(115200, modem::Rtscts::kTry));
  rig.rate = 115200;
  rig.has_rts = true;
  rig.open(1);
  rig.play(probe() + Script{{"AT+IFC=2,2", "OK"}, {"AT", "OK"}, {"AT+IFC=0,0", "OK"}});
  CHECK(rig.events() == Events{"RTS down", "RTS up"});
  rig.pass(100ms);
  rig.expect("AT+NETOPEN?");
}

TEST_CASE("a line that falls silent with RTS/CTS is brought back without it") {
  for (const bool wires : {false, true}) {
    Rig rig(wanting(115200, modem::Rtscts::kOn));
    rig.rate = 115200;
    rig.has_rts = wires;
    rig.open(1);
    rig.play(probe() + Script{{"AT+IFC=2,2", "OK"}, {"AT", ""}});
    rig.pass(1500ms);
    // What was held back comes first.
    rig.play({{"AT+IFC=0,0", "OK|OK"}});
    rig.pass(100ms);
    rig.expect("AT+NETOPEN?");
    CHECK(rig.log_has("RTS/CTS is not used"));
  }
}

TEST_CASE("a module whose answer to AT+IFC is held back already is brought back, too") {
  Rig rig(wanting(115200, modem::Rtscts::kOn));
  rig.rate = 115200;
  rig.open(1);
  rig.play(probe() + Script{{"AT+IFC=2,2", ""}});
  rig.pass(1s);
  rig.play({{"AT+IFC=0,0", "OK|OK"}});
  rig.pass(100ms);
  rig.expect("AT+NETOPEN?");
}

TEST_CASE("a module without AT+IFC does without") {
  Rig rig(wanting(115200, modem::Rtscts::kOn));
  rig.rate = 115200;
  rig.open(1);
  rig.play(probe() + Script{{"AT+IFC=2,2", "ERROR"}});
  rig.expect("AT+NETOPEN?");
}

}  // namespace
}  // namespace a7600::test
