// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

modem::BringupConfig transparent() {
  modem::BringupConfig config;
  config.transparent = true;
  return config;
}

// From a module that has its network closed and is in command mode.
Script transparent_bringup() {
  return probe() + network_closed() + Script{{"AT+CIPMODE=1", "OK"}} + sim_ready() +
         opens_network() +
         Script{{"AT+IPADDR", "+IPADDR: 10.148.0.17|OK"},
                {"AT+CIPTIMEOUT?", "+CIPTIMEOUT: 120000,120000,30000|OK"}};
}

Script transparent_check(const std::string& link0) {
  std::string links = "+CIPOPEN: 0" + link0;
  for (char link = '1'; link <= '9'; ++link) links += std::string("|+CIPOPEN: ") + link;
  return probe() + Script{{"AT+NETOPEN?", "+NETOPEN: 1|OK"},
                          {"AT+CIPMODE?", "+CIPMODE: 1|OK"},
                          {"AT+CIPOPEN?", links + "|OK"},
                          {"AT+IPADDR", "+IPADDR: 10.148.0.17|OK"},
                          {"AT+CIPTIMEOUT?", "+CIPTIMEOUT: 120000,120000,30000|OK"}};
}

// Connection 1 has the line.
void connect(Rig& rig, std::string_view connected = "\r\nCONNECT 115200\r\n") {
  rig.open(1);
  rig.play(transparent_bringup());
  rig.expect(Rig::open_command(1, 0));
  rig.raw(connected);
  REQUIRE(rig.events() == Events{"opened 1"});
}

// The silences, the escape sequence, and the module's OK.
void escape(Rig& rig) {
  rig.pass(1110ms);
  rig.expect_bytes("+++");
  rig.pass(1050ms);
  rig.say("OK");
  rig.pass(100ms);
}

// Server 5 is the module's server 0.
void listen(Rig& rig) {
  rig.listen(5, 8080);
  rig.play(transparent_bringup() + Script{{"AT+SERVERSTART=8080,0", "OK"}});
}

TEST_CASE("the mode is set before the network is opened") {
  Rig rig(transparent());
  connect(rig);
}

TEST_CASE("a network that is open in command mode is closed and opened again") {
  Rig rig(transparent());
  rig.open(1);
  rig.play(probe() + network_open() +
           Script{{"AT+NETCLOSE", "OK|+NETCLOSE: 0"}, {"AT+CIPMODE=1", "OK"}} + sim_ready() +
           opens_network());
}

TEST_CASE("a network that is open in transparent mode stays") {
  Rig rig(transparent());
  rig.open(1);
  rig.play(probe() + Script{{"AT+NETOPEN?", "+NETOPEN: 1|OK"},
                            {"AT+CIPMODE?", "+CIPMODE: 1|OK"},
                            {"AT+CIPOPEN?", "+CIPOPEN: 0|+CIPOPEN: 1|OK"},
                            {"AT+SERVERSTART?", "OK"},
                            {"AT+IPADDR", "+IPADDR: 10.148.0.17|OK"}});
}

TEST_CASE("CONNECT comes with a text or without, alone or behind an OK") {
  const char* connected =
      GENERATE("\r\nCONNECT\r\n", "\r\nCONNECT 115200\r\n", "\r\nOK\r\n\r\nCONNECT 115200\r\n");
  Rig rig(transparent());
  connect(rig, connected);
  rig.write(1, "GET /");
  rig.expect_bytes("GET /");
}

TEST_CASE("bytes right behind CONNECT are the peer's, whatever they look like") {
  Rig rig(transparent());
  connect(rig, "\r\nCONNECT 115200\r\nOK\r\n220 hello");
  CHECK(rig.received(1) == "OK\r\n220 hello");
}

TEST_CASE("CONNECT FAIL is a refusal when the network is open") {
  Rig rig(transparent());
  rig.open(1);
  rig.play(transparent_bringup() +
           Script{{Rig::open_command(1, 0), "CONNECT FAIL"}, {"AT+NETOPEN?", "+NETOPEN: 1|OK"}});
  CHECK(rig.events() == Events{"open_failed 1 ECONNREFUSED"});
}

