// SPDX-License-Identifier: MIT
// What each fault does, as the host sees it.
#include <catch2/catch.hpp>
#include <string>

#include "rig.h"

namespace a7600::sim {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A rig with link 0 open to a peer, the faults being set afterwards.
struct Connected {
  explicit Connected(std::string_view faults, Options options = {}) : rig(std::move(options)) {
    rig.bring_up();
    rig.connect(0, peer.port());
    peer.accept(rig);
    REQUIRE_FALSE(rig.faults.set(faults));
    rig.modem.faults_changed();
  }
  Rig rig;
  Peer peer;
};

TEST_CASE("fragment: the answer is whole, in pieces") {
  Rig rig({}, "fragment=3");
  rig.command("ATE0");
  const Time start = Clock::now();
  CHECK(has(rig.command("ATI"), "Manufacturer: SIMCOM INCORPORATED|"));
  CHECK(Clock::now() - start > Milliseconds(2));
}

TEST_CASE("silence: nothing for a while, then all of it") {
  Rig rig;
  rig.command("ATE0");
  REQUIRE_FALSE(rig.faults.set("silence=150@100x1"));
  const Time start = Clock::now();
  rig.type("AT+CSQ\rAT+CREG?\r");
  CHECK(has(rig.until("+CREG: 0,1\r\n"), "+CSQ: 25,99"));
  CHECK(Clock::now() - start >= Milliseconds(150));
}

TEST_CASE("noise and blank lines leave the lines themselves whole") {
  Rig rig({}, "noise@100,blank@100");
  rig.type("ATE0\rAT+CSQ\r");
  rig.until("\r\n+CSQ: 25,99\r\n");
  rig.until("\r\nOK\r\n");
}

TEST_CASE("urc-between-lines, urc-before-prompt, urc-before-echo stand where they say") {
  Connected c("urc-between-lines,urc-before-prompt,urc-before-echo");
  const std::string answer = c.rig.command("AT+CSQ");
  CHECK(answer.substr(0, 14) == "|+CSQ: 25,99||");
  CHECK(answer.size() > std::string("|+CSQ: 25,99||OK|").size());
  c.rig.type("AT+CIPSEND=0,2\r");
  CHECK(c.rig.until("\r\n>").size() > 6);
  c.rig.type("hi");
  c.rig.until("+CIPSEND: 0,2,2\r\n");
  c.rig.modem.first.host.echo = true;
  c.rig.type("AT\r");
  CHECK(c.rig.until("AT\r\r\nOK").size() > 10);
}

TEST_CASE("chatter: URCs come by themselves") {
  Rig rig({}, "chatter=5");
  CHECK(rig.wait(Milliseconds(200)).size() > 20);
}

TEST_CASE("echo-back: the echo is on again") {
  Rig rig;
  rig.command("ATE0");
  REQUIRE_FALSE(rig.faults.set("echo-back@100x1"));
  CHECK(rig.command("AT") == "|OK|");
  CHECK(rig.command("AT") == "AT\r|OK|");
}

TEST_CASE("late-prompt and late-answer come late") {
  Connected c("late-prompt=60");
  Time start = Clock::now();
  CHECK(c.rig.send(0, "hi") == "|>|OK||+CIPSEND: 0,2,2|");
  CHECK(Clock::now() - start >= Milliseconds(60));
  REQUIRE_FALSE(c.rig.faults.set("late-answer=60@100"));
  start = Clock::now();
  c.rig.command("AT");
  CHECK(Clock::now() - start >= Milliseconds(60));
}

TEST_CASE("no-prompt: the CIPSEND has no answer, and what follows is no payload") {
  Connected c("no-prompt@100x1");
  c.rig.type("AT+CIPSEND=0,5\r");
  CHECK(c.rig.wait(Milliseconds(30)).empty());
  CHECK(c.rig.command("AT+CSQ") == "|+CSQ: 25,99||OK|");
}

TEST_CASE("swap-order turns OK and result round") {
  Connected c("swap-order@100");
  CHECK(c.rig.command("AT+CIPCLOSE=0") == "|+CIPCLOSE: 0,0||OK|");
  c.rig.type("AT+NETCLOSE\r");
  CHECK(bars(c.rig.until("OK\r\n")) == "|+NETCLOSE: 0||OK|");
  c.rig.type("AT+NETOPEN\r");
  CHECK(bars(c.rig.until("OK\r\n")) == "|+NETOPEN: 0||OK|");
}

TEST_CASE("check-baud: rubbish until the host's rate is the module's") {
  Rig rig({}, "check-baud=921600");
  rig.type("AT\r");
  CHECK_FALSE(has(rig.wait(Milliseconds(50)), "OK"));
  rig.faults.clear("check-baud");
  CHECK(has(rig.command("AT"), "|OK|"));
}

TEST_CASE("no-rtscts: nothing comes out while the module waits for RTS") {
  Rig rig({}, "no-rtscts");
  rig.command("ATE0");
  rig.type("AT+IFC=2,2\r");
  CHECK(rig.wait(Milliseconds(30)).empty());
  rig.type("AT+IFC=0,0\r");
  CHECK(bars(rig.until("OK\r\n\r\nOK\r\n")) == "|OK||OK|");
}

TEST_CASE("miss-data-urc and repeat-data-urc") {
  Connected c("miss-data-urc@100");
  c.peer.send("hello");
  CHECK(c.rig.wait(Milliseconds(50)).empty());
  CHECK(c.rig.command("AT+CIPRXGET=2,0") == "|+CIPRXGET: 2,0,5,0|hello||OK|");
  c.rig.faults.clear("");
  REQUIRE_FALSE(c.rig.faults.set("repeat-data-urc@100"));
  c.peer.send("again");
  CHECK(bars(c.rig.until("1,0\r\n\r\n+CIPRXGET: 1,0\r\n")) == "|+CIPRXGET: 1,0||+CIPRXGET: 1,0|");
}

TEST_CASE("overflow: what doesn't fit is lost, and CIPACK counts it") {
  Options options;
  options.rx_buffer = 2000;
  Connected c("overflow", options);
  c.peer.send(std::string(10'000, 'x'));
  c.rig.run_until([&] { return c.rig.modem.stack.link(0).received_bytes() == 10'000; });
  c.rig.wait(Milliseconds(10));
  CHECK(c.rig.command("AT+CIPRXGET=4,0") == "|+CIPRXGET: 4,0,2000||OK|");
  CHECK(c.rig.command("AT+CIPACK=0") == "|+CIPACK: 0,0,10000||OK|");
}

TEST_CASE("short-send and send-zero: the rest is not sent, and the link sends no more") {
  Connected c("short-send=3@100x1");
  CHECK(c.rig.send(0, "hello") == "|>|OK||+CIPSEND: 0,5,3|");
  CHECK(c.peer.receive(c.rig, 3) == "hel");
  CHECK(c.rig.command("AT+CIPSEND=0,5") == "|+CIPERROR: 4||ERROR|");
  CHECK(c.rig.command("AT+CIPCLOSE=0") == "|OK|");
  CHECK_FALSE(c.peer.wait_for_end(c.rig));
  Connected zero("send-zero@100x1");
  CHECK(zero.rig.send(0, "hello") == "|>|OK||+CIPSEND: 0,5,0|");
}

TEST_CASE("send-failed: -1, and the link is gone") {
  Connected c("send-failed@100x1");
  CHECK(c.rig.send(0, "hello") == "|>|OK||+CIPSEND: 0,5,-1|");
  c.rig.until("+IPCLOSE: 0,1\r\n");
  CHECK(c.peer.wait_for_end(c.rig));
}

TEST_CASE("send-busy and send-error answer the CIPSEND at once") {
  Connected c("send-busy@100x1");
  CHECK(c.rig.command("AT+CIPSEND=0,5") == "|+CIPERROR: 8||ERROR|");
  REQUIRE_FALSE(c.rig.faults.set("send-error=1@100x1"));
  CHECK(c.rig.command("AT+CIPSEND=0,5") == "|+CIPERROR: 1||ERROR|");
  CHECK(c.rig.send(0, "hello") == "|>|OK||+CIPSEND: 0,5,5|");
}

TEST_CASE("no-send-result and no-send-answer leave the send's fate open") {
  Connected c("no-send-result@100x1");
  c.rig.type("AT+CIPSEND=0,5\r");
  c.rig.until(">");
  c.rig.type("hello");
  CHECK(bars(c.rig.wait(Milliseconds(50))) == "|OK|");
  CHECK(c.peer.receive(c.rig, 5) == "hello");
  REQUIRE_FALSE(c.rig.faults.set("no-send-answer@100x1"));
  c.rig.type("AT+CIPSEND=0,5\r");
  c.rig.until(">");
  c.rig.type("hello");
  CHECK(c.rig.wait(Milliseconds(50)).empty());
  CHECK(c.rig.command("AT") == "|OK|");
}

TEST_CASE("link-collision, open-error, open-anyway") {
  Connected c("link-collision@100x1");
  CHECK(c.rig.command("AT+CIPOPEN=1,\"TCP\",\"127.0.0.1\",1") == "|+CIPOPEN: 1,4||ERROR|");
  REQUIRE_FALSE(c.rig.faults.set("open-error=8@100x1"));
  const std::string open =
      "AT+CIPOPEN=1,\"TCP\",\"127.0.0.1\"," + std::to_string(c.peer.port()) + "\r";
  c.rig.type(open);
  c.rig.until("+CIPOPEN: 1,8\r\n");
  REQUIRE_FALSE(c.rig.faults.set("open-anyway@100x1"));
  c.rig.type(open);
  c.rig.until("+CIPOPEN: 1,10\r\n");
  CHECK(c.rig.command("AT+CIPCLOSE?") == "|+CIPCLOSE: 1,1,0,0,0,0,0,0,0,0||OK|");
}

TEST_CASE("every <err> and <err_info> can be had") {
  Connected c("ip-error@0");
  for (int err = 1; err <= 12; ++err) {
    const std::string number = std::to_string(err);
    REQUIRE_FALSE(c.rig.faults.set("open-error=" + number + "@100x1"));
    c.rig.type("AT+CIPOPEN=1,\"TCP\",\"127.0.0.1\",1\r");
    c.rig.until("+CIPOPEN: 1," + number + "\r\n");
    REQUIRE_FALSE(c.rig.faults.set("send-error=" + number + "@100x1"));
    CHECK(c.rig.command("AT+CIPSEND=0,1") == "|+CIPERROR: " + number + "||ERROR|");
    REQUIRE_FALSE(c.rig.faults.set("server-error=" + number + "@100x1"));
    CHECK(c.rig.command("AT+SERVERSTART=1,1") == "|+CIPERROR: " + number + "||ERROR|");
  }
  for (int info = 0; info <= 22; ++info) {
    REQUIRE_FALSE(c.rig.faults.set("ip-error=" + std::to_string(info) + "@100x1"));
    CHECK(c.rig.command("AT+CIPRXGET=2,0") ==
          "|+IP ERROR: " + std::string(words(static_cast<ErrInfo>(info))) + "||ERROR|");
  }
}

TEST_CASE("close-error, stop-error, netclose-error, net-error") {
  Connected c("close-error=12@100x1");
  CHECK(c.rig.command("AT+CIPCLOSE=0") == "|+CIPCLOSE: 0,12||ERROR|");
  c.rig.command("AT+SERVERSTART=8080,0");
  REQUIRE_FALSE(c.rig.faults.set("stop-error=8@100x1,netclose-error,net-error=12"));
  CHECK(c.rig.command("AT+SERVERSTOP=0") == "|+SERVERSTOP: 0,8||ERROR|");
  CHECK(c.rig.command("AT+NETCLOSE") == "|+NETCLOSE: 9||ERROR|");
  CHECK(c.rig.command("AT+NETCLOSE") == "|OK|");
  c.rig.type("AT+NETOPEN\r");
  c.rig.until("+NETOPEN: 12\r\n");
  CHECK(c.rig.command("AT+NETOPEN?") == "|+NETOPEN: 0||OK|");
}

TEST_CASE("keep-closed: a link is in use behind +IPCLOSE until CIPCLOSE") {
  Connected c("keep-closed,remote-close=1@100x1");
  c.peer.send("x");
  c.rig.until("+IPCLOSE: 0,1\r\n");
  CHECK(c.rig.command("AT+CIPCLOSE?").starts_with("|+CIPCLOSE: 1,0,0"));
  CHECK(c.rig.command("AT+CIPOPEN=0,\"TCP\",\"127.0.0.1\",1") == "|+CIPOPEN: 0,4||ERROR|");
  c.rig.type("AT+CIPCLOSE=0\r");
  c.rig.until("+CIPCLOSE: 0,0\r\n");
  CHECK(c.rig.command("AT+CIPCLOSE?").starts_with("|+CIPCLOSE: 0,0,0"));
}

TEST_CASE("remote-close: the link ends with data in its buffer") {
  Connected c("remote-close=2000");
  c.peer.send(std::string(1999, 'x'));
  c.rig.until("+CIPRXGET: 1,0\r\n");
  CHECK(c.rig.wait(Milliseconds(20)).empty());
  c.peer.send("x");
  c.rig.until("+IPCLOSE: 0,1\r\n");
  CHECK(c.rig.command("AT+CIPRXGET=4,0") == "|+CIPRXGET: 4,0,2000||OK|");
}

TEST_CASE("net-drop: the event, and what NETOPEN? says afterwards") {
  for (const bool open : {false, true}) {
    Connected c(open ? "net-drop-open=10" : "net-drop=10");
    c.peer.send("0123456789");
    c.rig.until("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n");
    CHECK(c.rig.command("AT+NETOPEN?") == (open ? "|+NETOPEN: 1||OK|" : "|+NETOPEN: 0||OK|"));
    // What had been received stays; the link is closed; nothing new is opened.
    CHECK(c.rig.command("AT+CIPRXGET=2,0") == "|+CIPRXGET: 2,0,10,0|0123456789||OK|");
    CHECK(c.rig.command("AT+CIPRXGET=4,0") == "|+CIPRXGET: 4,0,0||OK|");
    CHECK(c.rig.command("AT+CIPOPEN=0,\"TCP\",\"127.0.0.1\",1") == "|+CIPOPEN: 0,2||ERROR|");
    CHECK(c.rig.command("AT+CIPSEND=0,1") == "|+CIPERROR: 2||ERROR|");
    if (open) CHECK(c.rig.command("AT+NETCLOSE") == "|OK|");
    c.rig.type("AT+NETOPEN\r");
    c.rig.until("+NETOPEN: 0\r\n");
  }
}

TEST_CASE("dns-error and dns-slow") {
  Options options;
  options.names = {*parse_dns("data.example=203.0.113.1")};
  Connected c("dns-error@100x1", options);
  CHECK(c.rig.command("AT+CDNSGIP=\"data.example\"") == "|+CDNSGIP: 0,10||ERROR|");
  REQUIRE_FALSE(c.rig.faults.set("dns-slow=80"));
  const Time start = Clock::now();
  CHECK(has(c.rig.command("AT+CDNSGIP=\"data.example\""), "203.0.113.1"));
  CHECK(Clock::now() - start >= Milliseconds(80));
}

TEST_CASE("clients-high: a client takes the highest free link") {
  Options options;
  options.listens = {{8080, 0}};
  Connected c("clients-high", options);
  c.rig.command("AT+SERVERSTART=8080,0");
  c.rig.connect(8, c.rig.modem.stack.servers().ports()[0].real_port);
  c.rig.until("+CLIENT: 9,0,127.0.0.1:");
}

TEST_CASE("slow-registration: searching, then registered, with its URC when asked for") {
  Rig rig({}, "slow-registration=100");
  rig.command("ATE0");
  rig.command("AT+CREG=1");
  CHECK(rig.command("AT+CREG?") == "|+CREG: 1,2||OK|");
  rig.until("\r\n+CREG: 1\r\n");
  CHECK(rig.command("AT+CREG?") == "|+CREG: 1,1||OK|");
}

TEST_CASE("deaf: nothing is taken in, nothing said, until it is cleared") {
  Rig rig({}, "deaf");
  rig.type("AT\r");
  CHECK(rig.wait(Milliseconds(30)).empty());
  rig.faults.clear("deaf");
  CHECK(rig.command("AT") == "AT\r|OK|");
}

TEST_CASE("dns-garbage: something that looks like an answer, and OK") {
  Rig rig({}, "dns-garbage@100");
  rig.bring_up();
  rig.router.add(*parse_dns("a.test=203.0.113.7"));
  for (int i = 0; i < 20; ++i) {
    const std::string answer = rig.command("AT+CDNSGIP=\"a.test\"");
    CHECK(has(answer, "|+CDNSGIP: 1,"));
    CHECK(answer.ends_with("||OK|"));
    CHECK_FALSE(has(answer, "\"a.test\",\"203.0.113.7\""));
  }
}

}  // namespace
}  // namespace a7600::sim
