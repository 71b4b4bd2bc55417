// SPDX-License-Identifier: MIT
//
// Links and directions take turns.
#include <catch2/catch.hpp>
#include <map>

#include "rig.h"

namespace a7600::test {
namespace {

// Answers whatever the modem asks, each link having data without end; counts what it asks.
class Endless {
 public:
  explicit Endless(Rig& rig) : rig_(rig) {}

  void step() {
    const std::string sent = rig_.sent();
    INFO(sent);
    if (sent.starts_with("AT+CIPRXGET=2,")) {
      const int link = sent[14] - '0';
      order_ += "r" + std::to_string(link) + " ";
      rig_.say_payload(link, std::string(1500, 'd'), 9999);
    } else {
      REQUIRE(sent.starts_with("AT+CIPSEND="));
      const std::string link = sent.substr(11, 1);
      order_ += "s" + link + " ";
      const std::string size = sent.substr(13, sent.size() - 14);
      rig_.raw(">");
      rig_.sent();
      rig_.say("OK|+CIPSEND: " + link + "," + size + "," + size);
    }
  }
  const std::string& order() const { return order_; }

 private:
  Rig& rig_;
  std::string order_;
};

TEST_CASE("ten links and both directions take turns, one chunk each") {
  Rig rig;
  rig.bring_up();
  for (modem::ConnectionId id = 1; id <= 10; ++id) rig.connect(id, 10 - static_cast<int>(id));
  rig.resolve(50, "a.example");
  rig.expect("AT+CDNSGIP=\"a.example\"");
  for (modem::ConnectionId id = 1; id <= 10; ++id) {
    rig.to_send(id) = std::string(100'000, 'u');
    rig.modem.set_writable(id, rig.now);
    rig.say("+CIPRXGET: 1," + std::to_string(10 - id));
  }
  rig.say("+CDNSGIP: 0,10|ERROR");
  Endless module(rig);
  for (int i = 0; i < 60; ++i) module.step();
  const std::string round = "r0 s0 r1 s1 r2 s2 r3 s3 r4 s4 r5 s5 r6 s6 r7 s7 r8 s8 r9 s9 ";
  const std::string twice = round + round + round + round;
  CHECK(twice.find(module.order()) != std::string::npos);
}

TEST_CASE("a keystroke goes out after one chunk of a bulk transfer") {
  Rig rig;
  rig.bring_up();
  rig.connect(1, 9);
  rig.connect(2, 8);
  rig.say("+CIPRXGET: 1,9");
  Endless module(rig);
  for (int i = 0; i < 5; ++i) module.step();
  rig.write(2, "k");
  module.step();
  module.step();
  module.step();
  CHECK(module.order() == "r9 r9 r9 r9 r9 r9 s8 r9 ");
}

TEST_CASE("opening, closing and looking up go before bulk") {
  Rig rig;
  rig.bring_up();
  rig.connect(1, 9);
  rig.connect(2, 8);
  rig.say("+CIPRXGET: 1,9");
  Endless module(rig);
  module.step();
  rig.expect("AT+CIPRXGET=2,9");
  rig.close(2);
  rig.open(3);
  rig.resolve(4, "a.example");
  rig.say_payload(9, "x", 100);
  rig.play({{Rig::open_command(3, 7), "OK|+CIPOPEN: 7,0"},
            {"AT+CIPCLOSE=8", "OK|+CIPCLOSE: 8,0"},
            {"AT+CDNSGIP=\"a.example\"", "+CDNSGIP: 0,10|ERROR"}});
  rig.expect("AT+CIPRXGET=2,9");
}

TEST_CASE("a direction with nothing to do is passed over") {
  Rig rig;
  rig.bring_up();
  rig.connect(1, 9);
  rig.connect(2, 8);
  rig.connect(3, 7);
  rig.write(1, std::string(10'000, 'u'));
  rig.say("+CIPRXGET: 1,7");
  Endless module(rig);
  for (int i = 0; i < 6; ++i) module.step();
  CHECK(module.order() == "s9 r7 s9 r7 s9 r7 ");
}

TEST_CASE("a host without room does not slow the others down") {
  Rig rig;
  rig.bring_up();
  rig.connect(1, 9);
  rig.connect(2, 8);
  rig.set_room(1, 1);
  rig.say("+CIPRXGET: 1,9|+CIPRXGET: 1,8");
  Endless module(rig);
  for (int i = 0; i < 5; ++i) module.step();
  CHECK(module.order() == "r8 r9 r8 r8 r8 ");
}

// The payload in pieces, as a line of 115,200 baud would bring it.
void say_slowly(Rig& rig, int link, std::size_t size) {
  rig.raw("\r\n+CIPRXGET: 2," + std::to_string(link) + "," + std::to_string(size) + ",9999\r\n");
  for (std::size_t sent = 0; sent < size; sent += 115) {
    rig.now += 10ms;
    rig.raw(std::string(std::min<std::size_t>(115, size - sent), 'd'));
  }
  rig.raw("\r\n\r\nOK\r\n");
}

TEST_CASE("on a slow line bulk takes small chunks while somebody types on another link") {
  Rig rig;
  rig.bring_up();
  rig.connect(1, 9);
  rig.connect(2, 8);
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  say_slowly(rig, 9, 1500);
  rig.expect("AT+CIPRXGET=2,9");
  rig.write(2, "k");
  say_slowly(rig, 9, 1500);
  rig.play_send(8, "k");
  const std::string read = rig.sent();
  INFO(read);
  REQUIRE(read.starts_with("AT+CIPRXGET=2,9,4"));
  CHECK(read.size() == std::string("AT+CIPRXGET=2,9,4xx\r").size());
  rig.pass(2500ms);
  say_slowly(rig, 9, 428);
  rig.play({{"AT+CIPRXGET=2,8", kNoData}});  // the safety poll
  rig.expect("AT+CIPRXGET=2,9");
}

}  // namespace
}  // namespace a7600::test