TEST_CASE("CONNECT FAIL after the whole time is a timeout") {
  Rig rig(transparent());
  rig.open(1, 1h);
  rig.play(transparent_bringup());
  rig.expect(Rig::open_command(1, 0));
  rig.pass(120s);
  rig.say("CONNECT FAIL");
  CHECK(rig.events() == Events{"open_failed 1 ETIMEDOUT"});
}

TEST_CASE("a reason instead of CONNECT is understood as in command mode") {
  Rig rig(transparent());
  rig.open(1);
  rig.play(transparent_bringup() + Script{{Rig::open_command(1, 0), "+CIPOPEN: 0,10|ERROR"}});
  CHECK(rig.events() == Events{"open_failed 1 ETIMEDOUT"});
}

TEST_CASE("the program's close takes the line back and closes link 0") {
  const char* closed = GENERATE("OK|CLOSED|+CIPCLOSE: 0,0", "CLOSED|+CIPCLOSE: 0,0|OK",
                                "OK|+CIPCLOSE: 0,0|CLOSED", "+CIPCLOSE: 0,0|OK");
  Rig rig(transparent());
  connect(rig);
  rig.close(1);
  escape(rig);
  rig.play({{"AT+CIPCLOSE=0", closed}});
  CHECK(rig.events() == Events{"closed 1"});
  rig.open(2);
  rig.expect(Rig::open_command(2, 0));
}

// Seen in the matrix: a module that had been deaf for a while was asked by ATE0, which its peer
// got.
TEST_CASE("a module that has not answered +++ is sent it again, before any command") {
  Rig rig(transparent());
  connect(rig);
  rig.close(1);
  for (int i = 0; i < 3; ++i) {
    rig.pass(1110ms);
    rig.expect_bytes("+++");
    rig.pass(5100ms);
  }
  CHECK(rig.modem.has_leftovers());
  rig.expect_nothing();
  rig.pass(1100ms);
  rig.expect_bytes("+++");
  rig.say("OK");
  rig.pass(1100ms);
  rig.expect_bytes('\x1b' + std::string(1500, '\r'));
  rig.pass(200ms);
  rig.play(transparent_check(",\"TCP\",\"203.0.113.1\",1001,-1"));
  rig.play({{"AT+CIPCLOSE=0", "OK|+CIPCLOSE: 0,0"}});
  CHECK(rig.events() == Events{"closed 1"});
  CHECK_FALSE(rig.modem.has_leftovers());
}

TEST_CASE("what was written before the close leaves before the escape sequence") {
  Rig rig(transparent());
  rig.close_when_taken = true;
  connect(rig);
  rig.write(1, "last words");
  rig.expect_bytes("last words");
  rig.expect_nothing();
  escape(rig);
  rig.play({{"AT+CIPCLOSE=0", "OK|CLOSED|+CIPCLOSE: 0,0"}});
  CHECK(rig.events() == Events{"closed 1"});
}

TEST_CASE("the peer's close is noticed, whatever the module says of it") {
  const char* notice =
      GENERATE("\r\nCLOSED\r\n", "\r\nCLOSED\r\n\r\n+IPCLOSE: 0,1\r\n", "\r\n+IPCLOSE: 0,1\r\n",
               "\r\nNO CARRIER\r\n", "\r\n+CIPCLOSE: 0,0\r\n");
  Rig rig(transparent());
  connect(rig);
  rig.raw("the end\r\n");
  rig.raw(notice);
  rig.pass(1100ms);
  rig.expect_bytes("+++");  // nobody takes this: the module is in command mode
  rig.pass(1900ms);
  rig.play(transparent_check(""));
  CHECK(rig.received(1) == "the end\r\n");
  CHECK(rig.events() == Events{"ended 1"});
}

