// SPDX-License-Identifier: MIT
#include "control.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "rig.h"

namespace a7600::sim {
namespace {

// A rig with a control socket and somebody at it.
class Controlled {
 public:
  explicit Controlled(Options options = {})
      : rig(std::move(options)),
        path_("/tmp/a7600-sim-test-" + std::to_string(::getpid())),
        control_(rig.loop, rig.modem, path_),
        socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
  }

  std::string ask(const std::string& request) {
    const std::string line = request + "\n";
    REQUIRE(::send(socket_.get(), line.data(), line.size(), 0) ==
            static_cast<ssize_t>(line.size()));
    std::string answer;
    rig.run_until([&] {
      char bytes[4096];
      const ssize_t got = ::recv(socket_.get(), bytes, sizeof bytes, 0);
      if (got > 0) answer.append(bytes, static_cast<std::size_t>(got));
      return !answer.empty() && answer.back() == '\n';
    });
    answer.pop_back();
    return answer;
  }

  Rig rig;

 private:
  std::string path_;
  Control control_;
  UniqueFd socket_;
};

TEST_CASE("faults are set, listed and cleared while it runs") {
  Controlled c;
  CHECK(c.ask("faults") == "ok");
  CHECK(c.ask("fault deaf") == "ok");
  CHECK(c.ask("faults") == "ok deaf@100");
  c.rig.type("AT\r");
  CHECK(c.rig.wait(Milliseconds(30)).empty());
  CHECK(c.ask("clear") == "ok");
  CHECK(c.rig.command("AT") == "AT\r|OK|");
  CHECK(c.ask("fault nonsense").substr(0, 6) == "error ");
  CHECK(c.ask("clear nonsense").substr(0, 6) == "error ");
}

TEST_CASE("a request may be for the second port") {
  Options options;
  options.second_port = true;
  Controlled c(options);
  CHECK(c.ask("second fault deaf") == "ok");
  CHECK(c.ask("faults") == "ok");
  CHECK(c.ask("second faults") == "ok deaf@100");
  CHECK(c.rig.command("AT") == "AT\r|OK|");
  c.rig.use_second();
  c.rig.type("AT\r");
  CHECK(c.rig.wait(Milliseconds(30)).empty());
  CHECK(c.ask("second clear") == "ok");
  CHECK(c.ask("second urc +CREG: 5") == "ok");
  c.rig.until("\r\n+CREG: 5\r\n");
  CHECK(c.ask("status").find("\"second\":{\"port\":\"/dev/pts/") != std::string::npos);
  CHECK(Controlled().ask("second faults") == "error there is no second port");
}

TEST_CASE("the status is one line of JSON with the counters") {
  Controlled c;
  c.rig.bring_up();
  c.rig.command("AT+NOSUCH");
  const std::string status = c.ask("status");
  CHECK(status.substr(0, 4) == "ok {");
  CHECK(status.find("\"net_open\":true") != std::string::npos);
  CHECK(status.find("\"+NETOPEN\":1") != std::string::npos);
  CHECK(status.find("\"unknown_commands\":1") != std::string::npos);
}

TEST_CASE("the module does what it is told") {
  Controlled c;
  Peer peer;
  c.rig.bring_up();
  c.rig.connect(0, peer.port());
  peer.accept(c.rig);
  CHECK(c.ask("urc +CREG: 5") == "ok");
  c.rig.until("\r\n+CREG: 5\r\n");
  CHECK(c.ask("end 0") == "ok");
  c.rig.until("+IPCLOSE: 0,1\r\n");
  CHECK(c.ask("end 0") == "error not open");
  CHECK(c.ask("end 10") == "error not a link");
  CHECK(c.ask("signal 12") == "ok");
  CHECK(c.rig.command("AT+CSQ") == "|+CSQ: 12,99||OK|");
  CHECK(c.ask("register 5") == "ok");
  CHECK(c.rig.command("AT+CREG?") == "|+CREG: 0,5||OK|");
  CHECK(c.ask("net-drop") == "ok");
  c.rig.until("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n");
  CHECK(c.ask("dns data.example=203.0.113.1") == "ok");
  CHECK(c.ask("map 203.0.113.1=refused") == "ok");
  CHECK(c.ask("map nonsense").substr(0, 6) == "error ");
  CHECK(c.ask("listen-map 8080=0").substr(0, 3) == "ok ");
  CHECK(c.ask("fault boot-ms=10") == "ok");
  CHECK(c.ask("reboot") == "ok");
  c.rig.until("RDY\r\n");
}

TEST_CASE("silence is begun and ended") {
  Controlled c;
  CHECK(c.ask("silence 0") == "ok");
  c.rig.type("AT\r");
  CHECK(c.rig.wait(Milliseconds(30)).empty());
  CHECK(c.ask("silence off") == "ok");
  c.rig.until("OK\r\n");
  CHECK(c.ask("silence x").substr(0, 6) == "error ");
}

TEST_CASE("an unknown request is an error") {
  Controlled c;
  CHECK(c.ask("nonsense") == "error unknown request: nonsense");
  CHECK(c.ask("") == "error unknown request: ");
}

}  // namespace
}  // namespace a7600::sim
