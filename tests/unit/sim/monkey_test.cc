// SPDX-License-Identifier: MIT
// A host that types at random, every fault at once: whatever it does, a restart gives a fresh
// module. Worth most under the sanitizers.
#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "rig.h"

namespace a7600::sim {
namespace {

constexpr std::string_view kFaults =
    "fragment=1,silence=5@5,late-answer=3,noise@10,blank,urc,urc-before-echo@10,"
    "urc-between-lines@10,urc-before-prompt@10,chatter=20,echo-back,late-prompt=2@30,no-prompt,"
    "swap-order,miss-data-urc,repeat-data-urc,overflow,short-send,send-zero,send-failed,send-busy,"
    "send-error,no-send-result,no-send-answer,link-collision,clients-high,open-error,open-anyway,"
    "close-error,server-error,stop-error,ip-error,remote-close=500@50,net-error@20,netclose-error@"
    "20,"
    "net-drop=3000@5,net-drop-open=3000@5,dns-error,dns-slow=2,reboot=1500@1,reboot-out=1500@1,"
    "reboot-in-payload@2,reboot-in-open@2,boot-ms=5,unplug=3@1";

class Monkey {
 public:
  explicit Monkey(std::uint64_t seed, const Options& options)
      : rig_(options), log_(rig_.loop, ""), dice_(seed, log_) {
    const auto reason = rig_.faults.set(kFaults);
    INFO(reason.value_or(""));
    REQUIRE_FALSE(reason);
    rig_.modem.faults_changed();
    rig_.modem.first.on_new_port = [this] { rig_.open_port(); };
  }

  void step() {
    const std::string number = std::to_string(dice_.random(11));
    const std::string port = std::to_string(peer_.port());
    const std::string real = std::to_string(rig_.modem.stack.servers().ports().empty()
                                                ? 1
                                                : rig_.modem.stack.servers().ports()[0].real_port);
    const std::array<std::string, 28> lines = {
        "AT+NETOPEN\r",
        "AT+NETOPEN\r",
        "AT+NETCLOSE\r",
        "AT+CIPRXGET=0\r",
        "AT+CIPRXGET=1\r",
        "AT+CIPOPEN=" + number + ",\"TCP\",\"127.0.0.1\"," + port + "\r",
        "AT+CIPOPEN=" + number + ",\"TCP\",\"127.0.0.1\"," + port + "\r",
        "AT+CIPOPEN=" + number + ",\"TCP\",\"10.148.0.17\",8080\r",
        "AT+CIPOPEN=" + number + ",\"TCP\",\"127.0.0.1\"," + real + "\r",
        "AT+CIPOPEN=" + number + ",\"UDP\",,," + std::to_string(5000 + dice_.random(3)) + "\r",
        "AT+CIPSEND=" + number + ",40\r" + std::string(40, 'x'),
        "AT+CIPSEND=" + number + ",1500\r" + std::string(1500, '\r'),
        "AT+CIPSEND=" + number + "\rsome text\x1a",
        "AT+CIPSEND=" + number + ",5,\"10.148.0.17\",5001\rhello",
        "AT+CIPRXGET=2," + number + "\r",
        "AT+CIPRXGET=3," + number + ",20\r",
        "AT+CIPRXGET=4," + number + "\r",
        "AT+CIPCLOSE=" + number + "\r",
        "AT+SERVERSTART=8080,0\r",
        "AT+SERVERSTOP=0\r",
        "AT+CIPMODE=" + std::to_string(dice_.random(1)) + "\r",
        "AT+CDNSGIP=\"data.example\"\r",
        "AT+CIPACK=" + number + "\r",
        "AT+CIPOPEN?\r",
        "ATE" + std::to_string(dice_.random(1)) + ";+CSQ\r",
        "ATO\r",
        "\x1b\x1a",
        std::string(at_most(30), static_cast<char>(at_most(255))),
    };
    rig_.type(lines[at_most(lines.size() - 1)]);
    if (dice_.random(3) == 0) rig_.wait(Milliseconds(dice_.random(4)));
    if (dice_.random(20) == 0) rig_.modem.first.dtr_dropped();
    peer_.answer_somebody(dice_.random(3));
  }

  void check_that_a_restart_heals() {
    rig_.faults.clear("");
    rig_.modem.faults_changed();
    // To the last byte: chatter has a "PB DONE", too.
    while (!rig_.wait(Milliseconds(20)).empty()) continue;
    rig_.modem.reboot();
    rig_.until("PB DONE");
    rig_.until("\n");
    CHECK(answer("ATE0") == "ATE0\nOK\n");
    CHECK(answer("AT+CIPCLOSE?") == "\n+CIPCLOSE: 0,0,0,0,0,0,0,0,0,0\n\nOK\n");
  }

 private:
  std::size_t at_most(std::size_t most) { return static_cast<std::size_t>(dice_.random(most)); }

  // Without CR, of which the firmwares put one or more before a LF.
  std::string answer(const std::string& command) {
    rig_.type(command + "\r");
    std::string lines = rig_.until("OK");
    lines += rig_.until("\n");
    std::erase(lines, '\r');
    return lines;
  }

  Rig rig_;
  Log log_;
  Faults dice_;
  Crowd peer_;
};

TEST_CASE("a module that everything has happened to is fresh after a restart") {
  for (const char* profile : {"manual", "a7670", "sim7600", "odd"}) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      Options options;
      options.profile = profile;
      options.hairpin = seed % 2 == 0;
      options.listens = {{8080, 0}};
      options.names = {*parse_dns("data.example=127.0.0.1")};
      options.rx_buffer = 2000;
      options.net_latency = Milliseconds(seed == 3 ? 2 : 0);
      options.seed = seed;
      INFO(profile << ", seed " << seed);
      Monkey monkey(seed, options);
      for (int i = 0; i < 250; ++i) monkey.step();
      monkey.check_that_a_restart_heals();
    }
  }
}

}  // namespace
}  // namespace a7600::sim
