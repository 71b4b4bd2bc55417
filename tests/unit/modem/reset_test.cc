// SPDX-License-Identifier: MIT
//
// A module that only a restart brings back (A7600_RESET).
#include <algorithm>
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

modem::BringupConfig reset_by(bool command, bool dtr) {
  modem::BringupConfig config;
  config.reset = {.command = command, .dtr = dtr};
  return config;
}

// As of a module whose TCP/IP answers nothing but ERROR.
Script stuck() {
  return probe() + Script{{"AT+NETOPEN?", "ERROR"}, {"AT+CIPMODE?", "ERROR"}} + sim_ready() +
         Script{{"AT+NETOPEN", "ERROR"}};
}

// A silent module until it is given up: two probes and the guard time, another, the carriage
// returns and three more probes.
void stay_silent(Rig& rig) { rig.pass(300ms + 1100ms + 1100ms + 200ms + 3s); }

bool is_in(const Events& events, const char* event) {
  return std::find(events.begin(), events.end(), event) != events.end();
}

void start_up(Rig& rig) {
  rig.raw(std::string("\0", 1));
  rig.say("*ATREADY: 1|+CPIN: READY|SMS DONE|PB DONE");
  rig.pass(1s);
}

TEST_CASE("a module is not restarted unless that is configured") {
  Rig rig;
  rig.open(1);
  rig.play(stuck());
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  rig.open(2);
  rig.play(stuck());
  CHECK(rig.events() == Events{"open_failed 2 ENETDOWN"});
  rig.expect_nothing();
  CHECK(rig.modem.counters().module_resets == 0);
}

TEST_CASE("a module without TCP/IP is asked once more, then restarted by AT+CFUN=1,1") {
  Rig rig(reset_by(true, false));
  rig.open(1);
  rig.play(stuck());
  CHECK_FALSE(rig.log_has("restarting"));
  rig.play(stuck());
  CHECK(rig.log_has("restarting the module by AT+CFUN=1,1"));
  rig.play({{"AT+CFUN=1,1", "OK"}});
  rig.expect_nothing();
  CHECK(rig.modem.obstacle() == "the module is being restarted");
  rig.pass(7s);
  start_up(rig);
  rig.play(whole_bringup());
  rig.play({{Rig::open_command(1, 9), "OK|+CIPOPEN: 9,0"}});
  CHECK(rig.events() == Events{"opened 1"});
  CHECK(rig.modem.counters().module_resets == 1);
  CHECK(rig.modem.counters().failed_bringups == 2);
  CHECK(rig.modem.counters().restarts == 1);
}

TEST_CASE("a restart whose words are not heard is waited for, and then found out by a probe") {
  Rig rig(reset_by(true, false));
  rig.open(1);
  rig.play(stuck() + stuck());
  rig.play({{"AT+CFUN=1,1", "OK"}});
  rig.pass(19999ms);
  rig.expect_nothing();
  rig.pass(1ms);
  rig.play(whole_bringup());
  CHECK(rig.modem.up());
}

TEST_CASE("a module that doesn't know AT+CFUN=1,1 gets AT+CFUN=0 and 1, whatever it answers") {
  for (const char* answer : {"OK", "ERROR", "+CME ERROR: 4"}) {
    Rig rig(reset_by(true, false));
    rig.open(1);
    rig.play(stuck() + stuck());
    rig.play({{"AT+CFUN=1,1", "+CME ERROR: 3"}, {"AT+CFUN=0", answer}, {"AT+CFUN=1", answer}});
    rig.pass(2s);
    rig.play(whole_bringup());
    CHECK(rig.modem.up());
  }
}

TEST_CASE("a module that has lost its TCP/IP while it was up is found out and restarted") {
  Rig rig(reset_by(true, false));
  rig.bring_up();
  rig.connect(1, 9);
  rig.open(2);
  rig.play({{Rig::open_command(2, 8), "ERROR"}});
  rig.pass(200ms);
  rig.play({{Rig::open_command(2, 7), "ERROR"}});
  rig.close_when_ended = true;
  // The network is gone, and with it connection 1; 2 waits.
  rig.play(stuck());
  CHECK(rig.events() == Events{"ended 1 ENETDOWN", "closed 1"});
  rig.play(stuck());
  rig.play({{"AT+CFUN=1,1", "OK"}});
  start_up(rig);
  rig.play(whole_bringup());
  rig.play({{Rig::open_command(2, 9), "OK|+CIPOPEN: 9,0"}});
  CHECK(rig.events() == Events{"opened 2"});
}

