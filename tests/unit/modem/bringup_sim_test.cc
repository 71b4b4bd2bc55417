// SPDX-License-Identifier: MIT
//
// SIM, PIN, registration and APN.
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

bool says(const Rig&, const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

// Everything up to AT+CPIN?, which is not answered yet.
void to_the_pin(Rig& rig) {
  rig.open(1);
  rig.play(probe() + network_closed());
  rig.expect("AT+CPIN?");
}

void to_the_registration(Rig& rig) {
  to_the_pin(rig);
  rig.say("+CPIN: READY|OK");
  rig.expect("AT+CREG?");
}

// ---- PIN

TEST_CASE("a SIM that wants its PIN gets it, once") {
  Rig rig(Rig::with_pin("1234"));
  to_the_pin(rig);
  rig.say("+CPIN: SIM PIN|OK");
  rig.play({{"AT+CPIN=\"1234\"", "OK"}});
  rig.pass(1s);
  rig.play({{"AT+CPIN?", "+CPIN: READY|OK"}});
  rig.expect("AT+CREG?");
}

TEST_CASE("a SIM takes a while to unlock") {
  Rig rig(Rig::with_pin("1234"));
  to_the_pin(rig);
  rig.say("+CPIN: SIM PIN|OK");
  rig.play({{"AT+CPIN=\"1234\"", "OK"}});
  for (int i = 0; i < 5; ++i) {
    rig.pass(1s);
    rig.play({{"AT+CPIN?", "+CPIN: SIM PIN|OK"}});
  }
  rig.pass(1s);
  rig.play({{"AT+CPIN?", "+CPIN: READY|OK"}});
  rig.expect("AT+CREG?");
}

TEST_CASE("a SIM that goes on asking for its PIN gets no second one") {
  Rig rig(Rig::with_pin("1234"));
  to_the_pin(rig);
  rig.say("+CPIN: SIM PIN|OK");
  rig.play({{"AT+CPIN=\"1234\"", "OK"}});
  for (int i = 0; i < 10; ++i) {
    rig.pass(1s);
    rig.play({{"AT+CPIN?", "+CPIN: SIM PIN|OK"}});
  }
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
}

TEST_CASE("without a PIN given the user is told to set it") {
  Rig rig;
  to_the_pin(rig);
  rig.say("+CPIN: SIM PIN|OK");
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  CHECK(says(rig, rig.last_error().text, "A7600_PIN"));
  rig.expect_nothing();
}

TEST_CASE("a PIN that the SIM has refused is never sent again") {
  Rig rig(Rig::with_pin("9999"));
  to_the_pin(rig);
  rig.say("+CPIN: SIM PIN|OK");
  rig.play({{"AT+CPIN=\"9999\"", "+CME ERROR: 16"}});
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  CHECK(says(rig, rig.last_error().text, "refused"));
  rig.open(2);
  rig.play(probe() + network_closed());
  rig.play({{"AT+CPIN?", "+CPIN: SIM PIN|OK"}});
  CHECK(rig.events() == Events{"open_failed 2 ENETDOWN"});
  rig.expect_nothing();
}

TEST_CASE("a PIN answered by a plain ERROR is not sent again either") {
  Rig rig(Rig::with_pin("9999"));
  to_the_pin(rig);
  rig.say("+CPIN: SIM PIN|OK");
  rig.play({{"AT+CPIN=\"9999\"", "ERROR"}});
  rig.events();
  rig.open(2);
  rig.play(probe() + network_closed() + Script{{"AT+CPIN?", "+CPIN: SIM PIN|OK"}});
  CHECK(rig.events() == Events{"open_failed 2 ENETDOWN"});
}

// A lost answer may have been a refusal: sending it again would use up another of the three tries.
TEST_CASE("a PIN whose answer was lost is not sent again") {
  Rig rig(Rig::with_pin("9999"));
  to_the_pin(rig);
  rig.say("+CPIN: SIM PIN|OK");
  rig.expect("AT+CPIN=\"9999\"");
  rig.pass(9s);
  rig.play(probe() + network_closed());
  rig.play({{"AT+CPIN?", "+CPIN: SIM PIN|OK"}});
  for (int i = 0; i < 20 && rig.events().empty(); ++i) {
    rig.pass(1s);
    const std::string sent = rig.sent();
    REQUIRE(sent.find("9999") == std::string::npos);
    if (!sent.empty()) rig.say("+CPIN: SIM PIN|OK");
  }
}

TEST_CASE("a SIM that wants its PUK is left alone") {
  for (const char* state : {"PUK", "PH-SIM PIN", "PUK2"}) {
    INFO(state);
    Rig rig(Rig::with_pin("1234"));
    to_the_pin(rig);
    const bool other = std::string_view(state).starts_with("PH");
    rig.say("+CPIN: " + std::string(other ? "" : "SIM ") + state + "|OK");
    CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
    CHECK(says(rig, rig.last_error().text, state));
    rig.expect_nothing();
  }
}

// ---- No SIM

TEST_CASE("what keeps a SIM from being used is told apart, by number or in words") {
  const std::pair<const char*, const char*> answers[] = {
      {"10", "none is inserted"},
      {"SIM not inserted", "none is inserted"},
      {"12", "PUK"},
      {"SIM PUK required", "PUK"},
      {"13", "has failed"},
      {"SIM failure", "has failed"},
      {"15", "has failed"},
      {"11", "set A7600_PIN"},
      {"SIM PIN required", "set A7600_PIN"},
  };
  for (const auto& [answer, said] : answers) {
    INFO(answer);
    Rig rig;
    to_the_pin(rig);
    rig.say("+CME ERROR: " + std::string(answer));
    CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
    CHECK(says(rig, rig.last_error().text, said));
  }
}

TEST_CASE("a SIM that asks for its PIN by an error gets it") {
  Rig rig(Rig::with_pin("1234"));
  to_the_pin(rig);
  rig.say("+CME ERROR: SIM PIN required");
  rig.play({{"AT+CPIN=\"1234\"", "OK"}});
}

// AT+CMEE=0 is what modules start with.
TEST_CASE(
    "a plain ERROR about the SIM is asked for its name, and errors are plain again behind it") {
  Rig rig;
  to_the_pin(rig);
  rig.say("ERROR");
  rig.play(
      {{"AT+CMEE=2", "OK"}, {"AT+CPIN?", "+CME ERROR: SIM not inserted"}, {"AT+CMEE=0", "OK"}});
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  CHECK(says(rig, rig.last_error().text, "none is inserted"));
}

TEST_CASE("a SIM that is busy behind a plain ERROR is asked again") {
  Rig rig;
  to_the_pin(rig);
  rig.say("ERROR");
  rig.play({{"AT+CMEE=2", "OK"}, {"AT+CPIN?", "+CME ERROR: SIM busy"}, {"AT+CMEE=0", "OK"}});
  rig.pass(1s);
  rig.play({{"AT+CPIN?", "+CPIN: READY|OK"}});
  rig.expect("AT+CREG?");
}

TEST_CASE("a busy SIM is asked again") {
  for (const char* answer : {"+CME ERROR: 14", "+CME ERROR: SIM busy"}) {
    INFO(answer);
    Rig rig;
    to_the_pin(rig);
    rig.say(answer);
    rig.expect_nothing();
    rig.pass(1s);
    rig.play({{"AT+CPIN?", "+CPIN: READY|OK"}});
    rig.expect("AT+CREG?");
  }
}

TEST_CASE("a SIM that stays busy is given up") {
  Rig rig;
  to_the_pin(rig);
  rig.say("+CME ERROR: SIM busy");
  for (int i = 1; i < 10; ++i) {
    rig.pass(1s);
    rig.play({{"AT+CPIN?", "+CME ERROR: SIM busy"}});
  }
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
}

TEST_CASE("an ERROR about the SIM without a name is fatal only if there is no network either") {
  Rig rig;
  to_the_pin(rig);
  rig.say("ERROR");
  rig.play({{"AT+CMEE=2", "OK"}, {"AT+CPIN?", "ERROR"}, {"AT+CMEE=0", "OK"}});
  for (int i = 0; i <= 10; ++i) {
    rig.play({{"AT+CREG?", "+CREG: 0,0|OK"},
              {"AT+CGREG?", "+CGREG: 0,0|OK"},
              {"AT+CEREG?", "+CEREG: 0,0|OK"}});
    if (i < 10) rig.pass(1s);
  }
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  CHECK(says(rig, rig.last_error().text, "SIM"));
}

// Neither AT+CPIN nor AT+CMEE is in the manual.
TEST_CASE("a module that knows no command about the SIM is waited for like any that searches") {
  Rig rig;
  to_the_pin(rig);
  rig.say("ERROR");
  rig.play({{"AT+CMEE=2", "ERROR"}});
  for (int i = 0; i < 60; ++i) {
    rig.play({{"AT+CREG?", "+CREG: 0,2|OK"}, {"AT+CGREG?", "+CGREG: 0,2|OK"}});
    rig.play({{"AT+CEREG?", "ERROR"}});
    rig.pass(1s);
  }
  rig.play({{"AT+CREG?", "+CREG: 0,1|OK"}});
  rig.expect("AT+NETOPEN");
}

TEST_CASE("an ERROR about the SIM without a name is ignored when the module is registered") {
  Rig rig;
  to_the_pin(rig);
  rig.say("ERROR");
  rig.play({{"AT+CMEE=2", "OK"}, {"AT+CPIN?", "ERROR"}, {"AT+CMEE=0", "OK"}});
  rig.play({{"AT+CREG?", "+CREG: 0,1|OK"}});
  rig.expect("AT+NETOPEN");
}

// ---- Registration

TEST_CASE("registered at home or roaming is registered, by any of the three") {
  const Script answers[] = {
      {{"AT+CREG?", "+CREG: 0,1|OK"}},
      {{"AT+CREG?", "+CREG: 0,5|OK"}},
      {{"AT+CREG?", "+CREG: 0,0|OK"}, {"AT+CGREG?", "+CGREG: 0,5|OK"}},
      {{"AT+CREG?", "ERROR"}, {"AT+CGREG?", "ERROR"}, {"AT+CEREG?", "+CEREG: 0,1|OK"}},
      {{"AT+CREG?", "+CREG: 2,1,\"1816\",\"01A4\",7|OK"}},
  };
  for (const Script& script : answers) {
    Rig rig;
    to_the_pin(rig);
    rig.say("+CPIN: READY|OK");
    rig.play(script);
    rig.expect("AT+NETOPEN");
  }
}

TEST_CASE("a module that searches is asked every second, as long as somebody waits") {
  Rig rig;
  to_the_registration(rig);
  for (int i = 0; i < 100; ++i) {
    rig.say("+CREG: 0,2|OK");
    rig.play({{"AT+CGREG?", "+CGREG: 0,2|OK"}, {"AT+CEREG?", "+CEREG: 0,2|OK"}});
    rig.pass(999ms);
    rig.expect_nothing();
    rig.pass(1ms);
    rig.expect("AT+CREG?");
  }
  rig.say("+CREG: 0,1|OK");
  rig.expect("AT+NETOPEN");
}

TEST_CASE("whoever waits for a registration is told so when the time is up") {
  Rig rig;
  rig.open(1, 5s);
  rig.play(probe() + network_closed() + Script{{"AT+CPIN?", "+CPIN: READY|OK"}});
  while (rig.events().empty()) {
    rig.play({{"AT+CREG?", "+CREG: 0,2|OK"},
              {"AT+CGREG?", "+CGREG: 0,2|OK"},
              {"AT+CEREG?", "+CEREG: 0,2|OK"}});
    rig.pass(1s);
  }
  CHECK(rig.last_error().posix == ENETDOWN);
  CHECK(says(rig, rig.last_error().text, "not registered"));
}

TEST_CASE("a denied registration is given fifteen seconds") {
  Rig rig;
  to_the_registration(rig);
  for (int i = 0; i <= 15; ++i) {
    if (i > 0) rig.expect("AT+CREG?");
    rig.say("+CREG: 0,3|OK");
    rig.play({{"AT+CGREG?", "+CGREG: 0,3|OK"}, {"AT+CEREG?", "+CEREG: 0,3|OK"}});
    if (i < 15) CHECK(rig.events().empty());
    rig.pass(1s);
  }
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  CHECK(says(rig, rig.last_error().text, "denied"));
}

TEST_CASE("a registration denied by one network but sought in another is not denied") {
  Rig rig;
  to_the_registration(rig);
  for (int i = 0; i <= 20; ++i) {
    if (i > 0) rig.expect("AT+CREG?");
    rig.say("+CREG: 0,3|OK");
    rig.play({{"AT+CGREG?", "+CGREG: 0,3|OK"}, {"AT+CEREG?", "+CEREG: 0,2|OK"}});
    rig.pass(1s);
  }
  CHECK(rig.events().empty());
}

TEST_CASE("a module that knows none of the three questions goes on to NETOPEN") {
  Rig rig;
  to_the_registration(rig);
  rig.say("ERROR");
  rig.play({{"AT+CGREG?", "ERROR"}, {"AT+CEREG?", "ERROR"}});
  rig.expect("AT+NETOPEN");
}

TEST_CASE("a slow search is told at every change, and every ten seconds") {
  Rig rig;
  to_the_registration(rig);
  for (int i = 0; i < 12; ++i) {
    if (i > 0) rig.expect("AT+CREG?");
    rig.say("+CREG: 0,2|OK");
    rig.play({{"AT+CGREG?", "+CGREG: 0,2|OK"}, {"AT+CEREG?", "+CEREG: 0,2|OK"}});
    rig.pass(1s);
  }
  rig.play({{"AT+CREG?", "+CREG: 0,5|OK"}});
  CHECK(rig.logged() == std::vector<std::string>{"searching for a network",
                                                 "searching for a network, for 10 s now",
                                                 "registered, roaming"});
}

// ---- APN

TEST_CASE("an APN is set before the network opens") {
  modem::BringupConfig config;
  config.apn = "internet.example";
  Rig rig(config);
  to_the_registration(rig);
  rig.say("+CREG: 0,1|OK");
  rig.play({{"AT+CGDCONT=1,\"IP\",\"internet.example\"", "OK"}});
  rig.expect("AT+NETOPEN");
}

TEST_CASE("an APN that the module refuses is the user's mistake") {
  modem::BringupConfig config;
  config.apn = "wrong";
  Rig rig(config);
  to_the_registration(rig);
  rig.say("+CREG: 0,1|OK");
  rig.play({{"AT+CGDCONT=1,\"IP\",\"wrong\"", "ERROR"}});
  CHECK(rig.events() == Events{"open_failed 1 EINVAL"});
  CHECK(says(rig, rig.last_error().text, "wrong"));
}

TEST_CASE("an APN that would end the command never reaches it") {
  modem::BringupConfig config;
  config.apn = "a\"\rAT+CFUN=0";
  Rig rig(config);
  to_the_registration(rig);
  rig.say("+CREG: 0,1|OK");
  CHECK(rig.events() == Events{"open_failed 1 EINVAL"});
  rig.expect_nothing();
}

TEST_CASE("user and password for the APN are given before the network opens") {
  modem::BringupConfig config;
  config.apn = "internet.example";
  config.login = {at::Login::Type::kChap, "joe", "let me in"};
  Rig rig(config);
  to_the_registration(rig);
  rig.say("+CREG: 0,1|OK");
  rig.play({{"AT+CGDCONT=1,\"IP\",\"internet.example\"", "OK"},
            {"AT+CGAUTH=1,2,\"let me in\",\"joe\"", "OK"}});
  rig.expect("AT+NETOPEN");
}

TEST_CASE("a module that does not take user and password says so, without the password") {
  modem::BringupConfig config;
  config.login = {at::Login::Type::kEither, "joe", "secret"};
  Rig rig(config);
  to_the_registration(rig);
  rig.say("+CREG: 0,1|OK");
  rig.play({{"AT+CGAUTH=1,3,\"secret\",\"joe\"", "ERROR"}});
  CHECK(rig.events() == Events{"open_failed 1 EINVAL"});
  CHECK(says(rig, rig.last_error().text, "AT+CGAUTH"));
  CHECK_FALSE(says(rig, rig.last_error().text, "secret"));
}

}  // namespace
}  // namespace a7600::test
