// SPDX-License-Identifier: MIT
//
// Two AT channels: transfers of two links overlap, a link's never do.
#include <catch2/catch.hpp>

#include "pushing.h"
#include "two_channels.h"

namespace a7600::test {
namespace {

// Connection 1 on link 9, the module pushing; its header has been seen to name the link.
Rig& pushing_beside(Rig& rig) {
  rig.has_second_port = true;
  up(rig, modem::PushPolicy::kAlways,
     {{"AT+CIPCCFG?", kNamed},
      {"AT+CIPHEAD?", "+CIPHEAD: 1|OK"},
      {"AT+CIPSRIP?", "+CIPSRIP: 1|OK"},
      {"AT+CIPRXGET=0", "OK"}});
  rig.play_side(kSideUp);
  rig.connect(1, 9);
  push(rig, 9, "first");
  rig.play({{"AT+CIPSRIP=0", "OK"}});
  return rig;
}

// The first channel's safety polls: nothing to read, and both links open.
void answer_polls(Rig& rig) {
  for (std::string command = rig.sent(); !command.empty(); command = rig.sent()) {
    if (command == "AT+CIPOPEN?\r") {
      rig.say(still_open("8,9")[0].answer);
    } else if (command == "AT+CIPCLOSE=8\r") {
      rig.say("OK|+CIPCLOSE: 8,0");
    } else {
      rig.say(kNoData);
    }
  }
}

// ---- Bring-up and end

TEST_CASE("without a second port nothing is said at one") {
  Rig rig;
  rig.bring_up();
  rig.connect(1, 9);
  rig.write(1, "hello");
  rig.expect(send_command(9, "hello"));
  rig.expect_side_bytes("");
}

TEST_CASE("the second channel's echo is turned off, and put back at the end") {
  Rig rig;
  rig.has_second_port = true;
  rig.bring_up();
  rig.expect_side("AT");
  rig.raw_side("AT\r\r\nOK\r\n");
  rig.expect_side("ATE0");
  rig.raw_side("ATE0\r\r\nOK\r\n");
  rig.modem.leave(rig.now);
  while (!rig.modem.left()) {
    if (rig.sent() != "") rig.say("OK");
    std::string side;
    rig.modem.take_side_output(side);
    if (side.empty()) continue;
    CHECK(side == "ATE1\r");
    rig.say_side("OK");
  }
}

TEST_CASE("the second channel carries nothing before it has answered") {
  Rig rig;
  both_connected(rig);
  rig.say_side("*ATREADY: 1");
  rig.play(check("8,9"));
  for (int link : {8, 9}) {
    rig.play({{"AT+CIPRXGET=2," + std::to_string(link), kNoData}});
  }
  rig.expect_side("AT");
  rig.write(1, "one");
  rig.write(2, "two");
  rig.expect(send_command(9, "one"));
  rig.expect_side_bytes("");
  rig.say_side("OK");
  rig.play_side({{"ATE0", "OK"}});
  send_aside(rig, 8, "two");
}

TEST_CASE("a second port where nobody answers is left alone, and said so once") {
  Rig rig;
  rig.has_second_port = true;
  rig.bring_up();
  rig.pass(10s);
  CHECK(rig.log_has("going on without the second AT port: the module does not answer there"));
  CHECK(rig.events() == Events{"second port closed"});
  rig.connect(1, 9);
  rig.write(1, "hello");
  rig.expect(send_command(9, "hello"));
}

TEST_CASE("a port that was left inside a CIPSEND is freed before a link is opened") {
  Rig rig;
  rig.has_second_port = true;
  rig.open(1);
  rig.play(whole_bringup());
  rig.expect_side("AT");
  rig.pass(600ms);
  rig.expect_side("AT");
  rig.pass(600ms);
  rig.expect_side_bytes(std::string(1500, '\r'));
  rig.expect_nothing();
  rig.say_side("OK|+CIPSEND: 9,1500,-1");
  rig.pass(300ms);
  rig.play_side(kSideUp);
  rig.expect(Rig::open_command(1, 9));
}

TEST_CASE("a port that falls silent while links are in use gets nothing that could reach one") {
  Rig rig;
  both_connected(rig);
  rig.say_side("*ATREADY: 1");
  rig.play(check("8,9"));
  rig.expect_side("AT");
  rig.pass(600ms);
  rig.expect_side("AT");
  rig.pass(600ms);
  rig.expect_side_bytes("");
  CHECK(rig.events() == Events{"second port closed"});
}

TEST_CASE("transparent mode has one line") {
  modem::BringupConfig config;
  config.transparent = true;
  Rig rig(config);
  rig.has_second_port = true;
  rig.open(1);
  rig.pass(1s);
  rig.expect_side_bytes("");
}

// ---- Turns

TEST_CASE("sends of two links overlap") {
  Rig rig;
  both_connected(rig);
  send_over_both(rig);
  rig.raw("\r\n>");
  rig.expect_bytes("one");
  rig.say_side(sent(8, 3));
  rig.say(sent(9, 3));
  rig.expect_nothing();
  rig.expect_side_bytes("");
}

TEST_CASE("reads of two links overlap, and each gets its own bytes") {
  Rig rig;
  both_connected(rig);
  read_over_both(rig);
  rig.raw_side(payload(9, "for one"));
  rig.raw(payload(8, "for two"));
  CHECK(rig.received(1) == "for one");
  CHECK(rig.received(2) == "for two");
}

TEST_CASE("a link that one channel serves waits for it, in both directions") {
  Rig rig;
  both_connected(rig);
  rig.write(1, "one");
  rig.expect(send_command(9, "one"));
  rig.write(1, "more");
  rig.say("+CIPRXGET: 1,9");
  rig.expect_side_bytes("");
  finish_first_send(rig);
  rig.expect("AT+CIPRXGET=2,9");
  rig.expect_side_bytes("");
}

TEST_CASE("an announcement on either channel, or on both, is a read") {
  Rig rig;
  both_connected(rig);
  rig.say_side("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say("+CIPRXGET: 1,9");
  rig.raw(payload(9, "data"));
  rig.play({{"AT+CIPRXGET=2,9", kNoData}});
  CHECK(rig.received(1) == "data");
}

// Seen: a read in vain, on its way when the link got a new owner, reset the last one.
TEST_CASE("where the first channel announces data, the second one's repeating is no read") {
  Rig rig;
  both_connected(rig);
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.raw(payload(9, "data"));
  rig.say_side("+CIPRXGET: 1,9");
  rig.expect_nothing();
  rig.expect_side_bytes("");
  // If it was no repeating after all, it is found soon.
  rig.pass(200ms);
  rig.expect("AT+CIPRXGET=2,9");
}

TEST_CASE("a link is closed only when the second channel has its answer") {
  Rig rig;
  both_connected(rig);
  send_over_both(rig);
  rig.close(2);
  finish_first_send(rig);
  rig.expect_nothing();
  rig.say_side(sent(8, 3));
  rig.play({{"AT+CIPCLOSE=8", "OK|+CIPCLOSE: 8,0"}});
  CHECK(rig.events() == Events{"closed 2"});
}

TEST_CASE("data goes on over the second channel during a look-up") {
  Rig rig;
  both_connected(rig);
  rig.resolve(7, "slow.test");
  rig.expect("AT+CDNSGIP=\"slow.test\"");
  rig.write(1, "meanwhile");
  send_aside(rig, 9, "meanwhile");
}

// ---- Push mode

TEST_CASE("beside pushed data, sends take the second channel, in whole chunks") {
  Rig rig;
  pushing_beside(rig);
  push(rig, 9, std::string(1500, 'd'));
  rig.write(1, std::string(3000, 'u'));
  rig.expect_nothing();
  send_aside(rig, 9, std::string(1500, 'u'));
  push(rig, 9, std::string(1500, 'd'));
  rig.say_side(sent(9, 1500));
  send_aside(rig, 9, std::string(1500, 'u'));
  CHECK(rig.received(1).size() == 3005);
}

TEST_CASE("push does not begin before the second channel has read what came earlier") {
  Rig rig;
  both_connected(rig);
  read_over_both(rig);
  rig.modem.set_push_policy(modem::PushPolicy::kAlways);
  rig.raw(payload(8, "eight"));
  rig.expect_nothing();
  rig.raw_side(payload(9, "nine", 4));
  rig.expect("AT+CIPCCFG?");
  rig.expect_side_bytes("");
}

TEST_CASE("data pushed over the second channel is delivered, and push is left") {
  Rig rig;
  pushing_beside(rig);
  rig.connect(2, 8);
  rig.raw_side("\r\n+RECEIVE,8,4\r\ndata");
  CHECK(rig.received(2) == "data");
  rig.play({{"AT+CIPRXGET=1", "OK"}});
  // What is read of that link comes behind what was pushed there.
  rig.expect("AT+CIPRXGET=2,9");
  rig.expect_side("AT+CIPRXGET=2,8");
}

TEST_CASE("a link whose data is pushed over both channels is reset, as their order is not known") {
  Rig rig;
  pushing_beside(rig);
  rig.raw_side("\r\n+RECEIVE,9,4\r\ndata");
  CHECK(rig.received(1) == "first");
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
}

// ---- Trouble

TEST_CASE("a send without an answer resets its link and drops the channel, and the other goes on") {
  Rig rig;
  both_connected(rig);
  send_over_both(rig);
  finish_first_send(rig);
  for (int seconds = 0; seconds < 36; ++seconds) {
    rig.pass(1s);
    answer_polls(rig);
  }
  CHECK(rig.events() == Events{"ended 2 ECONNRESET", "second port closed"});
}

TEST_CASE("a read that is garbled resets its link and drops the channel") {
  Rig rig;
  both_connected(rig);
  read_over_both(rig);
  rig.say_side("OK");
  CHECK(rig.events() == Events{"ended 1 ECONNRESET", "second port closed"});
  rig.raw(payload(8, "for two"));
  CHECK(rig.received(2) == "for two");
}

TEST_CASE("the loss of the second line resets the link that it carries, no other") {
  Rig rig;
  both_connected(rig);
  send_over_both(rig);
  rig.modem.side_line_failed("the line is gone", rig.now);
  CHECK(rig.events() == Events{"second port closed", "ended 2 ECONNRESET"});
  finish_first_send(rig);
  rig.close(2);
  rig.play({{"AT+CIPCLOSE=8", "OK|+CIPCLOSE: 8,0"}});
  rig.events();
  // The port may still wait for the payload, for link 8.
  for (const int link : {7, 6, 5, 4, 3, 2, 1, 0}) {
    rig.connect(static_cast<modem::ConnectionId>(20 + link), link);
  }
  rig.close(27);
  rig.play({{"AT+CIPCLOSE=7", "OK|+CIPCLOSE: 7,0"}});
  rig.events();
  rig.connect(30, 7);
  rig.connect(31, 8);
}

TEST_CASE("a busy module refuses a send on the second channel, which is tried again") {
  Rig rig;
  both_connected(rig);
  rig.write(1, "one");
  rig.write(2, "two");
  rig.expect(send_command(9, "one"));
  rig.expect_side(send_command(8, "two"));
  rig.say_side("+CIPERROR: 8|ERROR");
  rig.pass(100ms);
  send_aside(rig, 8, "two");
}

TEST_CASE("a restart that the second channel tells of leads to a check") {
  Rig rig;
  both_connected(rig);
  rig.say_side("*ATREADY: 1");
  rig.play(check("8,9"));
  rig.play_side(kSideUp);
  rig.play({{"AT+CIPRXGET=2,8", kNoData}});
}

TEST_CASE("the network's end on the second channel leads to a check, also when both tell it") {
  Rig rig;
  both_connected(rig);
  rig.say("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
  CHECK(rig.events() == Events{"ended 1 ENETDOWN", "ended 2 ENETDOWN"});
  rig.say_side("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
  rig.expect_nothing();
}

TEST_CASE("while the module is checked the second channel begins nothing") {
  Rig rig;
  both_connected(rig);
  rig.say_side("*ATREADY: 1");
  rig.play_side(kSideUp);
  rig.write(1, "later");
  rig.expect_side_bytes("");
}

}  // namespace
}  // namespace a7600::test
