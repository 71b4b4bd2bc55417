// SPDX-License-Identifier: MIT
#include "at/command.h"

#include <catch2/catch.hpp>

namespace a7600::at {
namespace {

using namespace std::chrono_literals;

const Endpoint kPeer = {{0x75830000 + (85 << 8) + 139}, 5253};  // 117.131.85.139:5253

TEST_CASE("a TCP connection is opened as in 6.2.1.1") {
  CHECK(open_tcp(1, kPeer, std::nullopt) == "AT+CIPOPEN=1,\"TCP\",\"117.131.85.139\",5253");
}

TEST_CASE("a TCP connection may name its local port, 0 included") {
  CHECK(open_tcp(9, kPeer, 4000) == "AT+CIPOPEN=9,\"TCP\",\"117.131.85.139\",5253,4000");
  CHECK(open_tcp(9, kPeer, 0) == "AT+CIPOPEN=9,\"TCP\",\"117.131.85.139\",5253,0");
}

TEST_CASE("a UDP link is opened as in 6.3.1.1") {
  CHECK(open_udp(1, 5000) == "AT+CIPOPEN=1,\"UDP\",,,5000");
}

TEST_CASE("data is announced as in 6.2.1.2 and 6.3.1.2") {
  CHECK(send(1, 5) == "AT+CIPSEND=1,5");
  CHECK(send(0, kLargestSend) == "AT+CIPSEND=0,1500");
  CHECK(send_to(1, 5, {kPeer.ip, 5254}) == "AT+CIPSEND=1,5,\"117.131.85.139\",5254");
}

TEST_CASE("data is read, and links are closed, by number") {
  CHECK(read(2) == "AT+CIPRXGET=2,2");
  CHECK(close(1) == "AT+CIPCLOSE=1");
}

TEST_CASE("servers are started and stopped as in 6.4.2") {
  CHECK(server_start(8080, 0) == "AT+SERVERSTART=8080,0");
  CHECK(server_start(65535, 3) == "AT+SERVERSTART=65535,3");
  CHECK(server_stop(3) == "AT+SERVERSTOP=3");
}

TEST_CASE("a name is looked up as in 2.17") {
  CHECK(resolve(*HostName::parse("www.baidu.com")) == "AT+CDNSGIP=\"www.baidu.com\"");
}

TEST_CASE("timeouts are milliseconds") {
  CHECK(timeouts({120'000, 3000, 4500}) == "AT+CIPTIMEOUT=120000,3000,4500");
}

TEST_CASE("the socket configuration has seven numbers") {
  CHECK(set_socket_config({10, 0, 0, 1, 1, 0, 500}) == "AT+CIPCCFG=10,0,0,1,1,0,500");
}

TEST_CASE("a login has the password before the user, and no quotes in either") {
  using Type = Login::Type;
  CHECK(authenticate({Type::kPap, "joe", "pw, 1"}) == "AT+CGAUTH=1,1,\"pw, 1\",\"joe\"");
  CHECK_FALSE(authenticate({Type::kPap, "j\"", "pw"}).has_value());
  CHECK_FALSE(authenticate({Type::kPap, "joe", "p\r"}).has_value());
}

TEST_CASE("an APN is quoted") { CHECK(define_context("CMNET") == "AT+CGDCONT=1,\"IP\",\"CMNET\""); }

TEST_CASE("an APN that could end the command, or add to it, is refused") {
  for (const char* apn :
       {"", "a\"b", "a b", "a\rAT+CFUN=0", "a\n", "\x7f", "caf\xc3\xa9", "a\tb"}) {
    INFO(apn);
    CHECK_FALSE(define_context(apn).has_value());
  }
  CHECK_FALSE(define_context(std::string_view("a\0b", 3)).has_value());
}

TEST_CASE("a PIN is four to eight digits") {
  CHECK(enter_pin("1234") == "AT+CPIN=\"1234\"");
  CHECK(enter_pin("12345678") == "AT+CPIN=\"12345678\"");
  for (const char* pin : {"", "123", "123456789", "12a4", "12 4", "1234\r", "\"\"\"\""}) {
    INFO(pin);
    CHECK_FALSE(enter_pin(pin).has_value());
  }
}

}  // namespace
}  // namespace a7600::at
