// SPDX-License-Identifier: MIT
//
// A module that does not answer, or answers something else.
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

// What is written until a module that does not answer is resynchronised.
void resynchronise(Rig& rig) {
  rig.expect("ATE0");
  rig.pass(300ms);
  rig.expect("ATE0");
  // The guard times around "+++" (manual 1.2).
  rig.pass(1099ms);
  rig.expect_nothing();
  rig.pass(1ms);
  rig.expect_bytes("+++");
  rig.pass(1099ms);
  rig.expect_nothing();
  rig.pass(1ms);
  rig.expect_bytes('\x1b' + std::string(1500, '\r'));
}

TEST_CASE("a silent module is probed, escaped, padded and given up") {
  Rig rig;
  rig.open(1);
  resynchronise(rig);
  rig.pass(200ms);
  for (const char* probe : {"ATE0", "ATV1", "ATE0"}) {
    rig.expect(probe);
    CHECK(rig.events().empty());
    rig.pass(1s);
  }
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  CHECK(rig.last_error().text.find("does not answer") != std::string::npos);
  rig.expect_nothing();
  CHECK_FALSE(rig.modem.deadline().has_value());
}

// Seen: a host had left it so, and it was given up as silent.
TEST_CASE("a module whose result codes are numbers is told to use words") {
  Rig rig;
  rig.open(1);
  resynchronise(rig);
  rig.raw("0\r");
  rig.pass(200ms);
  rig.expect("ATE0");
  rig.raw("0\r");
  rig.pass(1s);
  rig.expect("ATV1");
  rig.say("OK");
  rig.play(whole_bringup());
  CHECK(rig.modem.up());
}

// Seen: behind a command of `a7600 status` a connect failed with "the module is not up".
TEST_CASE("a connection whose bring-up waits for another's command says which one") {
  Rig rig;
  rig.modem.send_command(6, "AT+CGMM", 10s, rig.now);
  rig.expect("AT+CGMM");
  rig.open(1, 3s);
  rig.pass(3s);
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  CHECK(rig.last_error().text == "the module had not answered AT+CGMM yet");
}

TEST_CASE("a module in transparent mode answers after the escape") {
  Rig rig;
  rig.open(1);
  rig.pass(1400ms);
  rig.sent();
  rig.say("OK");
  rig.pass(1100ms);
  rig.expect_bytes('\x1b' + std::string(1500, '\r'));
  rig.pass(200ms);
  rig.play(probe() + Script{{"AT+NETOPEN?", "+NETOPEN: 1|OK"}, {"AT+CIPMODE?", "+CIPMODE: 1|OK"}});
  rig.expect("AT+CIPOPEN?");
}

TEST_CASE("an unfinished CIPSEND is filled up, and the answer to it is skipped") {
  Rig rig;
  rig.open(1);
  resynchronise(rig);
  rig.say("OK|+CIPSEND: 0,700,700");
  rig.pass(200ms);
  rig.play(whole_bringup());
  CHECK(rig.modem.up());
}

// Only Ctrl-Z or ESC ends a CIPSEND without a length (manual 2.4): the module was given up.
TEST_CASE("an unfinished CIPSEND without a length is cancelled") {
  Rig rig;
  rig.open(1);
  rig.pass(2500ms);
  CHECK(rig.sent().find('\x1b') != std::string::npos);
  rig.say("OK");
  rig.pass(200ms);
  rig.play(whole_bringup());
  CHECK(rig.modem.up());
}

// Seen in the matrix of faults: with the shortest connect timeout no attempt lived long enough.
TEST_CASE("a stuck module is freed within the shortest connect timeout") {
  Rig rig;
  rig.open(1, 3s);
  rig.pass(2500ms);
  CHECK(rig.sent().ends_with(std::string(1500, '\r')));
}

TEST_CASE("a module that answers late is heard at the next probe") {
  Rig rig;
  rig.open(1);
  rig.expect("ATE0");
  rig.pass(300ms);
  rig.expect("ATE0");
  // The answer to the first; the one to the second comes in front of NETOPEN's.
  rig.say("OK");
  rig.expect("AT+NETOPEN?");
  rig.say("OK");
  // Answers off by one: it is left to fall silent, and begins again.
  rig.expect_nothing();
  rig.say("+NETOPEN: 0|OK");
  rig.pass(200ms);
  rig.play(whole_bringup());
  CHECK(rig.modem.up());
}

TEST_CASE("a probe answered by ERROR is an answer") {
  Rig rig;
  rig.open(1);
  rig.play({{"ATE0", "ERROR"}});
  rig.expect("AT+NETOPEN?");
}

TEST_CASE("answers that stay off by one are given up") {
  Rig rig;
  rig.open(1);
  for (int i = 0; i < 5; ++i) {
    rig.play({{"ATE0", "OK"}, {"AT+NETOPEN?", "OK"}});
    rig.pass(200ms);
  }
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
}

TEST_CASE("any step that is not answered begins the bring-up again") {
  const Script steps = whole_bringup();
  for (std::size_t silent = 1; silent < steps.size(); ++silent) {
    INFO(steps[silent].command);
    Rig rig;
    rig.open(1, 1h);
    for (std::size_t i = 0; i < silent; ++i) rig.play({steps[i]});
    rig.expect(steps[silent].command);
    rig.pass(silent == 5 ? 125s : 9s);
    rig.play(whole_bringup());
    CHECK(rig.modem.up());
  }
}

TEST_CASE("noise is no answer") {
  Rig rig;
  rig.open(1);
  rig.expect("ATE0");
  rig.raw(std::string("\0\xff\x80garbage\r\n\xf0\xf0\r\n>\r\n", 19));
  rig.expect_nothing();
  rig.say("OK");
  rig.expect("AT+NETOPEN?");
}

TEST_CASE("a module that restarts during its bring-up is given a second, and asked again") {
  const Script steps = whole_bringup();
  for (std::size_t at = 0; at < steps.size(); ++at) {
    INFO(steps[at].command);
    Rig rig;
    rig.open(1, 1h);
    for (std::size_t i = 0; i < at; ++i) rig.play({steps[i]});
    rig.expect(steps[at].command);
    rig.raw(std::string("\0\r\n*ATREADY: 1\r\n\r\n*ISIMAID: A0\r\n\r\n+CPIN: READY\r\n", 48));
    rig.say("SMS DONE|+CGEV: ME PDN ACT 1|PB DONE");
    rig.pass(0ms);
    rig.expect_nothing();
    rig.pass(1s);
    rig.play(whole_bringup());
    CHECK(rig.modem.up());
    rig.expect(Rig::open_command(1, 9));
  }
}

TEST_CASE("a module that keeps restarting is asked for as long as somebody waits") {
  Rig rig;
  rig.open(1, 60s);
  Events events;
  for (int i = 0; i < 100 && events.empty(); ++i) {
    rig.sent();
    rig.say("RDY");
    rig.pass(1s);
    events = rig.events();
  }
  CHECK(events == Events{"open_failed 1 ENETDOWN"});
}

}  // namespace
}  // namespace a7600::test
