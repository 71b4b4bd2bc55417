// SPDX-License-Identifier: MIT
//
// Links that the module says are in use though nobody here has them: others are tried, then one is
// closed.
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

// Connection 1 is opened, and each link in turn is in use.
void open_refused_by_all(Rig& rig) {
  rig.open(1);
  for (int link = 9; link >= 0; --link) {
    rig.play({{Rig::open_command(1, link), "+CIPOPEN: " + std::to_string(link) + ",4|ERROR"}});
  }
}

TEST_CASE("<err> 4 and 9 are a link in use: another is taken") {
  for (const char* answer : {"+CIPOPEN: 9,4|ERROR", "OK|+CIPOPEN: 9,4", "+CIPOPEN: 9,9|ERROR"}) {
    INFO(answer);
    Rig rig;
    rig.bring_up();
    rig.open(1);
    rig.play({{Rig::open_command(1, 9), answer}, {Rig::open_command(1, 8), "OK|+CIPOPEN: 8,0"}});
    CHECK(rig.events() == Events{"opened 1"});
    rig.open(2);
    rig.expect(Rig::open_command(2, 7));
  }
}

TEST_CASE("a link that was in use is used again once the module says that it is closed") {
  for (const char* news : {"+IPCLOSE: 9,1", "+CIPCLOSE: 9,0"}) {
    INFO(news);
    Rig rig;
    rig.bring_up();
    rig.open(1);
    rig.play({{Rig::open_command(1, 9), "+CIPOPEN: 9,4|ERROR"},
              {Rig::open_command(1, 8), "OK|+CIPOPEN: 8,0"}});
    rig.say(news);
    rig.events();
    for (int link = 7; link >= 0; --link) {
      rig.connect(static_cast<modem::ConnectionId>(20 - link), link);
    }
    rig.connect(40, 9);
  }
}

// Seen with a module that keeps a link behind "+IPCLOSE:" until AT+CIPCLOSE: after ten connections
// nothing could be opened any more.
TEST_CASE("with ten links in use the one that has been for longest is closed, and taken") {
  Rig rig;
  rig.bring_up();
  open_refused_by_all(rig);
  rig.play({{"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}, {Rig::open_command(1, 9), "OK|+CIPOPEN: 9,0"}});
  CHECK(rig.events() == Events{"opened 1"});
  rig.open(2);
  rig.expect_nothing();
  rig.pass(1s);
  rig.play(
      {{"AT+CIPCLOSE=8", "+CIPCLOSE: 8,4|ERROR"}, {Rig::open_command(2, 8), "OK|+CIPOPEN: 8,0"}});
  CHECK(rig.events() == Events{"opened 2"});
}

// Seen with clients whose "+CLIENT:" came behind the refusal of their link: one was closed.
TEST_CASE("a link that a server's client may have is not closed before its news can be here") {
  Rig rig;
  rig.bring_up();
  rig.listen(50, 8080);
  rig.play({{"AT+SERVERSTART=8080,0", "OK"}});
  open_refused_by_all(rig);
  rig.expect_nothing();
  rig.events();
  rig.say("+CLIENT: 9,0,192.0.2.1:1024");
  CHECK(rig.events() == Events{"accepted 50 100 192.0.2.1:1024"});
  rig.pass(1s);
  rig.play({{"AT+CIPCLOSE=8", "OK|+CIPCLOSE: 8,0"}, {Rig::open_command(1, 8), "OK|+CIPOPEN: 8,0"}});
  CHECK(rig.events() == Events{"opened 1"});
}

// It was dialled on at once, in vain.
TEST_CASE("a link that is closed for another connection is taken when the result is there") {
  Rig rig;
  rig.bring_up();
  open_refused_by_all(rig);
  rig.play({{"AT+CIPCLOSE=9", "OK"}});
  rig.pass(900ms);
  rig.expect_nothing();
  rig.say("+CIPCLOSE: 9,0");
  rig.expect(Rig::open_command(1, 9));
}

TEST_CASE("a link whose close is refused without a result is tried") {
  Rig rig;
  rig.bring_up();
  open_refused_by_all(rig);
  rig.play({{"AT+CIPCLOSE=9", "ERROR"}});
  rig.expect(Rig::open_command(1, 9));
}

// One link after the other was closed at a module that was silent, and nobody was told.
TEST_CASE("a link whose close is not answered leads to a check") {
  Rig rig;
  rig.bring_up();
  open_refused_by_all(rig);
  rig.expect("AT+CIPCLOSE=9");
  rig.pass(30s);
  rig.play(check("9"));
  rig.play({{"AT+CIPCLOSE=8", "OK|+CIPCLOSE: 8,0"}, {Rig::open_command(1, 8), "OK|+CIPOPEN: 8,0"}});
  CHECK(rig.events() == Events{"opened 1"});
}

// <err> 4 is "Operation not supported" (manual 4). Seen with a module without UDP: all links were
// taken for a stranger's, so that TCP had none either.
TEST_CASE("an open that every link is refused fails, and costs the others nothing") {
  Rig rig;
  rig.bring_up();
  rig.open_udp(1, 5000);
  for (int link = 9; link >= 0; --link) {
    rig.play({{"AT+CIPOPEN=" + std::to_string(link) + ",\"UDP\",,,5000",
               "+CIPOPEN: " + std::to_string(link) + ",4|ERROR"}});
  }
  for (const char* link : {"9", "8"}) {
    rig.play({{"AT+CIPCLOSE=" + std::string(link), "+CIPCLOSE: " + std::string(link) + ",4|ERROR"},
              {"AT+CIPOPEN=" + std::string(link) + ",\"UDP\",,,5000",
               "+CIPOPEN: " + std::string(link) + ",4|ERROR"}});
    rig.pass(1s);
  }
  CHECK(rig.events() == Events{"open_failed 1 EOPNOTSUPP"});
  rig.connect(2, 8);
  rig.open(3);
  rig.play(
      {{"AT+CIPCLOSE=7", "+CIPCLOSE: 7,4|ERROR"}, {Rig::open_command(3, 7), "OK|+CIPOPEN: 7,0"}});
  CHECK(rig.events() == Events{"opened 3"});
}

}  // namespace
}  // namespace a7600::test
