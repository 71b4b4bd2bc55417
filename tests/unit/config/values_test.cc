// SPDX-License-Identifier: MIT
#include "config/values.h"

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

namespace a7600::config {
namespace {

const Variable& variable(std::string_view name) {
  for (const Variable& one : variables()) {
    if (one.name == name) return one;
  }
  FAIL("no variable " << name);
  return variables()[0];
}

// The sentence about a wrong value; empty when the value is right.
std::string set(Config& config, std::string_view name, std::string_view value) {
  const Status status = assign(config, variable(name), name, value);
  if (status) return "";
  CHECK(status.error().posix == EINVAL);
  CHECK(status.error().modem == -1);
  return status.error().text;
}

bool accepts(std::string_view name, std::string_view value) {
  Config config;
  return set(config, name, value).empty();
}

TEST_CASE("A7600_PORT is auto, an absolute path or tcp:HOST:PORT") {
  for (const char* good :
       {"auto", "/dev/ttyUSB2", "/dev/serial/by-id/usb-SIMCom_A7600-if04-port0",
        "tcp:10.0.0.1:2000", "tcp:localhost:1", "tcp:serial-server.example_net:65535"}) {
    Config config;
    CHECK(set(config, "A7600_PORT", good) == "");
    CHECK(config.port == good);
    CHECK(config.second_port.empty());
  }
  for (const char* bad : {"", "/", "ttyUSB2", "Auto", "COM3", "tcp:", "tcp:host", "tcp::2000",
                          "tcp:host:", "tcp:host:0", "tcp:host:65536", "tcp:host:1x", "tcp:ho st:1",
                          "tcp:a:b:1", "udp:host:1"}) {
    INFO(bad);
    CHECK_FALSE(accepts("A7600_PORT", bad));
  }
  Config config;
  CHECK(set(config, "A7600_PORT", "COM3") ==
        "A7600_PORT: \"COM3\" is not a port; allowed: auto, an absolute path, or tcp:HOST:PORT; or "
        "two ports of one module, PORT,PORT2, neither of them auto");
  CHECK(config.port == "auto");
}

TEST_CASE("A7600_PORT may name a second port of the module, and only one, and another one") {
  Config config;
  CHECK(set(config, "A7600_PORT", "/dev/ttyUSB2,tcp:10.0.0.1:2000") == "");
  CHECK(config.port == "/dev/ttyUSB2");
  CHECK(config.second_port == "tcp:10.0.0.1:2000");
  for (const char* bad :
       {"/dev/ttyUSB2,", ",/dev/ttyUSB2", "/dev/ttyUSB2,/dev/ttyUSB2", "/dev/ttyUSB2,ttyUSB3",
        "/dev/ttyUSB2, /dev/ttyUSB3", "/dev/ttyUSB1,/dev/ttyUSB2,/dev/ttyUSB3", "auto,auto",
        "auto,/dev/ttyUSB3", "/dev/ttyUSB2,auto"}) {
    INFO(bad);
    CHECK_FALSE(accepts("A7600_PORT", bad));
  }
  CHECK(config.second_port == "tcp:10.0.0.1:2000");
  CHECK(set(config, "A7600_PORT", "/dev/ttyUSB2") == "");
  CHECK(config.second_port.empty());
}

TEST_CASE("A7600_BAUD is a rate from 300 to 4000000") {
  Config config;
  CHECK(set(config, "A7600_BAUD", "300") == "");
  CHECK(config.baud == 300);
  CHECK(set(config, "A7600_BAUD", "4000000") == "");
  CHECK(config.baud == 4000000);
  for (const char* bad : {"", "fast", "299", "4000001", "115200 ", " 115200", "+115200", "-115200",
                          "0x1c200", "115200.0", "115.200", "99999999999999999999"}) {
    INFO(bad);
    CHECK_FALSE(accepts("A7600_BAUD", bad));
  }
  CHECK(set(config, "A7600_BAUD", "fast") ==
        "A7600_BAUD: \"fast\" is not a rate; allowed: 300 to 4000000");
  CHECK(config.baud == 4000000);
}

TEST_CASE("A7600_FLOW, A7600_RX and A7600_MODE are words") {
  Config config;
  CHECK(set(config, "A7600_FLOW", "none") == "");
  CHECK(config.flow == Flow::kNone);
  CHECK(set(config, "A7600_FLOW", "rtscts") == "");
  CHECK(config.flow == Flow::kRtsCts);
  CHECK(set(config, "A7600_FLOW", "auto") == "");
  CHECK(config.flow == Flow::kAuto);
  CHECK(set(config, "A7600_RX", "buffer") == "");
  CHECK(config.rx == Rx::kBuffer);
  CHECK(set(config, "A7600_RX", "push") == "");
  CHECK(config.rx == Rx::kPush);
  CHECK(set(config, "A7600_RX", "auto") == "");
  CHECK(config.rx == Rx::kAuto);
  CHECK(set(config, "A7600_MODE", "transparent") == "");
  CHECK(config.mode == Mode::kTransparent);
  CHECK(set(config, "A7600_MODE", "command") == "");
  CHECK(config.mode == Mode::kCommand);
  for (const char* name : {"A7600_FLOW", "A7600_RX", "A7600_MODE"}) {
    for (const char* bad : {"", "NONE", "none ", "command,transparent", "xonxoff"}) {
      INFO(name << " " << bad);
      CHECK_FALSE(accepts(name, bad));
    }
  }
  CHECK(set(config, "A7600_FLOW", "xonxoff") ==
        "A7600_FLOW: \"xonxoff\" is not a flow control; allowed: none, rtscts, auto");
}

TEST_CASE("A7600_APN holds nothing that could end a quoted string of an AT command") {
  for (const char* good : {"", "internet", "m2m.example-operator.com", "iot_1"}) {
    Config config;
    CHECK(set(config, "A7600_APN", good) == "");
    CHECK(config.apn == good);
  }
  CHECK(accepts("A7600_APN", std::string(100, 'a')));
  CHECK_FALSE(accepts("A7600_APN", std::string(101, 'a')));
  for (const char* bad : {"a\"b", "a b", "a\rAT", "a,b", "a;b", "\xc3\xa4"}) {
    INFO(bad);
    CHECK_FALSE(accepts("A7600_APN", bad));
  }
}

TEST_CASE("A7600_PIN is 4 to 8 digits, or nothing") {
  for (const char* good : {"", "0000", "12345678"}) {
    Config config;
    CHECK(set(config, "A7600_PIN", good) == "");
    CHECK(config.pin == good);
  }
  for (const char* bad : {"123", "123456789", "12a4", "1234 ", "-123", "\"1234\""}) {
    INFO(bad);
    CHECK_FALSE(accepts("A7600_PIN", bad));
  }
}

TEST_CASE("A7600_BYPASS is a list of CIDR[:port]") {
  Config config;
  CHECK(set(config, "A7600_BYPASS", "10.0.0.0/8,127.0.0.1:8080, 192.0.2.0/24:443") == "");
  REQUIRE(config.bypass.size() == 3);
  CHECK(config.bypass[0].network.to_string() == "10.0.0.0");
  CHECK(config.bypass[0].prefix == 8);
  CHECK(config.bypass[0].port == 0);
  CHECK(config.bypass[1].network.to_string() == "127.0.0.1");
  CHECK(config.bypass[1].prefix == 32);
  CHECK(config.bypass[1].port == 8080);
  CHECK(config.bypass[2].prefix == 24);
  CHECK(config.bypass[2].port == 443);
  for (const char* bad :
       {",", "10.0.0.0/8,", ",10.0.0.0/8", "10.0.0.0/8,,127.0.0.1", "10.0.0.0/33", "10.0.0.0/",
        "10.0.0.0/-1", "10.0.0/8", "10.0.0.256", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
        "127.0.0.1:80/8", "localhost", "::1", "10.0.0.0/8 127.0.0.1", "none"}) {
    INFO(bad);
    CHECK_FALSE(accepts("A7600_BYPASS", bad));
  }
  CHECK(set(config, "A7600_BYPASS", "10.0.0.0/33").find("A7600_BYPASS: \"10.0.0.0/33\" is not") ==
        0);
  CHECK(config.bypass.size() == 3);
}

TEST_CASE("an empty A7600_BYPASS bypasses nothing") {
  Config config;
  REQUIRE(config.bypass.size() == 1);
  CHECK(set(config, "A7600_BYPASS", "") == "");
  CHECK(config.bypass.empty());
}

TEST_CASE("A7600_ENGINE is a word or the name of a socket") {
  Config config;
  CHECK(set(config, "A7600_ENGINE", "/run/a7600.sock") == "");
  CHECK(config.engine == EngineChoice::kSocket);
  CHECK(config.engine_socket == "/run/a7600.sock");
  CHECK(set(config, "A7600_ENGINE", "@a7600") == "");
  CHECK(config.engine == EngineChoice::kSocket);
  CHECK(config.engine_socket == "@a7600");
  CHECK(config.engine_pass.is_none());
  const std::string pass = "000102030405060708090a0b0c0d0eff";
  CHECK(set(config, "A7600_ENGINE", "@a7600.1.2+" + pass) == "");
  CHECK(config.engine_socket == "@a7600.1.2");
  CHECK(config.engine_pass.text() == pass);
  CHECK(set(config, "A7600_ENGINE", "@a7600+") == "");
  CHECK(config.engine_socket == "@a7600+");
  CHECK(config.engine_pass.is_none());
  CHECK(set(config, "A7600_ENGINE", "thread") == "");
  CHECK(config.engine == EngineChoice::kThread);
  CHECK(config.engine_socket == "");
  CHECK(set(config, "A7600_ENGINE", "spawn") == "");
  CHECK(config.engine == EngineChoice::kSpawn);
  CHECK(set(config, "A7600_ENGINE", "auto") == "");
  CHECK(config.engine == EngineChoice::kAuto);
  CHECK(accepts("A7600_ENGINE", "/" + std::string(106, 'x')));
  CHECK_FALSE(accepts("A7600_ENGINE", "/" + std::string(107, 'x')));
  for (const char* bad : {"", "@", "/", "run/a7600.sock", "shared"}) {
    INFO(bad);
    CHECK_FALSE(accepts("A7600_ENGINE", bad));
  }
}

TEST_CASE("A7600_TRACE is any file, or off when empty") {
  Config config;
  CHECK(set(config, "A7600_TRACE", "/tmp/trace-%p.pcapng") == "");
  CHECK(config.trace == "/tmp/trace-%p.pcapng");
  CHECK(set(config, "A7600_TRACE", "") == "");
  CHECK(config.trace == "");
}

TEST_CASE("A7600_LOG is LEVEL or LEVEL:FILE") {
  Config config;
  CHECK(set(config, "A7600_LOG", "debug:/tmp/a:b.log") == "");
  CHECK(config.log_level == log::Level::kDebug);
  CHECK(config.log_file == "/tmp/a:b.log");
  CHECK(set(config, "A7600_LOG", "info") == "");
  CHECK(config.log_level == log::Level::kInfo);
  CHECK(config.log_file == "");
  CHECK(set(config, "A7600_LOG", "warn") == "");
  CHECK(config.log_level == log::Level::kWarn);
  CHECK(set(config, "A7600_LOG", "error") == "");
  CHECK(config.log_level == log::Level::kError);
  for (const char* bad : {"", "verbose", "warning", "Debug", "debug:", ":file", "/tmp/file"}) {
    INFO(bad);
    CHECK_FALSE(accepts("A7600_LOG", bad));
  }
}

TEST_CASE("A7600_CONNECT_TIMEOUT is 3 to 120 seconds") {
  Config config;
  CHECK(set(config, "A7600_CONNECT_TIMEOUT", "3") == "");
  CHECK(config.connect_timeout == std::chrono::seconds(3));
  CHECK(set(config, "A7600_CONNECT_TIMEOUT", "120") == "");
  CHECK(config.connect_timeout == std::chrono::seconds(120));
  for (const char* bad : {"", "2", "121", "10s", "1.5", "forever"}) {
    INFO(bad);
    CHECK_FALSE(accepts("A7600_CONNECT_TIMEOUT", bad));
  }
  CHECK(set(config, "A7600_CONNECT_TIMEOUT", "121") ==
        "A7600_CONNECT_TIMEOUT: \"121\" is not a number of seconds; allowed: 3 to 120");
}

TEST_CASE("a value in a sentence keeps to one short line") {
  CHECK(in_quotes("a\r\nb\x1b") == "\"a??b?\"");
  CHECK(in_quotes(std::string(5000, 'x')).size() < 200);
}

TEST_CASE("user and password for the APN are what can stand between quotes") {
  Config config;
  CHECK(set(config, "A7600_APN_USER", "joe@example.org") == "");
  CHECK(set(config, "A7600_APN_PASSWORD", "let me in, 100 %") == "");
  CHECK(config.apn_user == "joe@example.org");
  CHECK(config.apn_password == "let me in, 100 %");
  for (const std::string& bad :
       {std::string("a\"b"), std::string("a\rb"), std::string("\xc3\xa9"), std::string(128, 'a')}) {
    CHECK_FALSE(accepts("A7600_APN_USER", bad));
    CHECK_FALSE(accepts("A7600_APN_PASSWORD", bad));
  }
  CHECK(set(config, "A7600_APN_AUTH", "chap") == "");
  CHECK(config.apn_auth == ApnAuth::kChap);
  CHECK_FALSE(accepts("A7600_APN_AUTH", "mschap"));
}

TEST_CASE("a wrong password is not shown") {
  Config config;
  CHECK(set(config, "A7600_APN_PASSWORD", "secret\"") ==
        "A7600_APN_PASSWORD: what is set is not a password; allowed: up to 127 printable "
        "characters without quotes");
}

}  // namespace
}  // namespace a7600::config
