// SPDX-License-Identifier: MIT
#include "profile.h"

#include <catch2/catch.hpp>
#include <string>

#include "rig.h"

namespace a7600::sim {
namespace {

Options with(const char* profile) {
  Options options;
  options.profile = profile;
  options.names = {*parse_dns("data.example=203.0.113.1"), *parse_dns("data.example=203.0.113.2")};
  return options;
}

std::string open_refused(Rig& rig) {
  rig.modem.router.add(*parse_map("203.0.113.9=refused"));
  rig.type("AT+CIPOPEN=5,\"TCP\",\"203.0.113.9\",80\r");
  const std::string text = rig.until("+CIPOPEN: 5,1\r\n");
  return bars(text + rig.wait(Milliseconds(10)));
}

TEST_CASE("every profile has its name once and boot lines") {
  for (const Profile& profile : profiles()) {
    CHECK(find_profile(profile.name) == &profile);
    CHECK_FALSE(profile.boot_lines.empty());
    CHECK(profile.prompt.find('>') != std::string_view::npos);
  }
  CHECK(find_profile("none") == nullptr);
}

TEST_CASE("a7670: a failed CIPOPEN ends with ERROR, the prompt has a space, names all addresses") {
  Rig rig(with("a7670"));
  Peer peer;
  rig.bring_up();
  CHECK(open_refused(rig) == "|+CIPOPEN: 5,1||ERROR|");
  rig.type("AT+CIPOPEN=0,\"TCP\",\"127.0.0.1\"," + std::to_string(peer.port()) + "\r");
  CHECK(bars(rig.until("+CIPOPEN: 0,0\r\n")) == "|OK||+CIPOPEN: 0,0|");
  CHECK(rig.send(0, "hi") == "|> |OK||+CIPSEND: 0,2,2|");
  CHECK(rig.command("AT+CDNSGIP=\"data.example\"") ==
        "|+CDNSGIP: 1,\"data.example\",\"203.0.113.1\"|+CDNSGIP: 2,\"data.example\",\"203.0.113.2\""
        "||OK|");
  CHECK(rig.command("AT+CIPRXGET=?") == "|+CIPRXGET: (0-5),(0-9),(1-1500)||OK|");
}

TEST_CASE("a7670: CIPRXGET=5 gives one datagram with its sender") {
  Options options = with("a7670");
  options.hairpin = true;
  Rig rig(options);
  rig.bring_up();
  rig.command("AT+CIPOPEN=0,\"UDP\",,,5000");
  rig.command("AT+CIPOPEN=1,\"UDP\",,,6000");
  for (const char* payload : {"one", "two"}) {
    rig.type("AT+CIPSEND=1,3,\"10.148.0.17\",5000\r");
    rig.until(">");
    rig.type(payload);
    rig.until("+CIPSEND: 1,3,3\r\n");
  }
  rig.run_until([&] { return rig.modem.stack.link(0).received().size() == 6; });
  rig.wait(Milliseconds(5));
  CHECK(rig.command("AT+CIPRXGET=5,0") == "|+CIPRXGET: 5,0,3,3,\"10.148.0.17\",6000|one||OK|");
  CHECK(rig.command("AT+CIPRXGET=5,0,2") == "|+CIPRXGET: 5,0,2,1,\"10.148.0.17\",6000|tw||OK|");
}

TEST_CASE("sim7600: results stand before OK, the prompt has a line end, NETCLOSE names links") {
  Rig rig(with("sim7600"));
  Peer peer;
  rig.bring_up();
  CHECK(open_refused(rig) == "|+CIPOPEN: 5,1||ERROR|");
  rig.type("AT+CIPOPEN=0,\"TCP\",\"127.0.0.1\"," + std::to_string(peer.port()) + "\r");
  CHECK(bars(rig.until("OK\r\n")) == "|+CIPOPEN: 0,0||OK|");
  peer.accept(rig);
  CHECK(rig.send(0, "hi") == "|>||OK||+CIPSEND: 0,2,2|");
  peer.send("hello");
  rig.until("+CIPRXGET: 1,0\r\n");
  CHECK(rig.command("AT+CIPRXGET=2,0") == "|+CIPRXGET: 2,0,5,0|hello|OK|");
  rig.type("AT+NETCLOSE\r");
  CHECK(bars(rig.until("OK\r\n")) == "|+IPCLOSE: 0,0||+NETCLOSE: 0||OK|");
}

TEST_CASE("sim7600: +RECEIVE ends with a colon") {
  Rig rig(with("sim7600"));
  Peer peer;
  rig.bring_up();
  rig.command("AT+CIPRXGET=0");
  rig.command("AT+CIPCCFG=,,,,1");
  rig.command("AT+CIPSRIP=0");
  rig.connect(0, peer.port());
  peer.accept(rig);
  peer.send("hello");
  CHECK(bars(rig.until("hello")).find("|+RECEIVE,0,5:|hello") != std::string::npos);
}

TEST_CASE("odd: CR CR LF, empty fields, a header that does not name the link") {
  Rig rig(with("odd"));
  Peer peer;
  // Types a command and returns its answer, echo included.
  const auto answer = [&rig](const std::string& text) {
    rig.type(text + "\r");
    return rig.until("OK\r\r\n");
  };
  answer("ATE0");
  answer("AT+NETOPEN");
  rig.until("+NETOPEN: 0\r\r\n");
  CHECK(answer("AT+NETOPEN?") == "\r\r\n+NETOPEN: 1,0\r\r\n\r\r\nOK\r\r\n");
  answer("AT+CIPCCFG=,,,,1");
  answer("AT+CIPOPEN=0,\"TCP\",\"127.0.0.1\"," + std::to_string(peer.port()));
  rig.until("+CIPOPEN: 0,0\r\r\n");
  peer.accept(rig);
  CHECK(answer("AT+CIPOPEN?").find("+CIPOPEN: 1,\"\",\"\",,\r\r\n") != std::string::npos);
  peer.send("hello");
  const std::string pushed = rig.until("hello");
  CHECK(pushed.substr(pushed.find("+IPD")) == "+IPD5\r\r\nhello");
}

}  // namespace
}  // namespace a7600::sim