TEST_CASE("a notice that the module does not stand by was the peer's") {
  Rig rig(transparent());
  connect(rig);
  rig.raw("\r\nCLOSED\r\n");
  escape(rig);
  rig.play(transparent_check(",\"TCP\",\"203.0.113.1\",1001,-1"));
  rig.play({{"ATO", "CONNECT 115200"}});
  rig.raw("more");
  CHECK(rig.received(1) == "\r\nCLOSED\r\nmore");
  CHECK(rig.events().empty());
}

// Its peer had got "+++" and ATE0 in the middle of what the program wrote, and nobody was told.
TEST_CASE("a connection whose module has missed +++ behind such a notice is reset, not resumed") {
  Rig rig(transparent());
  connect(rig);
  rig.raw("\r\nCLOSED\r\n");
  rig.pass(1110ms);
  rig.expect_bytes("+++");
  rig.pass(1900ms);
  rig.expect("ATE0");
  rig.pass(300ms);
  rig.expect("ATE0");
  rig.pass(1100ms);
  rig.expect_bytes("+++");
  rig.say("OK");
  rig.pass(1s);
  rig.expect_bytes('\x1b' + std::string(1500, '\r'));
  rig.pass(200ms);
  rig.play(transparent_check(",\"TCP\",\"203.0.113.1\",1001,-1"));
  CHECK(rig.events() == Events{"ended 1 ECONNRESET"});
  rig.play({{"AT+CIPCLOSE=0", "OK|CLOSED|+CIPCLOSE: 0,0"}});
}

TEST_CASE("a restart in data mode is a reset") {
  Rig rig(transparent());
  connect(rig);
  rig.raw(std::string_view("half\0\r\n*ATREADY: 1\r\n\r\n+CPIN: READY\r\n\r\nSMS DONE\r\n", 48));
  rig.pass(1100ms);
  rig.expect_bytes("+++");
  rig.pass(1900ms);
  rig.play(probe() + Script{{"AT+NETOPEN?", "+NETOPEN: 0|OK"}});
  CHECK(rig.events() == Events{"ended 1 ENETDOWN"});
}

