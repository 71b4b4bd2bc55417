// SPDX-License-Identifier: MIT
#include "engine/dns.h"

#include <catch2/catch.hpp>
#include <string>

namespace a7600::engine::dns {
namespace {

using namespace std::string_literals;

// "host.example", of class IN, of `type`, with recursion desired.
std::string question(char type) {
  return "\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x04host\x07"s + "example\0\0"s + type + "\0\x01"s;
}

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_CASE("a question is read") {
  const auto query = parse_query(bytes(question(1)));
  REQUIRE(query);
  CHECK(query->name == "host.example");
  CHECK(query->wants_ipv4);
  CHECK_FALSE(query->wants_ipv6);
  CHECK_FALSE(parse_query(bytes(question(28)))->wants_ipv4);
  CHECK(parse_query(bytes(question(28)))->wants_ipv6);
  CHECK_FALSE(parse_query(bytes(question(12)))->wants_ipv6);
}

TEST_CASE("what follows the question is left alone") {
  const std::string edns = "\0\0\x29\x10\0\0\0\0\0\0\0"s;
  std::string asked = question(1) + edns;
  asked[11] = 1;
  const auto query = parse_query(bytes(asked));
  REQUIRE(query);
  CHECK(query->head.size() == question(1).size());
  CHECK(text(answer(*query, Outcome::kFound, {}))[11] == 0);
}

TEST_CASE("what is no question gets no answer") {
  const std::string good = question(1);
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(parse_query(bytes(good.substr(0, size))));
  }
  std::string response = good;
  response[2] = '\x81';
  CHECK_FALSE(parse_query(bytes(response)));
  std::string two = good;
  two[5] = 2;
  CHECK_FALSE(parse_query(bytes(two)));
  std::string pointer = good;
  pointer[12] = '\xc0';
  CHECK_FALSE(parse_query(bytes(pointer)));
  CHECK_FALSE(parse_query(bytes(good + std::string(600, 'x'))));
}

TEST_CASE("an answer holds the question and the addresses") {
  const auto query = parse_query(bytes(question(1)));
  const std::vector<Ipv4> addresses = {{0xcb007107}};
  std::string expected = question(1) + "\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xcb\x00\x71\x07"s;
  expected[2] = '\x81';
  expected[3] = '\x80';
  expected[7] = 1;
  CHECK(text(answer(*query, Outcome::kFound, addresses)) == expected);
}

TEST_CASE("an answer has 512 bytes at most") {
  const auto query = parse_query(bytes(question(1)));
  const auto out = answer(*query, Outcome::kFound, std::vector<Ipv4>(100));
  CHECK(out.size() <= 512);
  CHECK(std::to_integer<std::size_t>(out[7]) == (out.size() - query->head.size()) / 16);
}

TEST_CASE("a name that is not there and a failure are told apart") {
  const auto query = parse_query(bytes(question(1)));
  CHECK((answer(*query, Outcome::kNoSuchName, {})[3] & std::byte{15}) == std::byte{3});
  CHECK((answer(*query, Outcome::kFailed, {})[3] & std::byte{15}) == std::byte{2});
  CHECK((answer(*query, Outcome::kFound, {})[3] & std::byte{15}) == std::byte{0});
}

}  // namespace
}  // namespace a7600::engine::dns