TEST_CASE("a name that only ERROR answers is looked up after the restart") {
  Rig rig(reset_by(true, false));
  rig.bring_up();
  rig.resolve(7, "a.example");
  rig.play({{"AT+CDNSGIP=\"a.example\"", "ERROR"}});
  rig.play(stuck() + stuck());
  rig.play({{"AT+CFUN=1,1", "OK"}});
  start_up(rig);
  rig.play(whole_bringup());
  rig.play({{"AT+CDNSGIP=\"a.example\"", "+CDNSGIP: 1,\"a.example\",\"192.0.2.1\"|OK"}});
  CHECK(rig.events() == Events{"resolved 7 192.0.2.1"});
}

TEST_CASE("behind a silent module the port is opened again, then DTR dropped and raised") {
  Rig rig(reset_by(false, true));
  rig.has_dtr = true;
  rig.open(1);
  stay_silent(rig);
  CHECK(rig.events() == Events{"reopened"});
  stay_silent(rig);
  CHECK(rig.events() == Events{"DTR down"});
  CHECK(rig.modem.obstacle() == "the module is being restarted");
  rig.sent();
  rig.pass(999ms);
  CHECK(rig.events().empty());
  rig.pass(1ms);
  CHECK(rig.events() == Events{"DTR up"});
  rig.expect_nothing();
  start_up(rig);
  rig.play(whole_bringup());
  rig.expect(Rig::open_command(1, 9));
}

TEST_CASE("DTR is up again at the first word, and when nobody waits any more") {
  for (const bool starts : {true, false}) {
    Rig rig(reset_by(false, true));
    rig.has_dtr = true;
    rig.open(1);
    stay_silent(rig);
    stay_silent(rig);
    CHECK(rig.events() == Events{"reopened", "DTR down"});
    rig.sent();
    if (starts) {
      rig.say("RDY");
    } else {
      rig.close(1);
      rig.pass(1s);
    }
    CHECK(is_in(rig.events(), "DTR up"));
  }
}

// Seen: nothing was sent, and nothing was waited for.
TEST_CASE("a line without DTR is not waited for") {
  Rig rig(reset_by(false, true));
  rig.open(1);
  rig.play(stuck() + stuck());
  CHECK(rig.log_has("this line has no DTR"));
  rig.play(stuck());
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
}

TEST_CASE("a line without DTR goes on with the other means") {
  Rig rig(reset_by(true, true));
  rig.open(1);
  stay_silent(rig);
  stay_silent(rig);
  CHECK(rig.log_has("this line has no DTR"));
  stay_silent(rig);
  // It may still hear.
  CHECK(rig.sent().ends_with("AT+CFUN=1,1\r"));
  start_up(rig);
  rig.play(whole_bringup());
  rig.expect(Rig::open_command(1, 9));
}

TEST_CASE("a module that stays dead is given up after its restart, and left alone for a while") {
  Rig rig(reset_by(false, true));
  rig.has_dtr = true;
  rig.open(1);
  stay_silent(rig);
  stay_silent(rig);
  CHECK(rig.events() == Events{"reopened", "DTR down"});
  rig.pass(60s);
  CHECK(rig.events() == Events{"DTR up", "open_failed 1 ENETDOWN"});
  CHECK_FALSE(rig.modem.deadline().has_value());
  rig.sent();
  rig.open(2);
  stay_silent(rig);
  CHECK(rig.events() == Events{"reopened", "open_failed 2 ENETDOWN"});
  CHECK(rig.modem.counters().module_resets == 1);
  rig.pass(60s);
  rig.open(3);
  stay_silent(rig);
  stay_silent(rig);
  CHECK(rig.events() == Events{"reopened", "reopened", "DTR down"});
  CHECK(rig.modem.counters().module_resets == 2);
}

TEST_CASE("a missing SIM, and a network that denies, restart nothing") {
  Rig rig(reset_by(true, true));
  rig.open(1);
  rig.play(probe() + network_closed() + Script{{"AT+CPIN?", "+CME ERROR: 10"}});
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  rig.expect_nothing();
}

TEST_CASE("a connection whose time is up during a restart says so") {
  Rig rig(reset_by(true, false));
  rig.open(1, 5s);
  rig.play(stuck() + stuck());
  rig.play({{"AT+CFUN=1,1", "OK"}});
  rig.pass(5s);
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  CHECK(rig.last_error().text == "the module is being restarted");
}

TEST_CASE("a listening port alone has the module restarted, too") {
  Rig rig(reset_by(true, false));
  rig.bring_up();
  rig.listen(5, 80);
  rig.play({{"AT+SERVERSTART=80,0", "OK"}});
  CHECK(rig.events() == Events{"listening 5"});
  rig.say("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
  rig.play(stuck() + stuck());
  rig.play({{"AT+CFUN=1,1", "OK"}});
  start_up(rig);
  rig.play(whole_bringup());
  rig.expect("AT+SERVERSTART=80,0");
}

}  // namespace
}  // namespace a7600::test
