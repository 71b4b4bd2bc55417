// SPDX-License-Identifier: MIT
// Links and what they carry, where the manual's examples don't reach.
#include <catch2/catch.hpp>
#include <string>

#include "rig.h"

namespace a7600::sim {
namespace {

std::string bytes_of_all_kinds(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 7 + i / 256);
  return bytes;
}

// Reads link 0 by CIPRXGET=2 until `size` bytes have come.
std::string read_all(Rig& rig, std::size_t size) {
  std::string all;
  while (all.size() < size) {
    rig.run_until([&] { return !rig.modem.stack.link(0).received().empty(); });
    rig.type("AT+CIPRXGET=2,0\r");
    rig.until("\r\n+CIPRXGET: 2,0,");
    const std::size_t count = std::stoul(rig.until(","));
    rig.until("\r\n");
    all += rig.take(count);
    REQUIRE(rig.take(8) == "\r\n\r\nOK\r\n");
  }
  return all;
}

TEST_CASE("any byte passes both ways unchanged") {
  for (const int delay : {0, 5}) {
    Options options;
    options.net_latency = Milliseconds(delay);
    options.rx_buffer = 2000;
    Rig rig(options);
    Peer peer;
    rig.bring_up();
    rig.connect(0, peer.port());
    peer.accept(rig);
    const std::string bytes = bytes_of_all_kinds(20'000);
    peer.send(bytes);
    CHECK(read_all(rig, bytes.size()) == bytes);
    for (std::size_t i = 0; i < bytes.size(); i += 1500) {
      const std::string piece = bytes.substr(i, 1500);
      rig.send(0, piece);
      CHECK(peer.receive(rig, piece.size()) == piece);
    }
  }
}

TEST_CASE("a payload is data whatever it looks like, and the echo of it is exact") {
  Rig rig;
  Peer peer;
  rig.bring_up();
  rig.connect(0, peer.port());
  peer.accept(rig);
  const std::string payload = "\r\nOK\r\nAT+CIPCLOSE=0\r\x1a\x1b\x03+++>";
  CHECK(rig.send(0, payload) == "|>|OK||+CIPSEND: 0," + std::to_string(payload.size()) + "," +
                                    std::to_string(payload.size()) + "|");
  CHECK(peer.receive(rig, payload.size()) == payload);
  rig.command("ATE1");
  rig.type("AT+CIPSEND=0,5\r");
  rig.until("\r\n>");
  rig.type("AT\r\n>");
  CHECK(rig.until("+CIPSEND: 0,5,5\r\n") == "AT\r\n>\r\nOK\r\n\r\n+CIPSEND: 0,5,5\r\n");
}

TEST_CASE("URCs wait while a payload is awaited") {
  Rig rig;
  Peer peer;
  rig.bring_up();
  rig.connect(0, peer.port());
  peer.accept(rig);
  rig.type("AT+CIPSEND=0,5\r");
  rig.until("\r\n>");
  peer.send("hello");
  rig.type("hel");
  CHECK(rig.wait(Milliseconds(30)).empty());
  rig.type("lo");
  CHECK(bars(rig.until("+CIPSEND: 0,5,5\r\n")) == "|+CIPRXGET: 1,0||OK||+CIPSEND: 0,5,5|");
}

TEST_CASE("a full receive buffer holds the peer back") {
  Options options;
  options.rx_buffer = 4000;
  Rig rig(options);
  Peer peer;
  rig.bring_up();
  rig.connect(0, peer.port());
  peer.accept(rig);
  peer.send(std::string(100'000, 'x'));
  rig.wait(Milliseconds(50));
  CHECK(rig.command("AT+CIPRXGET=4,0") == "|+CIPRXGET: 4,0,4000||OK|");
  CHECK(read_all(rig, 100'000) == std::string(100'000, 'x'));
}

TEST_CASE("an open link refuses another CIPOPEN, a closed one takes it") {
  Rig rig;
  Peer peer;
  rig.bring_up();
  rig.connect(4, peer.port());
  CHECK(rig.command("AT+CIPOPEN=4,\"TCP\",\"127.0.0.1\",1") == "|+CIPOPEN: 4,4||ERROR|");
  CHECK(rig.command("AT+CIPCLOSE=4") == "|OK|");
  rig.connect(4, peer.port());
}

TEST_CASE("a refused connection is <err> 1") {
  std::uint16_t port = 0;
  {
    const Peer gone;
    port = gone.port();
  }
  Rig rig;
  rig.bring_up();
  rig.type("AT+CIPOPEN=0,\"TCP\",\"127.0.0.1\"," + std::to_string(port) + "\r");
  CHECK(bars(rig.until("+CIPOPEN: 0,1\r\n")) == "|OK||+CIPOPEN: 0,1|");
}

TEST_CASE("closing a link gives the peer what was sent, then its end") {
  Rig rig;
  Peer peer;
  rig.bring_up();
  rig.connect(0, peer.port());
  peer.accept(rig);
  peer.send("unread");
  rig.send(0, "last words");
  rig.command("AT+CIPCLOSE=0");
  CHECK(peer.receive(rig, 10) == "last words");
  CHECK_FALSE(peer.wait_for_end(rig));
}

TEST_CASE("a lost link gives its number free only once it is drained") {
  Options options;
  options.listens = {{8080, 0}};
  Rig rig(options);
  Peer peer;
  rig.bring_up();
  rig.connect(0, peer.port());
  peer.accept(rig);
  peer.send("keep");
  rig.until("+CIPRXGET: 1,0\r\n");
  peer.close();
  rig.until("+IPCLOSE: 0,1\r\n");
  CHECK(rig.command("AT+SERVERSTART=8080,0") == "|OK|");
  // The module's own way in is as good a client as any.
  rig.connect(9, rig.modem.stack.servers().ports()[0].real_port);
  rig.until("+CLIENT: 1,0,127.0.0.1:");
  CHECK(rig.command("AT+CIPRXGET=2,0").find("keep") != std::string::npos);
}

TEST_CASE("hairpin: the module reaches its own server under its own address") {
  Options options;
  options.hairpin = true;
  Rig rig(options);
  rig.bring_up();
  CHECK(rig.command("AT+SERVERSTART=8080,2") == "|OK|");
  rig.type("AT+CIPOPEN=9,\"TCP\",\"10.148.0.17\",8080\r");
  // Which end says so first is left open.
  rig.run_until([&] { return rig.modem.stack.link(9).open() && rig.modem.stack.link(0).open(); });
  const std::string both = rig.wait(Milliseconds(10));
  CHECK(both.find("+CIPOPEN: 9,0\r\n") != std::string::npos);
  CHECK(both.find("+CLIENT: 0,2,10.148.0.17:") != std::string::npos);
  rig.send(9, "round trip");
  rig.until("+CIPRXGET: 1,0\r\n");
  CHECK(rig.command("AT+CIPRXGET=2,0").find("round trip") != std::string::npos);
}

TEST_CASE("hairpin: UDP links of the module reach each other") {
  Options options;
  options.hairpin = true;
  Rig rig(options);
  rig.bring_up();
  CHECK(rig.command("AT+CIPOPEN=0,\"UDP\",,,5000") == "|+CIPOPEN: 0,0||OK|");
  CHECK(rig.command("AT+CIPOPEN=1,\"UDP\",,,6000") == "|+CIPOPEN: 1,0||OK|");
  rig.command("AT+CIPRXGET=0");
  rig.type("AT+CIPSEND=0,4,\"10.148.0.17\",6000\r");
  rig.until(">");
  rig.type("ping");
  CHECK(bars(rig.until("ping")) == "|OK||+CIPSEND: 0,4,4||RECV FROM:10.148.0.17:5000|+IPD4|ping");
}

TEST_CASE("without hairpin the module's own address leads nowhere") {
  Rig rig;
  rig.bring_up();
  rig.modem.stack.settings.cipopen_timeout = Milliseconds(50);
  rig.command("AT+SERVERSTART=8080,0");
  rig.type("AT+CIPOPEN=9,\"TCP\",\"10.148.0.17\",8080\r");
  rig.until("+CIPOPEN: 9,10\r\n");
}

TEST_CASE("an eleventh client waits in the backlog until a link is free") {
  Options options;
  options.hairpin = true;
  Rig rig(options);
  rig.bring_up();
  rig.command("AT+SERVERSTART=8080,0");
  for (int link = 9; link >= 5; --link) {
    rig.type("AT+CIPOPEN=" + std::to_string(link) + ",\"TCP\",\"10.148.0.17\",8080\r");
    rig.until("+CLIENT: " + std::to_string(9 - link) + ",0,");
  }
  rig.wait(Milliseconds(20));
  CHECK(rig.command("AT+CIPCLOSE?") == "|+CIPCLOSE: 1,1,1,1,1,1,1,1,1,1||OK|");
}

TEST_CASE("what crosses the network takes its time, each way") {
  Options options;
  options.net_latency = Milliseconds(60);
  Rig rig(options);
  Peer peer;
  rig.bring_up();
  const Time start = Clock::now();
  rig.connect(0, peer.port());
  CHECK(Clock::now() - start >= Milliseconds(120));
  peer.accept(rig);
  const Time sent = Clock::now();
  rig.send(0, "ping");
  CHECK(peer.receive(rig, 4) == "ping");
  CHECK(Clock::now() - sent >= Milliseconds(60));
  peer.send("pong");
  const Time answered = Clock::now();
  rig.until("+CIPRXGET: 1,0\r\n");
  CHECK(Clock::now() - answered >= Milliseconds(59));
}

TEST_CASE("waiting for the ACK waits for the network both ways") {
  Options options;
  options.net_latency = Milliseconds(40);
  Rig rig(options);
  Peer peer;
  rig.bring_up();
  rig.connect(0, peer.port());
  rig.command("AT+CIPSENDMODE=1");
  const Time start = Clock::now();
  rig.send(0, "ping");
  CHECK(Clock::now() - start >= Milliseconds(80));
}

TEST_CASE("a push waits for CIPCCFG's delay") {
  Rig rig;
  Peer peer;
  rig.bring_up();
  rig.command("AT+CIPRXGET=0");
  rig.command("AT+CIPCCFG=,80");
  rig.connect(0, peer.port());
  peer.accept(rig);
  const Time start = Clock::now();
  peer.send("one");
  rig.until("+IPD");
  CHECK(Clock::now() - start >= Milliseconds(79));
}

}  // namespace
}  // namespace a7600::sim
