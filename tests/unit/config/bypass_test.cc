// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "config/config.h"

namespace a7600::config {
namespace {

Endpoint to(const char* ip, std::uint16_t port = 80) { return {*Ipv4::parse(ip), port}; }

TEST_CASE("a rule matches the addresses that share its prefix") {
  const BypassRule rule{.network = *Ipv4::parse("10.1.0.0"), .prefix = 16};
  CHECK(rule.matches(to("10.1.0.0")));
  CHECK(rule.matches(to("10.1.255.255")));
  CHECK_FALSE(rule.matches(to("10.2.0.0")));
  CHECK_FALSE(rule.matches(to("10.0.255.255")));
}

TEST_CASE("bits of the network beyond the prefix don't count") {
  const BypassRule rule{.network = *Ipv4::parse("10.1.2.3"), .prefix = 8};
  CHECK(rule.matches(to("10.9.9.9")));
}

TEST_CASE("prefix 32 is one address, prefix 0 is all") {
  const BypassRule one{.network = *Ipv4::parse("192.0.2.1")};
  CHECK(one.matches(to("192.0.2.1")));
  CHECK_FALSE(one.matches(to("192.0.2.0")));
  const BypassRule all{.network = *Ipv4::parse("192.0.2.1"), .prefix = 0};
  CHECK(all.matches(to("0.0.0.0")));
  CHECK(all.matches(to("255.255.255.255")));
}

TEST_CASE("a rule with a port matches only that port") {
  const BypassRule rule{.network = *Ipv4::parse("127.0.0.0"), .prefix = 8, .port = 8080};
  CHECK(rule.matches(to("127.0.0.1", 8080)));
  CHECK_FALSE(rule.matches(to("127.0.0.1", 80)));
}

}  // namespace
}  // namespace a7600::config