TEST_CASE("the network's end in data mode is a reset") {
  Rig rig(transparent());
  connect(rig);
  rig.say("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
  rig.pass(1100ms);
  rig.expect_bytes("+++");
  rig.pass(2s);
  CHECK(rig.events() == Events{"ended 1 ENETDOWN"});
}

TEST_CASE("a second connection is busy while the line is taken, and told why") {
  Rig rig(transparent());
  connect(rig);
  rig.open(2);
  CHECK(rig.events() == Events{"open_failed 2 EBUSY"});
  CHECK(rig.log_has("gives the whole line to one connection"));
}

TEST_CASE("datagrams are not supported") {
  Rig rig(transparent());
  rig.open_udp(1, 5000);
  CHECK(rig.events() == Events{"open_failed 1 EOPNOTSUPP"});
}

TEST_CASE("a name is not looked up while the line is taken, and nobody waits for it") {
  Rig rig(transparent());
  connect(rig);
  rig.resolve(7, "www.baidu.com");
  rig.listen(8, 7070);
  CHECK(rig.events() == Events{"resolved 7 EAGAIN", "listen_failed 8 EBUSY"});
  rig.expect_nothing();
}

TEST_CASE("a name that was looked up before is known while the line is taken") {
  Rig rig(transparent());
  connect(rig);
  rig.close(1);
  rig.resolve(7, "www.baidu.com");
  escape(rig);
  rig.play(
      {{"AT+CIPCLOSE=0", "OK|CLOSED|+CIPCLOSE: 0,0"},
       {"AT+CDNSGIP=\"www.baidu.com\"", "+CDNSGIP: 1,\"www.baidu.com\",\"61.135.169.121\"|OK"}});
  rig.open(2);
  rig.play({{Rig::open_command(2, 0), "CONNECT 115200"}});
  rig.events();
  rig.resolve(8, "www.baidu.com");
  CHECK(rig.events() == Events{"resolved 8 61.135.169.121"});
  rig.expect_nothing();
}

TEST_CASE("a name waits while the line is being taken back") {
  Rig rig(transparent());
  connect(rig);
  rig.close(1);
  rig.resolve(7, "www.baidu.com");
  CHECK(rig.events().empty());
  escape(rig);
  rig.play(
      {{"AT+CIPCLOSE=0", "OK|CLOSED|+CIPCLOSE: 0,0"},
       {"AT+CDNSGIP=\"www.baidu.com\"", "+CDNSGIP: 1,\"www.baidu.com\",\"61.135.169.121\"|OK"}});
  CHECK(rig.events() == Events{"closed 1", "resolved 7 61.135.169.121"});
}

TEST_CASE("a client of server 0 gets the line; other servers there are none") {
  Rig rig(transparent());
  listen(rig);
  rig.listen(6, 9090);
  CHECK(rig.events() == Events{"listening 5", "listen_failed 6 EBUSY"});
  rig.say("+CLIENT: 0,0,192.168.108.5:57202|CONNECT 115200");
  CHECK(rig.events() == Events{"accepted 5 100 192.168.108.5:57202"});
  rig.raw("hello");
  CHECK(rig.received(100) == "hello");
  rig.write(100, "HELLO");
  rig.expect_bytes("HELLO");
}

TEST_CASE("a lost CONNECT of a client is asked for") {
  Rig rig(transparent());
  listen(rig);
  rig.say("+CLIENT: 0,0,192.168.108.5:57202");
  rig.expect_nothing();
  rig.pass(6s);
  rig.play({{"ATO", "CONNECT 115200"}});
  rig.raw("hello");
  CHECK(rig.received(100) == "hello");
}

// Found by fuzz_engine: the engine turned without a pause.
TEST_CASE("CONNECT ends a check of the module") {
  Rig rig(transparent());
  listen(rig);
  rig.events();
  rig.say("+CLIENT: 0,0,192.168.108.5:57202");
  rig.pass(6s);
  rig.expect("ATO");
  rig.pass(9s);
  rig.expect("ATE0");
  rig.say("CONNECT 115200");
  rig.raw("hello");
  CHECK(rig.received(100) == "hello");
  CHECK(rig.modem.up());
  rig.pass(60s);
  rig.expect_nothing();
  rig.write(100, "HELLO");
  rig.expect_bytes("HELLO");
}

// The look-up that it ends has no reason to doubt the module, which nobody could ask now.
TEST_CASE("CONNECT in the middle of a look-up begins no check") {
  Rig rig(transparent());
  listen(rig);
  rig.resolve(7, "www.baidu.com");
  rig.expect("AT+CDNSGIP=\"www.baidu.com\"");
  rig.events();
  rig.say("+CLIENT: 0,0,192.168.108.5:57202|CONNECT 115200");
  CHECK(rig.events() == Events{"accepted 5 100 192.168.108.5:57202", "resolved 7 EAGAIN"});
  CHECK(rig.modem.up());
  CHECK(rig.modem.counters().checks == 0);
}

// It was asked by another +++, in command mode, and the client was reset.
TEST_CASE("a client's CONNECT settles in which mode the module is") {
  Rig rig(transparent());
  listen(rig);
  rig.say("+CLIENT: 0,0,192.168.108.5:57202|CONNECT 115200");
  rig.close(100);
  for (int i = 0; i < 3; ++i) {
    rig.pass(1110ms);
    rig.expect_bytes("+++");
    rig.pass(5100ms);
  }
  rig.say("CLOSED|+CLIENT: 0,0,192.168.108.5:57203|CONNECT 115200");
  rig.events();
  rig.raw("\r\nCLOSED\r\n");
  escape(rig);
  rig.play(transparent_check(",\"TCP\",\"192.168.108.5\",57203,0"));
  rig.play({{"ATO", "CONNECT 115200"}});
  CHECK(rig.events().empty());
}

// Found by fuzz_engine: it was used after its end.
TEST_CASE("a connection that a second CONNECT ends is not connected by it") {
  Rig rig(transparent());
  rig.open(1);
  rig.play(transparent_bringup());
  rig.expect(Rig::open_command(1, 0));
  rig.say("CONNECT FAIL");
  rig.expect("AT+NETOPEN?");
  rig.say("CONNECT 115200");
  CHECK(rig.events() == Events{"open_failed 1 ECONNREFUSED"});
}

// Found by fuzz_engine: a client's data could not be read any more.
TEST_CASE("another mode is that of the next bring-up") {
  Rig rig;
  rig.bring_up();
  rig.modem.configure(transparent());
  rig.open(1);
  rig.play({{Rig::open_command(1, 9), "OK|+CIPOPEN: 9,0"}});
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "hello");
  CHECK(rig.received(1) == "hello");
  rig.say("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
  rig.events();
  rig.open(2);
  rig.play(transparent_bringup());
  rig.expect("AT+CIPOPEN=0,\"TCP\",\"203.0.113.1\",1002");
}

// Found by fuzz_engine: what it had sent was missing, and the end looked clean.
TEST_CASE("a client that is gone before its CONNECT is reset") {
  Rig rig(transparent());
  listen(rig);
  rig.events();
  rig.say("+CLIENT: 0,0,192.168.108.5:57202|+IPCLOSE: 0,1");
  CHECK(rig.events() == Events{"accepted 5 100 192.168.108.5:57202", "ended 100 ECONNRESET"});
  rig.say("+CLIENT: 0,0,192.168.108.5:57203|CONNECT 115200");
  rig.raw("hello\r\nCLOSED\r\n");
  rig.pass(2s);
  CHECK(rig.received(101) == "hello");
}

TEST_CASE("a client on a link that transparent mode hasn't is closed") {
  Rig rig(transparent());
  listen(rig);
  rig.events();
  rig.say("+CLIENT: 1,0,192.168.108.5:57202");
  CHECK(rig.events().empty());
  rig.expect("AT+CIPCLOSE=1");
}

TEST_CASE("what was held back of one connection is not given to the next one") {
  Rig rig(transparent());
  connect(rig);
  rig.close(1);
  rig.raw("\r\nCLOSED\r\n");
  escape(rig);
  rig.play({{"AT+CIPCLOSE=0", "+CIPCLOSE: 0,0|OK"}});
  REQUIRE(rig.events() == Events{"closed 1"});
  rig.open(2);
  rig.play({{Rig::open_command(2, 0), "OK|+CIPOPEN: 0,0"}, {"ATO", "CONNECT 115200"}});
  rig.raw("hello");
  CHECK(rig.received(2) == "hello");
}

TEST_CASE("a peer that is not keeping up is not read from, on a line that can push back") {
  Rig rig(transparent());
  connect(rig);
  rig.set_room(1, 1);
  rig.raw("first");
  CHECK_FALSE(rig.modem.wants_input());
  rig.set_room(1, 10);
  CHECK(rig.modem.wants_input());
}

TEST_CASE("what the peer has acknowledged is not known in data mode") {
  Rig rig(transparent());
  connect(rig);
  rig.ask_acknowledged(1);
  CHECK(rig.events() == Events{"acknowledged 1 unknown"});
}

TEST_CASE("a close that lingers asks when the line is back in command mode") {
  Rig rig(transparent());
  connect(rig);
  rig.write(1, "hello");
  rig.expect_bytes("hello");
  rig.close_lingering(1, 60s);
  escape(rig);
  rig.play({{"AT+CIPACK=0", "+CIPACK: 5,5,0|OK"}, {"AT+CIPCLOSE=0", "OK|CLOSED|+CIPCLOSE: 0,0"}});
  CHECK(rig.events() == Events{"closed 1"});
}

}  // namespace
}  // namespace a7600::test
