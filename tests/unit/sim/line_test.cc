// SPDX-License-Identifier: MIT
// The line: its rate, its queue, its port.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "rig.h"

namespace a7600::sim {
namespace {

double seconds_since(Time start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

TEST_CASE("output that the port doesn't take yet is queued, not lost") {
  Rig rig;
  Peer peer;
  rig.bring_up();
  rig.command("AT+CIPRXGET=0");
  rig.command("AT+CIPHEAD=0");
  rig.command("AT+CIPSRIP=0");
  rig.connect(0, peer.port());
  peer.accept(rig);
  // Turns without reading: the port fills up.
  const std::string sent(200'000, 'x');
  peer.send(sent);
  for (int i = 0; i < 200; ++i) rig.loop.turn(Milliseconds(1));
  std::string got;
  while (got.size() < sent.size()) {
    for (const char c : rig.wait(Milliseconds(5))) {
      if (c == 'x') got += c;
    }
  }
  CHECK((got == sent));
}

// From above, a paced line's time is also this machine's: only the other side is checked.
TEST_CASE("a paced line is never faster than its rate") {
  Options options;
  options.baud = 115200;
  Rig rig(options);
  rig.command("ATE0");
  const Time start = Clock::now();
  std::size_t bytes = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string answer = rig.command("AT+CPSI?");
    bytes += std::string_view("AT+CPSI?\r").size() + answer.size() + 4;  // a '|' is two bytes
  }
  const double least = static_cast<double>(bytes) * 10 / 115200;
  CHECK(seconds_since(start) >= least);
}

TEST_CASE("a paced line takes input no faster than its rate") {
  Options options;
  options.baud = 115200;
  Rig rig(options);
  Peer peer;
  rig.bring_up();
  rig.connect(0, peer.port());
  rig.type("AT+CIPSEND=0,1500\r");
  rig.until(">");
  const Time start = Clock::now();
  rig.type(std::string(1500, 'x'));
  rig.until("OK\r\n");
  CHECK(seconds_since(start) >= 1506 * 10.0 / 115200);
}

TEST_CASE("a new rate holds from after its OK") {
  Options options;
  options.baud = 9600;
  Rig rig(options);
  rig.command("ATE0");
  CHECK(rig.command("AT+IPR=115200") == "|OK|");
  CHECK(rig.modem.first.line.rate() == 115200);
  const Time start = Clock::now();
  const std::string answer = rig.command("AT+CPSI?");
  CHECK(seconds_since(start) >= static_cast<double>(answer.size()) * 10 / 115200);
}

TEST_CASE("the turnaround stands between a command and its answer, a payload and its OK") {
  Options options;
  options.latency = Milliseconds(40);
  Rig rig(options);
  Peer peer;
  rig.bring_up();
  rig.connect(0, peer.port());
  Time start = Clock::now();
  rig.command("AT+CSQ");
  CHECK(Clock::now() - start >= Milliseconds(40));
  start = Clock::now();
  rig.send(0, "hello");
  CHECK(Clock::now() - start >= Milliseconds(80));
}

TEST_CASE("a host that comes back finds the port and the module as they were") {
  Rig rig;
  rig.bring_up();
  rig.open_port();
  CHECK(rig.command("AT+NETOPEN?") == "|+NETOPEN: 1||OK|");
}

TEST_CASE("a port that was unplugged comes back under its link") {
  Options options;
  options.link = "/tmp/a7600-sim-test-link-" + std::to_string(::getpid());
  Rig rig(options);
  rig.command("ATE0");
  rig.modem.first.unplug(Milliseconds(20));
  CHECK(::access(options.link.c_str(), F_OK) != 0);
  rig.run_until([&] { return ::access(options.link.c_str(), F_OK) == 0; });
  rig.open_port();
  CHECK(rig.command("AT") == "|OK|");
}

}  // namespace
}  // namespace a7600::sim
