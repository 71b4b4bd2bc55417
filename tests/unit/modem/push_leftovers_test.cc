// SPDX-License-Identifier: MIT
//
// Direct push mode behind another host: what its links have left in the module is nobody's.
#include <catch2/catch.hpp>

#include "pushing.h"

namespace a7600::test {
namespace {

// A long download on link 9, behind a host that has left the network open, and these links.
void download_after(Rig& rig, const Script& links) {
  rig.modem.set_push_policy(modem::PushPolicy::kAuto);
  rig.resolve(999, "bring.up");
  rig.play(probe() + Script{{"AT+NETOPEN?", "+NETOPEN: 1|OK"}, {"AT+CIPMODE?", "+CIPMODE: 0|OK"}} +
           links + Script{{"AT+SERVERSTART?", "OK"}} + last_steps() +
           Script{{"AT+CDNSGIP=\"bring.up\"", "+CDNSGIP: 0,10|ERROR"}});
  rig.events();
  rig.connect(1, 9);
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, std::string(1500, 'a'), 5000);
}

// Seen in the matrix of faults, behind a port that was unplugged: the next program's connection was
// given what its link number had received before.
TEST_CASE("nothing is opened while the module pushes what a host before has left") {
  Rig rig;
  up(rig, modem::PushPolicy::kAlways, kSetUp);
  push(rig, 2, "left");
  rig.play({{"AT+CIPSRIP=0", "OK"}});
  rig.open(1);
  rig.pass(200ms);
  push(rig, 9, "left");
  rig.pass(299ms);
  rig.expect_nothing();
  rig.pass(1ms);
  rig.expect(Rig::open_command(1, 9));
  push(rig, 9, "late");
  rig.say("OK|+CIPOPEN: 9,0");
  push(rig, 9, "its own");
  CHECK(rig.received(1) == "its own");
}

// Seen in the matrix of faults: a module that names the peer, not the link, pushed what it had kept
// of a closed link, and a connection to the same peer was given it.
// Seen in the matrix, behind connections that were broken (nine/push/odd/7785739/2:noise).
TEST_CASE("what a connection has left unread is not pushed for the next one, either") {
  Rig rig;
  rig.modem.set_push_policy(modem::PushPolicy::kAuto);
  rig.bring_up();
  rig.connect(1, 9);
  rig.close(1);
  rig.expect("AT+CIPCLOSE=9");
  rig.say("+CIPRXGET: 1,9|OK|+CIPCLOSE: 9,0");
  rig.events();
  rig.connect(2, 8);
  rig.say("+CIPRXGET: 1,8");
  rig.expect("AT+CIPRXGET=2,8");
  rig.say_payload(8, std::string(1500, 'a'), 5000);
  SECTION("there is some") {
    rig.play({{"AT+CIPRXGET=4,9", "+CIPRXGET: 4,9,6|OK"}});
    rig.play({kSetUp.begin(), kSetUp.end() - 1});
    rig.expect("AT+CIPRXGET=2,8");
  }
  SECTION("there is none") { rig.play(Script{{"AT+CIPRXGET=4,9", kNoData}} + kSetUp); }
}

TEST_CASE("what a link has left is not asked for while the module pushes") {
  Rig rig;
  begin_download(rig, 5000);
  rig.play({{"AT+CIPCCFG?", "ERROR"},
            {"AT+CIPHEAD?", "+CIPHEAD: 1|OK"},
            {"AT+CIPSRIP?", "+CIPSRIP: 1|OK"},
            {"AT+CIPRXGET=0", "OK"}});
  rig.close(1);
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  rig.expect_nothing();
}

TEST_CASE("where a host before has left data unread, it is not pushed for a connection") {
  Rig rig;
  download_after(rig, {{"AT+CIPOPEN?",
                        "+CIPOPEN: 3,\"TCP\",\"203.0.113.9\",80,-1|"
                        "+CIPOPEN: 4,\"TCP\",\"203.0.113.9\",80,-1|OK"},
                       {"AT+CIPCLOSE=3", "OK|+CIPCLOSE: 3,0"},
                       {"AT+CIPCLOSE=4", "OK|+CIPCLOSE: 4,0"}});
  // The peer of one of them may have closed it before CIPOPEN? was asked.
  const auto nothing_on = [&rig](int first, int last) {
    for (int link = first; link <= last; ++link) {
      const std::string number = std::to_string(link);
      rig.play({{"AT+CIPRXGET=4," + number,
                 link % 2 == 0 ? "+CIPRXGET: 4," + number + ",0|OK" : kNoData}});
    }
  };
  SECTION("there is some") {
    nothing_on(0, 4);
    rig.play({{"AT+CIPRXGET=4,5", "+CIPRXGET: 4,5,700|OK"}});
    nothing_on(6, 8);
    rig.play({kSetUp.begin(), kSetUp.end() - 1});
    rig.expect("AT+CIPRXGET=2,9");
  }
  SECTION("there is none") {
    nothing_on(0, 8);
    rig.play(kSetUp);
    push(rig, 9, "pushed");
    CHECK(rig.received(1).ends_with("pushed"));
  }
}
// Seen in the matrix (nine/auto/odd/5288504/unplug): no link was open, as their peers had closed.
TEST_CASE("links that had closed before the bring-up are asked about, too, for the first stream") {
  Rig rig;
  download_after(rig, {{"AT+CIPOPEN?", "OK"}});
  for (int link = 0; link < 8; ++link) {
    rig.play({{"AT+CIPRXGET=4," + std::to_string(link), kNoData}});
  }
  rig.play({{"AT+CIPRXGET=4,8", "+CIPRXGET: 4,8,700|OK"}});
  rig.play({kSetUp.begin(), kSetUp.end() - 1});
  rig.expect("AT+CIPRXGET=2,9");
}

}  // namespace
}  // namespace a7600::test
