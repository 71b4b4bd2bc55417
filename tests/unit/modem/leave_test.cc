// SPDX-License-Identifier: MIT
//
// The module is left as it was found.
#include <catch2/catch.hpp>
#include <cerrno>

#include "rig.h"

namespace a7600::test {
namespace {

// Brings the module up over a look-up; it has echo and read mode as given.
void bring_up_as(Rig& rig, bool echo, bool push) {
  rig.resolve(1, "a.example");
  rig.expect("ATE0");
  rig.raw(echo ? "ATE0\r\r\nOK\r\n" : "\r\nOK\r\n");
  rig.play(network_open() + Script{{"AT+IPADDR", "+IPADDR: 10.0.0.1|OK"}});
  rig.play({{"AT+CIPRXGET?", push ? "+CIPRXGET: 0|OK" : "+CIPRXGET: 1|OK"}});
  if (push) rig.play({{"AT+CIPRXGET=1", "OK"}});
  rig.play({{"AT+CIPTIMEOUT?", "+CIPTIMEOUT: 120000,120000,30000|OK"},
            {"AT+CDNSGIP=\"a.example\"", "+CDNSGIP: 0,10|ERROR"}});
  rig.events();
}

TEST_CASE("a module without echo and in buffer access mode is left at once") {
  Rig rig;
  bring_up_as(rig, false, false);
  CHECK_FALSE(rig.modem.left());
  rig.modem.leave(rig.now);
  rig.expect_nothing();
  CHECK(rig.modem.left());
}

TEST_CASE("echo is turned on again") {
  Rig rig;
  bring_up_as(rig, true, false);
  rig.modem.leave(rig.now);
  CHECK_FALSE(rig.modem.left());
  rig.play({{"ATE1", "OK"}});
  CHECK(rig.modem.left());
  rig.expect_nothing();
}

TEST_CASE("push mode is set again") {
  Rig rig;
  bring_up_as(rig, false, true);
  rig.modem.leave(rig.now);
  rig.play({{"AT+CIPRXGET=0", "OK"}});
  CHECK(rig.modem.left());
}

TEST_CASE("the timeouts are set again, once, as the first bring-up found them") {
  Rig rig;
  rig.resolve(1, "a.example");
  rig.play(probe() + network_open() +
           Script{{"AT+IPADDR", "+IPADDR: 10.0.0.1|OK"},
                  {"AT+CIPRXGET?", "+CIPRXGET: 1|OK"},
                  {"AT+CIPTIMEOUT?", "+CIPTIMEOUT: 60000,50000,40000|OK"},
                  {"AT+CIPTIMEOUT=120000,120000,30000", "OK"},
                  {"AT+CDNSGIP=\"a.example\"", "+CDNSGIP: 0,10|ERROR"}});
  rig.modem.leave(rig.now);
  rig.play({{"AT+CIPTIMEOUT=60000,50000,40000", "OK"}});
  CHECK(rig.modem.left());
}

TEST_CASE("echo comes last, so that it meets no other answer") {
  Rig rig;
  bring_up_as(rig, true, true);
  rig.modem.leave(rig.now);
  rig.play({{"AT+CIPRXGET=0", "ERROR"}, {"ATE1", "OK"}});
  CHECK(rig.modem.left());
}

TEST_CASE("a module that does not answer is left after two seconds") {
  Rig rig;
  bring_up_as(rig, true, false);
  rig.modem.leave(rig.now);
  rig.expect("ATE1");
  rig.pass(2s);
  CHECK(rig.modem.left());
  rig.expect_nothing();
}

TEST_CASE("leaving twice is leaving once") {
  Rig rig;
  bring_up_as(rig, true, false);
  rig.modem.leave(rig.now);
  rig.modem.leave(rig.now);
  rig.play({{"ATE1", "OK"}});
  rig.modem.leave(rig.now);
  rig.expect_nothing();
  CHECK(rig.modem.left());
}

TEST_CASE("a module that was never brought up is left at once") {
  Rig rig;
  rig.modem.leave(rig.now);
  CHECK(rig.modem.left());
  rig.expect_nothing();
}

TEST_CASE("a module that never got a network gets its echo back, too") {
  Rig rig;
  rig.open(1, 5s);
  rig.expect("ATE0");
  rig.raw("ATE0\r\r\nOK\r\n");
  rig.play(network_closed() + Script{{"AT+CPIN?", "+CME ERROR: SIM not inserted"}});
  CHECK(rig.events() == Events{"open_failed 1 ENETDOWN"});
  rig.modem.leave(rig.now);
  CHECK_FALSE(rig.modem.left());
  rig.play({{"ATE1", "OK"}});
  CHECK(rig.modem.left());
}

// Seen in the matrix of faults: a program that ended during a check left the echo off.
TEST_CASE("a check of the module is waited for") {
  Rig rig;
  bring_up_as(rig, true, false);
  rig.resolve(2, "b.example", 1s);
  rig.pass(60s);
  rig.modem.leave(rig.now);
  CHECK_FALSE(rig.modem.left());
  rig.sent();
  rig.say("OK");
  rig.play(Script{{"AT+NETOPEN?", "+NETOPEN: 0|OK"}});
  rig.modem.leave(rig.now);
  rig.play({{"ATE1", "OK"}});
  CHECK(rig.modem.left());
}

// Seen with a strict module: a program whose connections were lost left read mode and timeouts.
TEST_CASE("a module that has lost its network gets its settings back") {
  Rig rig;
  bring_up_as(rig, true, true);
  rig.say("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
  rig.modem.leave(rig.now);
  rig.play({{"AT+CIPRXGET=0", "OK"}, {"ATE1", "OK"}});
  CHECK(rig.modem.left());
}

// Seen with a strict module: the end of a program came while AT+CIPSRIP=0 was in flight, which
// stayed.
TEST_CASE("a setting that is in flight at the end is undone, too") {
  Rig rig;
  bring_up_as(rig, true, false);
  rig.modem.set_push_policy(modem::PushPolicy::kAlways);
  rig.say("+CREG: 1");
  rig.play({{"AT+CIPCCFG?", "+CIPCCFG: 10,0,0,1,1,0,500|OK"},
            {"AT+CIPHEAD?", "+CIPHEAD: 1|OK"},
            {"AT+CIPSRIP?", "+CIPSRIP: 1|OK"}});
  rig.expect("AT+CIPRXGET=0");
  rig.modem.leave(rig.now);
  rig.say("OK");
  rig.play({{"AT+CIPRXGET=1", "OK"}, {"ATE1", "OK"}});
  CHECK(rig.modem.left());
}

TEST_CASE("a line that has failed is not left by commands") {
  Rig rig;
  bring_up_as(rig, true, true);
  rig.modem.line_failed(Error{ENODEV, -1, "unplugged"}, rig.now);
  rig.modem.leave(rig.now);
  rig.expect_nothing();
  CHECK(rig.modem.left());
}

// Its answer may take two minutes, and nobody waits for it any more.
TEST_CASE("a connection that was given up while it opens does not hold up the end") {
  Rig rig;
  bring_up_as(rig, true, false);
  rig.open(1);
  rig.expect(Rig::open_command(1, 9));
  rig.close(1);
  CHECK(rig.modem.is_abandoned(1));
  CHECK(rig.modem.unfinished() == 0);
  rig.modem.leave(rig.now);
  rig.expect_nothing();
  rig.pass(2s);
  rig.play({{"ATE1", "OK"}});
  CHECK(rig.modem.left());
}

TEST_CASE("how it was found is what the first bring-up found, not a later one") {
  Rig rig;
  bring_up_as(rig, true, true);
  rig.connect(1, 9);
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.pass(10s);
  rig.play(check("9"));
  rig.close(1);
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  rig.modem.leave(rig.now);
  rig.play({{"AT+CIPRXGET=0", "OK"}, {"ATE1", "OK"}});
  CHECK(rig.modem.left());
}

TEST_CASE("after leaving nothing more is written") {
  Rig rig;
  bring_up_as(rig, false, false);
  rig.modem.leave(rig.now);
  rig.say("RDY|+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY|+CIPOPEN: 3,0");
  rig.pass(1h);
  rig.expect_nothing();
}

}  // namespace
}  // namespace a7600::test
