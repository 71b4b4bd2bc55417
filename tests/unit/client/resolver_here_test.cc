// SPDX-License-Identifier: MIT
#include "client/resolver_here.h"

#include <catch2/catch.hpp>

namespace a7600::client {
namespace {

bool names(const char* text, const char* address) {
  return names_resolver(text, *Ipv4::parse(address));
}

TEST_CASE("a resolver is one that a nameserver line names") {
  CHECK(names("nameserver 127.0.0.53\n", "127.0.0.53"));
  CHECK(names("search example\nnameserver 8.8.8.8\nnameserver\t127.0.0.1 # here\n", "127.0.0.1"));
  CHECK(names("nameserver 127.0.0.53", "127.0.0.53"));
  CHECK_FALSE(names("nameserver 127.0.0.53\n", "127.0.0.1"));
  CHECK_FALSE(names("# nameserver 127.0.0.53\nnameserver 8.8.8.8\n", "127.0.0.53"));
  CHECK_FALSE(names("nameservers 127.0.0.53\nnameserver ::1\n", "127.0.0.53"));
}

TEST_CASE("without any it is 127.0.0.1") {
  CHECK(names("", "127.0.0.1"));
  CHECK(names("options edns0\nnameserver\n", "127.0.0.1"));
  CHECK_FALSE(names("", "127.0.0.53"));
  CHECK_FALSE(names("nameserver 8.8.8.8\n", "127.0.0.1"));
}

TEST_CASE("only its own port on this machine is a resolver's") {
  CHECK_FALSE(is_resolver_here({*Ipv4::parse("127.0.0.1"), 80}));
  CHECK_FALSE(is_resolver_here({*Ipv4::parse("8.8.8.8"), 53}));
}

}  // namespace
}  // namespace a7600::client
