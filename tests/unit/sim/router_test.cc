// SPDX-License-Identifier: MIT
#include "router.h"

#include <catch2/catch.hpp>

#include "options.h"

namespace a7600::sim {
namespace {

Endpoint end(const char* ip, std::uint16_t port) { return {*Ipv4::parse(ip), port}; }

Router with(std::initializer_list<const char*> rules) {
  Options options;
  for (const char* rule : rules) {
    const auto parsed = parse_map(rule);
    INFO(rule);
    REQUIRE(parsed);
    options.maps.push_back(*parsed);
  }
  return Router(options);
}

TEST_CASE("an address is dialled where its rule says") {
  const Router router = with({"203.0.113.1:80=127.0.0.1:8080", "203.0.113.2=127.0.0.2"});
  CHECK(router.route(end("203.0.113.1", 80)).real == end("127.0.0.1", 8080));
  CHECK(router.route(end("203.0.113.2", 443)).real == end("127.0.0.2", 443));
}

TEST_CASE("the rule that names more wins, and of equals the last") {
  const Router router = with({"*=127.0.0.9", "203.0.113.1=127.0.0.1", "203.0.113.1:80=127.0.0.1:81",
                              "203.0.113.1:80=127.0.0.1:82"});
  CHECK(router.route(end("203.0.113.1", 80)).real == end("127.0.0.1", 82));
  CHECK(router.route(end("203.0.113.1", 81)).real == end("127.0.0.1", 81));
  CHECK(router.route(end("198.51.100.7", 80)).real == end("127.0.0.9", 80));
}

TEST_CASE("nothing but loopback is dialled without a rule") {
  const Router router = with({});
  CHECK(router.route(end("127.0.0.1", 80)).fate == Fate::kDial);
  CHECK(router.route(end("8.8.8.8", 53)).fate == Fate::kTimeOut);
  Options options;
  options.allow_external = true;
  CHECK(Router(options).route(end("8.8.8.8", 53)).fate == Fate::kDial);
  options.allow_external = false;
  options.unmapped = Fate::kRefuse;
  CHECK(Router(options).route(end("8.8.8.8", 53)).fate == Fate::kRefuse);
}

TEST_CASE("a rule may say how it fails") {
  const Router router = with({"203.0.113.1=refused", "203.0.113.2=timeout",
                              "203.0.113.3=unreachable", "203.0.113.4=err:8"});
  CHECK(router.route(end("203.0.113.1", 1)).fate == Fate::kRefuse);
  CHECK(router.route(end("203.0.113.2", 1)).fate == Fate::kTimeOut);
  CHECK(router.route(end("203.0.113.3", 1)).fate == Fate::kUnreachable);
  CHECK(router.route(end("203.0.113.4", 1)).fate == Fate::kErr);
  CHECK(router.route(end("203.0.113.4", 1)).err == 8);
}

TEST_CASE("a real peer is seen under the one address that is mapped to it") {
  const Router router = with({"203.0.113.1:80=127.0.0.1:8080", "192.168.108.5=127.0.0.5",
                              "203.0.113.8=127.0.0.8", "203.0.113.9=127.0.0.8"});
  CHECK(router.seen_as(end("127.0.0.1", 8080)) == end("203.0.113.1", 80));
  CHECK(router.seen_as(end("127.0.0.1", 9)) == end("127.0.0.1", 9));
  CHECK(router.seen_as(end("127.0.0.5", 57202)) == end("192.168.108.5", 57202));
  CHECK(router.seen_as(end("127.0.0.8", 1)) == end("127.0.0.8", 1));
}

TEST_CASE("names are known in any case, several addresses in their order") {
  Options options;
  options.names = {*parse_dns("Data.Example=203.0.113.1"), *parse_dns("data.example=203.0.113.2")};
  const Router router(options);
  const auto found = router.resolve("DATA.example");
  REQUIRE(found.size() == 2);
  CHECK(found[0] == *Ipv4::parse("203.0.113.1"));
  CHECK(router.resolve("other.example").empty());
  CHECK(router.resolve("203.0.113.9").size() == 1);
}

TEST_CASE("rules that aren't of their form are refused") {
  for (const char* text : {"", "=", "1.2.3.4", "1.2.3=1.2.3.4", "1.2.3.4:x=1.2.3.4",
                           "1.2.3.4=1.2.3.4:99999", "1.2.3.4=err:13", "1.2.3.4=nonsense"}) {
    INFO(text);
    CHECK_FALSE(parse_map(text));
  }
  CHECK_FALSE(parse_dns("=1.2.3.4"));
  CHECK_FALSE(parse_dns("name=1.2.3"));
  CHECK_FALSE(parse_listen("80"));
  CHECK_FALSE(parse_listen("80=70000"));
}

TEST_CASE("the names of AT+CDNSGIP are those that the manual allows") {
  CHECK(valid_name("www.baidu.com"));
  CHECK(valid_name("a"));
  CHECK(valid_name("4chan.org"));
  CHECK(valid_name("a-b.c-d"));
  CHECK(valid_name(std::string(63, 'a') + ".b"));
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a."), std::string("a..b"), std::string("-a"),
        std::string("a.-b"), std::string("a_b"), std::string("a b"), std::string("a\"b"),
        std::string("a\rb"), std::string(64, 'a'), std::string(255, 'a')}) {
    INFO(name);
    CHECK_FALSE(valid_name(name));
  }
}

}  // namespace
}  // namespace a7600::sim
