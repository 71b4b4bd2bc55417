// SPDX-License-Identifier: MIT
#include "filter.h"

#include <catch2/catch.hpp>

using namespace a7600;
using tracer::Filter;

namespace {

trace::Record call(const char* text) {
  trace::Record record;
  record.text = text;
  return record;
}

}  // namespace

TEST_CASE("nothing chosen shows everything") {
  const Filter filter;
  CHECK(filter.shows_call(call("connect(3, x)")));
  CHECK(filter.shows_command(-1));
  CHECK(filter.shows_urc(3));
  CHECK(filter.shows_link(3));
  CHECK(filter.shows_rest());
}

TEST_CASE("calls are chosen by name") {
  Filter filter;
  REQUIRE(filter.add("call=connect,socket"));
  CHECK(filter.shows_call(call("connect(3, x)")));
  CHECK(filter.shows_call(call("socket(AF_INET, SOCK_STREAM, 0)")));
  CHECK_FALSE(filter.shows_call(call("bind(3, x)")));
  CHECK_FALSE(filter.shows_command(0));
  CHECK_FALSE(filter.shows_rest());
}

TEST_CASE("a link narrows what was chosen") {
  Filter filter;
  REQUIRE(filter.add("at"));
  REQUIRE(filter.add("link=2,3"));
  CHECK(filter.shows_command(2));
  CHECK_FALSE(filter.shows_command(4));
  CHECK_FALSE(filter.shows_command(-1));
  CHECK_FALSE(filter.shows_urc(2));
}

TEST_CASE("what is no filter is refused") {
  for (const char* wrong : {"", "call", "call=", "call=a,,b", "call=Connect(", "link=", "link=10",
                            "link=x", "link=1,", "AT", "at,urc", "trace=all"}) {
    Filter filter;
    CHECK_FALSE(filter.add(wrong));
  }
}
