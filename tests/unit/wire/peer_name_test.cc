// SPDX-License-Identifier: MIT
#include "wire/peer_name.h"

#include <catch2/catch.hpp>

namespace a7600::wire {
namespace {

const Endpoint kPeer{*Ipv4::parse("203.0.113.7"), 443};

UnixAddress named(const std::string& name) { return *UnixAddress::from("@" + name); }

TEST_CASE("a socket's name leads to its engine") {
  CHECK(engine_of_name(named("a7600.12.3f.7"))->abstract_name() == "a7600.12.3f");
  CHECK(engine_of_name(named("a7600.12.3f.7-6"))->abstract_name() == "a7600.12.3f");
  CHECK(engine_of_name(named("a7600.12.3f.7.cb007107-01bb"))->abstract_name() == "a7600.12.3f");
}

TEST_CASE("other names lead nowhere") {
  for (const char* name :
       {"x", "a7600", "a7600.", "a7601.12.3f.7", "dbus.12.3f.7", "A7600.12.3f.7"}) {
    INFO(name);
    CHECK_FALSE(engine_of_name(named(name)).has_value());
  }
  CHECK_FALSE(engine_of_name(UnixAddress{}).has_value());
  CHECK_FALSE(engine_of_name(*UnixAddress::from("/run/a7600.12.3f.7")).has_value());
}

TEST_CASE("a peer's name is its socket's and its address") {
  const auto name = name_of_peer(named("a7600.12.3f.7"), kPeer);
  REQUIRE(name.has_value());
  CHECK(name->abstract_name() == "a7600.12.3f.7.cb007107-01bb");
  CHECK(peer_of_name(*name) == kPeer);
  CHECK(engine_of_name(*name)->abstract_name() == "a7600.12.3f");
}

TEST_CASE("every address and port comes out as it went in") {
  for (const Endpoint& peer : {Endpoint{{0}, 0}, Endpoint{{0xffffffff}, 65535}, Endpoint{{1}, 1},
                               Endpoint{{0x80000000}, 0x8000}}) {
    CHECK(peer_of_name(*name_of_peer(named("a7600.1.0.1"), peer)) == peer);
  }
}

TEST_CASE("a name without a peer has none") {
  for (const char* name : {"a7600.12.3f", "a7600.12.3f.7", "a7600.12.3f.7.cb007107-01b",
                           "a7600.12.3f.7.cb007107:01bb", "a7600.12.3f.7.cb00710g-01bb",
                           "a7600.12.3f.7.cb007107-01bx", "other.12.3f.7.cb007107-01bb"}) {
    INFO(name);
    CHECK_FALSE(peer_of_name(named(name)).has_value());
  }
}

TEST_CASE("a name says of which family the program's socket is") {
  CHECK(domain_of_name(named("a7600.12.3f.7")) == AF_INET);
  CHECK(domain_of_name(named("a7600.12.3f.7-6")) == AF_INET6);
  CHECK(domain_of_name(named("a7600.12.3f.7.cb007107-01b6")) == AF_INET);
  CHECK(domain_of_name(named("a7600.12.3f.7-6.cb007107-01bb")) == AF_INET6);
  CHECK(domain_of_name(UnixAddress{}) == AF_INET);
}

TEST_CASE("a peer's name that would not fit is none") {
  CHECK(name_of_peer(named("a7600." + std::string(86, '1')), kPeer).has_value());
  CHECK_FALSE(name_of_peer(named("a7600." + std::string(90, '1')), kPeer).has_value());
  CHECK_FALSE(name_of_peer(UnixAddress{}, kPeer).has_value());
}

}  // namespace
}  // namespace a7600::wire
