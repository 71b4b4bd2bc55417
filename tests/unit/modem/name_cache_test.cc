// SPDX-License-Identifier: MIT
//
// Host names that were looked up a short while ago.
#include "modem/name_cache.h"

#include <catch2/catch.hpp>
#include <string>

namespace a7600::test {
namespace {

using namespace std::chrono_literals;
using modem::NameCache;
using Addresses = std::vector<Ipv4>;

const Addresses kOne{*Ipv4::parse("192.0.2.1")};
const Addresses kTwo{*Ipv4::parse("192.0.2.2"), *Ipv4::parse("192.0.2.3")};

bool has(const NameCache& cache, std::string_view name, const Addresses& addresses,
         chat::TimePoint now) {
  const Addresses* found = cache.find(name, now);
  return found != nullptr && *found == addresses;
}

TEST_CASE("a name is known for a minute") {
  NameCache cache;
  const chat::TimePoint start{};
  CHECK(cache.find("a.example", start) == nullptr);
  cache.keep("a.example", kTwo, start);
  CHECK(has(cache, "a.example", kTwo, start));
  CHECK(has(cache, "a.example", kTwo, start + 60s - 1ms));
  CHECK(cache.find("a.example", start + 60s) == nullptr);
}

TEST_CASE("a known name is found in whatever case it is written") {
  NameCache cache;
  cache.keep("a.Example", kOne, {});
  CHECK(has(cache, "A.example", kOne, {}));
  CHECK(cache.find("a.example2", {}) == nullptr);
  CHECK(cache.find("a.exampl", {}) == nullptr);
}

TEST_CASE("a later answer takes the place of an earlier one") {
  NameCache cache;
  const chat::TimePoint start{};
  cache.keep("a.example", kOne, start);
  cache.keep("A.EXAMPLE", kTwo, start + 30s);
  CHECK(has(cache, "a.example", kTwo, start + 89s));
}

TEST_CASE("of too many names the oldest are forgotten") {
  NameCache cache;
  const int most = static_cast<int>(NameCache::kMostNames);
  for (int i = 0; i < most; ++i) cache.keep("n" + std::to_string(i), kOne, {});
  cache.keep("n0", kTwo, {});  // the youngest now
  cache.keep("another", kOne, {});
  CHECK(cache.find("n1", {}) == nullptr);
  CHECK(has(cache, "n0", kTwo, {}));
  CHECK(has(cache, "n2", kOne, {}));
  CHECK(has(cache, "another", kOne, {}));
}

TEST_CASE("nothing is known when all is forgotten") {
  NameCache cache;
  cache.keep("a.example", kOne, {});
  cache.clear();
  CHECK(cache.find("a.example", {}) == nullptr);
}

}  // namespace
}  // namespace a7600::test
