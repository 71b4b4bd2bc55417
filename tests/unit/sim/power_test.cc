// SPDX-License-Identifier: MIT
// Restarts, what they leave, and what a killed host leaves.
#include <catch2/catch.hpp>
#include <string>

#include "rig.h"

namespace a7600::sim {
namespace {

void check_fresh(Rig& rig) {
  rig.until("PB DONE\r\n");
  CHECK(rig.command("AT+NETOPEN?") == "AT+NETOPEN?\r|+NETOPEN: 0||OK|");
  CHECK(rig.command("ATE0") == "ATE0\r|OK|");
  CHECK(rig.command("AT+CIPRXGET?") == "|+CIPRXGET: 0||OK|");
  CHECK(rig.command("AT+CMEE?") == "|+CMEE: 0||OK|");
}

TEST_CASE("after a restart the module says its lines, the echo is on and the settings are gone") {
  Rig rig({}, "boot-ms=20");
  Peer peer;
  rig.bring_up();
  rig.command("AT+CMEE=1");
  rig.connect(0, peer.port());
  peer.accept(rig);
  rig.modem.reboot();
  CHECK(rig.until("RDY\r\n") == std::string("\0\r\nRDY\r\n", 8));
  check_fresh(rig);
  CHECK(peer.wait_for_end(rig));
}

TEST_CASE("AT+CRESET and AT+CFUN=1,1 restart; AT+CPOF is the end until a restart") {
  Rig rig({}, "boot-ms=20");
  rig.command("ATE0");
  CHECK(rig.command("AT+CRESET") == "|OK|");
  check_fresh(rig);
  CHECK(rig.command("AT+CFUN=1,1") == "|OK|");
  check_fresh(rig);
  CHECK(rig.command("AT+CPOF") == "|OK|");
  rig.wait(Milliseconds(50));
  rig.type("AT\r");
  CHECK(rig.wait(Milliseconds(50)).empty());
  rig.modem.reboot();
  check_fresh(rig);
}

TEST_CASE("hang: deaf and dumb until DTR drops or there is a restart") {
  for (const bool by_dtr : {true, false}) {
    Rig rig({}, "boot-ms=20");
    rig.bring_up();
    REQUIRE_FALSE(rig.faults.set("hang@100x1,chatter=5"));
    rig.modem.faults_changed();
    rig.type("AT\rAT\r");
    CHECK(rig.wait(Milliseconds(100)).empty());
    rig.faults.clear("chatter");
    rig.modem.faults_changed();
    if (by_dtr) {
      rig.modem.first.dtr_dropped();
    } else {
      rig.modem.reboot();
    }
    check_fresh(rig);
  }
}

TEST_CASE("no-stack: TCP/IP commands are answered by ERROR, others are not, until a restart") {
  Rig rig({}, "boot-ms=20");
  rig.bring_up();
  REQUIRE_FALSE(rig.faults.set("no-stack@100x1"));
  for (const char* command : {"AT+NETOPEN?", "AT+NETOPEN", "AT+NETCLOSE", "AT+IPADDR",
                              "AT+CIPOPEN?", "AT+CIPRXGET?", "AT+CDNSGIP=\"a.test\""}) {
    CHECK(rig.command(command) == "|ERROR|");
  }
  CHECK(rig.command("AT+CPIN?") == "|+CPIN: READY||OK|");
  CHECK(rig.command("AT+CFUN=1,1") == "|OK|");
  check_fresh(rig);
}

TEST_CASE("cold-start: the module boots first") {
  Rig rig({}, "cold-start,boot-ms=20");
  check_fresh(rig);
}

TEST_CASE("reboot: after so many bytes from the host") {
  Rig rig({}, "reboot=20,boot-ms=20");
  rig.command("ATE0");
  rig.command("AT+CSQ");
  rig.type("AT+CREG?;+CGREG?\r");
  check_fresh(rig);
}

TEST_CASE("reboot-out: in the middle of an answer") {
  Rig rig;
  rig.command("ATE0");
  REQUIRE_FALSE(rig.faults.set("reboot-out=8,boot-ms=20"));
  rig.type("AT+CSQ\r");
  CHECK(rig.until("RDY\r\n") == std::string("\r\n+CSQ: \0\r\nRDY\r\n", 16));
  check_fresh(rig);
}

TEST_CASE("reboot-in-payload: the rest of the payload meets a module that is booting") {
  Rig rig;
  Peer peer;
  rig.bring_up();
  rig.connect(0, peer.port());
  peer.accept(rig);
  REQUIRE_FALSE(rig.faults.set("reboot-in-payload@100x1,boot-ms=50"));
  rig.type("AT+CIPSEND=0,1500\r");
  rig.until(">");
  rig.type(std::string(1500, 'x'));
  check_fresh(rig);
}

TEST_CASE("reboot-in-open: the CIPOPEN has no answer") {
  Rig rig;
  rig.bring_up();
  REQUIRE_FALSE(rig.faults.set("reboot-in-open@100x1,boot-ms=20"));
  rig.type("AT+CIPOPEN=0,\"TCP\",\"127.0.0.1\",1\r");
  check_fresh(rig);
}

TEST_CASE("stale: echo off, network and links open, settings changed") {
  Rig rig({}, "stale");
  rig.wait(Milliseconds(20));
  CHECK(rig.command("AT+NETOPEN?") == "|+NETOPEN: 1||OK|");
  CHECK(rig.command("AT+CIPCLOSE?") == "|+CIPCLOSE: 1,0,0,1,0,0,0,0,0,1||OK|");
  CHECK(rig.command("AT+SERVERSTART?") == "|+SERVERSTART: 0,8080||OK|");
  rig.type("AT+CIPRXGET=2,3\r");
  CHECK(bars(rig.until("3,1\r\n\r\n\r\nOK\r\n")) ==
        "|+CIPRXGET: 2,3,38,0|HTTP/1.1 200 OK||OK|+IPCLOSE: 3,1|||OK|");
  CHECK(rig.command("AT+CIPCLOSE=9") == "|OK|");
}

TEST_CASE("stale=payload: what comes next is the rest of a payload") {
  Rig rig({}, "stale=payload");
  rig.wait(Milliseconds(20));
  rig.type("AT\r");
  CHECK(rig.wait(Milliseconds(30)).empty());
  rig.type(std::string(1500 - 600 - 3, 'x'));
  CHECK(bars(rig.until("+CIPSEND: 9,1500,1500\r\n")).find("|OK|") != std::string::npos);
  CHECK(rig.command("AT") == "|OK|");
}

TEST_CASE("stale=transparent: what comes next is data") {
  Rig rig({}, "stale=transparent");
  rig.wait(Milliseconds(20));
  rig.type("AT\r");
  CHECK(rig.wait(Milliseconds(1200)).empty());
  rig.type("+++");
  CHECK(bars(rig.until("OK\r\n")) == "|OK|");
  // What link 3 had to say had been held.
  rig.until("+CIPRXGET: 1,3\r\n");
  CHECK(rig.command("AT+CIPMODE?") == "|+CIPMODE: 1||OK|");
}

TEST_CASE("DTR: AT&D1 goes to command mode, AT&D2 closes the connection, AT&D0 nothing") {
  Rig rig;
  Peer peer;
  rig.command("ATE0");
  rig.command("AT+CIPMODE=1");
  rig.command("AT&D0");
  rig.type("AT+NETOPEN\r");
  rig.until("+NETOPEN: 0\r\n");
  rig.type("AT+CIPOPEN=0,\"TCP\",\"127.0.0.1\"," + std::to_string(peer.port()) + "\r");
  rig.until("CONNECT 115200\r\n");
  rig.modem.first.dtr_dropped();
  CHECK(rig.modem.first.data.on());
  rig.modem.device.dtr_mode = 1;
  rig.modem.first.dtr_dropped();
  CHECK(bars(rig.until("OK\r\n")) == "|OK|");
  rig.type("ATO\r");
  rig.until("CONNECT 115200\r\n");
  rig.modem.device.dtr_mode = 2;
  rig.modem.first.dtr_dropped();
  CHECK(bars(rig.until("+IPCLOSE: 0,2\r\n")) == "|CLOSED||+IPCLOSE: 0,2|");
}

TEST_CASE("a send that its peer never takes ends in cnf < req and +IPCLOSE: n,2") {
  Rig rig;
  Peer peer;
  rig.bring_up();
  rig.connect(0, peer.port());
  rig.modem.stack.settings.cipsend_timeout = Milliseconds(100);
  const std::string payload(1500, 'x');
  std::string answer;
  // The peer's and the module's buffers fill up first: some megabytes on loopback.
  for (int i = 0; i < 20'000 && answer.find("+IPCLOSE") == std::string::npos; ++i) {
    answer = rig.send(0, payload);
    if (answer.find(",1500,1500") == std::string::npos) break;
  }
  CHECK(answer.find("+CIPSEND: 0,1500,") != std::string::npos);
  CHECK(answer.find("+CIPSEND: 0,1500,1500") == std::string::npos);
  rig.until("+IPCLOSE: 0,2\r\n");
}

}  // namespace
}  // namespace a7600::sim
