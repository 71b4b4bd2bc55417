// SPDX-License-Identifier: MIT
#include "at/host_name.h"

#include <catch2/catch.hpp>

namespace a7600::at {
namespace {

bool allowed(std::string_view text) { return HostName::parse(text).has_value(); }

std::string label(std::size_t size) { return std::string(size, 'a'); }

TEST_CASE("letters, digits, hyphens and dots make a name") {
  for (const char* name :
       {"a", "0", "www.baidu.com", "a-b.c-d", "EXAMPLE.Com", "3com.com", "x--y"}) {
    INFO(name);
    CHECK(allowed(name));
  }
}

TEST_CASE("a name is kept as it is written") {
  CHECK(HostName::parse("Www.Example.COM")->text() == "Www.Example.COM");
}

TEST_CASE("one dot at the end is taken off") {
  CHECK(HostName::parse("example.com.")->text() == "example.com");
  CHECK_FALSE(allowed("example.com.."));
}

TEST_CASE("no name and empty labels are refused") {
  for (const char* name : {"", ".", "..", ".a", "a..b"}) {
    INFO(name);
    CHECK_FALSE(allowed(name));
  }
}

TEST_CASE("a label starts with a letter or a digit") {
  CHECK_FALSE(allowed("-a"));
  CHECK_FALSE(allowed("a.-b"));
  CHECK(allowed("a-.b"));  // the manual says nothing of a label's end
}

TEST_CASE("a label has up to 63 characters") {
  CHECK(allowed(label(63)));
  CHECK_FALSE(allowed(label(64)));
  CHECK(allowed("a." + label(63) + ".b"));
  CHECK_FALSE(allowed("a." + label(64) + ".b"));
}

TEST_CASE("a name has up to 254 characters") {
  const std::string three = label(63) + "." + label(63) + "." + label(63) + ".";
  CHECK(allowed(three + label(62)));
  CHECK(allowed(three + label(61) + "."));
  CHECK_FALSE(allowed(three + label(63)));
  CHECK_FALSE(allowed(std::string(1000, 'a')));
}

TEST_CASE("nothing that could end or extend a command is a name") {
  for (const char* name : {"a\"", "\"a\"", "a,b", "a b", "a\rAT", "a\nb", "a;b", "a_b", "a\x1a",
                           "a\x1b", "a/b", "a:80",
                           "b\xc3\xbc"
                           "cher.de"}) {
    INFO(name);
    CHECK_FALSE(allowed(name));
  }
  CHECK_FALSE(allowed(std::string_view("a\0b", 3)));
  CHECK_FALSE(allowed(std::string_view("a\0", 2)));
}

}  // namespace
}  // namespace a7600::at
