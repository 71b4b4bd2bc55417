// SPDX-License-Identifier: MIT
// Two AT ports of one module: what they share, and what each has for itself.
#include <catch2/catch.hpp>
#include <string>

#include "rig.h"

namespace a7600::sim {
namespace {

Options two_ports(UrcsTo urcs_to = UrcsTo::kFirst) {
  Options options;
  options.second_port = true;
  options.urcs_to = urcs_to;
  return options;
}

// Both ports without echo, and link 5 open to a peer.
struct Open {
  explicit Open(Options options = two_ports()) : rig(std::move(options)) {
    rig.bring_up();
    rig.use_second();
    rig.command("ATE0");
    rig.use_first();
    rig.connect(5, peer.port());
    peer.accept(rig);
  }
  Rig rig;
  Peer peer;
};

TEST_CASE("each port has its own echo, and the module's settings are common") {
  Rig rig(two_ports());
  rig.command("ATE0");
  CHECK(rig.command("AT+CIPRXGET=1") == "|OK|");
  rig.use_second();
  CHECK(rig.command("AT+CIPRXGET?") == "AT+CIPRXGET?\r|+CIPRXGET: 1||OK|");
}

TEST_CASE("a link that one port has opened is read and written by the other") {
  Open o;
  o.rig.use_second();
  CHECK(o.rig.send(5, "hello") == "|>|OK||+CIPSEND: 5,5,5|");
  CHECK(o.peer.receive(o.rig, 5) == "hello");
  o.peer.send("world");
  o.rig.run_until([&] { return !o.rig.modem.stack.link(5).received().empty(); });
  CHECK(o.rig.command("AT+CIPRXGET=2,5") == "|+CIPRXGET: 2,5,5,0|world||OK|");
}

TEST_CASE("a send on the same link by the other port is refused as busy until its result") {
  Open o;
  o.rig.type("AT+CIPSEND=5,3\r");
  o.rig.until(">");
  o.rig.use_second();
  CHECK(o.rig.command("AT+CIPSEND=5,3") == "|+CIPERROR: 8||ERROR|");
  o.rig.use_first();
  o.rig.type("abc");
  o.rig.until("+CIPSEND: 5,3,3\r\n");
  o.rig.use_second();
  CHECK(o.rig.send(5, "def") == "|>|OK||+CIPSEND: 5,3,3|");
}

TEST_CASE("sends on two links overlap, each with its result at its own port") {
  Open o;
  Peer other;
  o.rig.connect(6, other.port());
  other.accept(o.rig);
  o.rig.type("AT+CIPSEND=5,3\r");
  o.rig.until(">");
  o.rig.use_second();
  CHECK(o.rig.send(6, "def") == "|>|OK||+CIPSEND: 6,3,3|");
  CHECK(other.receive(o.rig, 3) == "def");
  o.rig.use_first();
  o.rig.type("abc");
  CHECK(bars(o.rig.until("+CIPSEND: 5,3,3\r\n")) == "|OK||+CIPSEND: 5,3,3|");
}

TEST_CASE("URCs come to the first port, to both, or to the one that has opened the link") {
  const auto heard = [](UrcsTo to) {
    Open o(two_ports(to));
    o.rig.use_second();
    Peer other;
    o.rig.connect(6, other.port());
    other.accept(o.rig);
    o.peer.close();
    other.close();
    o.rig.run_until(
        [&] { return !o.rig.modem.stack.link(5).open() && !o.rig.modem.stack.link(6).open(); });
    std::string second = o.rig.wait(Milliseconds(20));
    o.rig.use_first();
    return bars(o.rig.wait(Milliseconds(20))) + " / " + bars(second);
  };
  CHECK(heard(UrcsTo::kFirst) == "|+IPCLOSE: 5,1||+IPCLOSE: 6,1| / ");
  CHECK(heard(UrcsTo::kBoth) == "|+IPCLOSE: 5,1||+IPCLOSE: 6,1| / |+IPCLOSE: 5,1||+IPCLOSE: 6,1|");
  CHECK(heard(UrcsTo::kOpener) == "|+IPCLOSE: 5,1| / |+IPCLOSE: 6,1|");
}

TEST_CASE("pushed data goes on at the first port while the second awaits a payload") {
  Open o;
  o.rig.command("AT+CIPRXGET=0");
  o.rig.use_second();
  o.rig.type("AT+CIPSEND=5,3\r");
  o.rig.until(">");
  o.peer.send("pushed");
  o.rig.use_first();
  CHECK(bars(o.rig.until("pushed")).ends_with("+IPD6|pushed"));
  o.rig.use_second();
  o.rig.type("abc");
  CHECK(bars(o.rig.until("+CIPSEND: 5,3,3\r\n")) == "|OK||+CIPSEND: 5,3,3|");
}

TEST_CASE("the second port has a turnaround of its own") {
  Options options = two_ports();
  options.second_latency = Milliseconds(60'000);
  Rig rig(options);
  rig.use_second();
  rig.type("AT\r");
  rig.use_first();
  CHECK(rig.command("AT") == "AT\r|OK|");
  rig.use_second();
  CHECK(rig.wait(Milliseconds(20)) == "AT\r");
}

TEST_CASE("faults of the second port leave the first alone") {
  Options options = two_ports();
  options.second_faults = {"send-error=7@100"};
  Open o(options);
  CHECK(o.rig.send(5, "hello") == "|>|OK||+CIPSEND: 5,5,5|");
  o.rig.use_second();
  CHECK(o.rig.command("AT+CIPSEND=5,3") == "|+CIPERROR: 7||ERROR|");
}

TEST_CASE("a restart by way of one port restarts both") {
  Open o;
  o.rig.use_second();
  o.rig.type("AT+CRESET\r");
  o.rig.use_first();
  o.rig.until("PB DONE\r\n");
  CHECK(o.rig.command("AT") == "AT\r|OK|");
  o.rig.use_second();
  o.rig.until("OK\r\n");
  CHECK(o.rig.command("AT+NETOPEN?") == "AT+NETOPEN?\r|+NETOPEN: 0||OK|");
}

TEST_CASE("one port is in data mode while the other takes commands") {
  Rig rig(two_ports());
  Peer peer;
  rig.command("ATE0");
  rig.command("AT+CIPMODE=1");
  rig.type("AT+NETOPEN\r");
  rig.until("+NETOPEN: 0\r\n");
  rig.use_second();
  rig.command("ATE0");
  rig.use_first();
  rig.type("AT+CIPOPEN=0,\"TCP\",\"127.0.0.1\"," + std::to_string(peer.port()) + "\r");
  rig.until("CONNECT 115200\r\n");
  peer.accept(rig);
  rig.type("raw");
  CHECK(peer.receive(rig, 3) == "raw");
  rig.use_second();
  CHECK(rig.command("AT+CSQ") == "|+CSQ: 25,99||OK|");
  rig.type("ATO\r");
  CHECK(bars(rig.until("NO CARRIER\r\n")) == "|NO CARRIER|");
  peer.send("back");
  rig.use_first();
  CHECK(rig.until("back") == "back");
}

TEST_CASE("the second port is unplugged and comes back by itself") {
  Open o;
  bool back = false;
  o.rig.modem.second()->on_new_port = [&] { back = true; };
  o.rig.modem.second()->unplug(Milliseconds(10));
  CHECK(o.rig.command("AT") == "|OK|");
  o.rig.run_until([&] { return back; });
  o.rig.open_port();
  o.rig.use_second();
  CHECK(o.rig.command("AT") == "|OK|");
}

}  // namespace
}  // namespace a7600::sim
