// SPDX-License-Identifier: MIT
// The command line and the ordinary commands. The manual's own commands are in tests/manual.
#include <catch2/catch.hpp>
#include <string>

#include "rig.h"

namespace a7600::sim {
namespace {

TEST_CASE("the echo is on at first and stands before the answer's line end") {
  Rig rig;
  CHECK(rig.command("AT") == "AT\r|OK|");
  CHECK(rig.command("ATE0") == "ATE0\r|OK|");
  CHECK(rig.command("AT") == "|OK|");
  CHECK(rig.command("ATE1") == "|OK|");
  CHECK(rig.command("AT") == "AT\r|OK|");
}

TEST_CASE("a command may come in pieces, in either case, with LF after CR and noise before it") {
  Rig rig;
  rig.command("ATE0");
  rig.type("A");
  rig.type("t+C");
  rig.type("sq\r");
  CHECK(bars(rig.until("OK\r\n")) == "|+CSQ: 25,99||OK|");
  CHECK(rig.command("\nAT") == "|OK|");
  CHECK(rig.command("\xff\x80zAAT+CSQ") == "|+CSQ: 25,99||OK|");
}

TEST_CASE("two commands in one write have two answers, in order") {
  Rig rig;
  rig.command("ATE0");
  rig.type("AT+CSQ\rAT+CREG?\r");
  CHECK(bars(rig.until("+CREG: 0,1\r\n\r\nOK\r\n")) == "|+CSQ: 25,99||OK||+CREG: 0,1||OK|");
}

TEST_CASE("an empty line and a line that isn't a command line have no answer") {
  Rig rig;
  rig.command("ATE0");
  rig.type("\r\r\nhello\r");
  CHECK(rig.command("AT") == "|OK|");
}

TEST_CASE("backspace deletes") {
  Rig rig;
  rig.command("ATE0");
  CHECK(rig.command("AT+CSX\bQ") == "|+CSQ: 25,99||OK|");
  CHECK(rig.command("AT+CSX\x7fQ") == "|+CSQ: 25,99||OK|");
}

TEST_CASE("A/ repeats the last line") {
  Rig rig;
  rig.command("ATE0");
  rig.command("AT+CSQ");
  rig.type("A/");
  CHECK(bars(rig.until("OK\r\n")) == "|+CSQ: 25,99||OK|");
}

TEST_CASE("what is no command is an error") {
  Rig rig;
  rig.command("ATE0");
  for (const char* line : {"AT+NOSUCH", "AT+CIPOPENX=1", "AT=", "AT+CSQ?x", "AT+CSQ=\"", "ATY"}) {
    INFO(line);
    CHECK(rig.command(line) == "|ERROR|");
  }
}

TEST_CASE("a line over the limit is an error, and the next one is read") {
  Rig rig;
  rig.command("ATE0");
  CHECK(rig.command("AT" + std::string(Interpreter::kMaxLine + 1, '+')) == "|ERROR|");
  CHECK(rig.command("AT") == "|OK|");
}

TEST_CASE("ordinary commands may share a line; the manual's may not") {
  Rig rig;
  rig.command("ATE0");
  CHECK(rig.command("ATV1;+CSQ;+CREG?") == "|+CSQ: 25,99||+CREG: 0,1||OK|");
  CHECK(rig.command("AT+CSQ;+NOSUCH;+CREG?") == "|+CSQ: 25,99||ERROR|");
  CHECK(rig.command("AT+CSQ;+NETOPEN?") == "|+CSQ: 25,99||ERROR|");
  CHECK(rig.command("AT+NETOPEN?;+CSQ") == "|ERROR|");
}

TEST_CASE("ATV0 and ATQ1 shorten the answers as V.250 has it") {
  Rig rig;
  rig.command("ATE0");
  rig.type("ATV0\r");
  CHECK(rig.until("0\r") == "0\r");
  rig.type("AT+CSQ\r");
  CHECK(bars(rig.until("0\r")) == "+CSQ: 25,99|0\r");
  rig.type("AT+NOSUCH\r");
  CHECK(rig.until("4\r") == "4\r");
  rig.type("ATV1\r");
  rig.until("OK\r\n");
  rig.type("ATQ1\rAT\rATQ0\r");
  CHECK(bars(rig.until("OK\r\n")) == "|OK|");
}

TEST_CASE("ATZ and AT&F bring the echo back") {
  Rig rig;
  for (const char* line : {"ATZ", "AT&F"}) {
    rig.command("ATE0");
    rig.command(line);
    CHECK(rig.command("AT") == "AT\r|OK|");
  }
}

TEST_CASE("a PIN is asked for, and three wrong ones ask for the PUK") {
  Rig rig({}, "sim-pin=4711");
  rig.command("ATE0");
  rig.command("AT+CMEE=2");
  CHECK(rig.command("AT+CPIN?") == "|+CPIN: SIM PIN||OK|");
  CHECK(rig.command("AT+CREG?") == "|+CREG: 0,0||OK|");
  for (int i = 0; i < 3; ++i) {
    CHECK(rig.command("AT+CPIN=\"0000\"") == "|+CME ERROR: incorrect password|");
  }
  CHECK(rig.command("AT+CPIN?") == "|+CPIN: SIM PUK||OK|");
}

TEST_CASE("the right PIN makes the SIM ready and the module register") {
  Rig rig({}, "sim-pin=4711");
  rig.command("ATE0");
  CHECK(rig.command("AT+CPIN=4711") == "|OK|");
  rig.until("+CPIN: READY\r\n");
  CHECK(rig.command("AT+CPIN?") == "|+CPIN: READY||OK|");
  CHECK(rig.command("AT+CREG?") == "|+CREG: 0,1||OK|");
}

TEST_CASE("CMEE says how an error of the SIM is told") {
  Rig rig({}, "sim-missing");
  rig.command("ATE0");
  CHECK(rig.command("AT+CPIN?") == "|ERROR|");
  rig.command("AT+CMEE=1");
  CHECK(rig.command("AT+CPIN?") == "|+CME ERROR: 10|");
  rig.command("AT+CMEE=2");
  CHECK(rig.command("AT+CPIN?") == "|+CME ERROR: SIM not inserted|");
}

TEST_CASE("contexts are defined, listed and undefined") {
  Rig rig;
  rig.command("ATE0");
  CHECK(rig.command("AT+CGDCONT?") == "|OK|");
  CHECK(rig.command("AT+CGDCONT=1,\"IP\",\"internet\"") == "|OK|");
  CHECK(rig.command("AT+CGDCONT?") == "|+CGDCONT: 1,\"IP\",\"internet\",\"0.0.0.0\",0,0||OK|");
  CHECK(rig.command("AT+CGDCONT=1") == "|OK|");
  CHECK(rig.command("AT+CGDCONT?") == "|OK|");
  CHECK(rig.command("AT+CGDCONT=16,\"IP\"") == "|ERROR|");
  CHECK(rig.command("AT+CGDCONT=1,IP") == "|ERROR|");
}

TEST_CASE("without registration the network doesn't open") {
  for (const char* fault : {"not-registered", "denied", "sim-missing"}) {
    Rig rig({}, fault);
    INFO(fault);
    rig.command("ATE0");
    rig.type("AT+NETOPEN\r");
    CHECK(bars(rig.until("+NETOPEN: 1\r\n")) == "|OK||+NETOPEN: 1|");
  }
}

TEST_CASE("the identity is the profile's") {
  Rig rig;
  rig.command("ATE0");
  CHECK(rig.command("AT+CGMM") == "|A7600C-L||OK|");
  CHECK(rig.command("ATI").find("Model: A7600C-L|") != std::string::npos);
  CHECK(rig.command("AT+CGMM=?") == "|OK|");
}

TEST_CASE("the rate is set and told") {
  Rig rig;
  rig.command("ATE0");
  CHECK(rig.command("AT+IPR?") == "|+IPR: 115200||OK|");
  CHECK(rig.command("AT+IPR=921600") == "|OK|");
  CHECK(rig.command("AT+IPR?") == "|+IPR: 921600||OK|");
  CHECK(rig.command("AT+IPR=12") == "|ERROR|");
  CHECK(rig.command("AT+IFC=2,2") == "|OK|");
  CHECK(rig.command("AT+IFC?") == "|+IFC: 2,2||OK|");
  CHECK(rig.command("AT+IFC=1,1") == "|ERROR|");
}

}  // namespace
}  // namespace a7600::sim
