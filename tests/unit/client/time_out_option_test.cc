// SPDX-License-Identifier: MIT
#include "client/time_out_option.h"

#include <sys/time.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>

#include "base/sys.h"
#include "base/unique_fd.h"

namespace a7600::client {
namespace {

constexpr int kWideReceive = 66;
constexpr int kWideSend = 67;

struct Wide {
  std::int64_t seconds;
  std::int64_t microseconds;
};

TEST_CASE("a time-out with 64-bit time has an older name and shape") {
  const Wide wide{3, 500'000};
  const auto older = older_time_out(kWideSend, &wide, sizeof(wide));
  REQUIRE(older);
  CHECK(older->name == 21);
  CHECK(older->value.seconds == 3);
  CHECK(older->value.microseconds == 500'000);
}

TEST_CASE("a time-out of more seconds than the older shape holds is for ever there") {
  const Wide wide{std::numeric_limits<std::int64_t>::max(), 0};
  const auto older = older_time_out(kWideReceive, &wide, sizeof(wide));
  REQUIRE(older);
  CHECK(older->value.seconds == std::numeric_limits<long>::max());
}

TEST_CASE("other options, and half a time, have no older name") {
  const Wide wide{1, 0};
  CHECK_FALSE(older_time_out(SO_LINGER, &wide, sizeof(wide)));
  CHECK_FALSE(older_time_out(kWideReceive, &wide, sizeof(wide) - 1));
}

TEST_CASE("what was set by the older name is read by the newer") {
  int ends[2];
  REQUIRE(sys::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd end(ends[0]);
  const UniqueFd other(ends[1]);
  const Wide wide{7, 500'000};
  const auto older = older_time_out(kWideReceive, &wide, sizeof(wide));
  REQUIRE(older);
  REQUIRE(sys::setsockopt(end.get(), SOL_SOCKET, older->name, &older->value,
                          sizeof(older->value)) == 0);
  Wide seen{};
  socklen_t size = sizeof(seen);
  REQUIRE(get_by_older_name(end.get(), kWideReceive, &seen, &size) == 0);
  CHECK(size == sizeof(seen));
  CHECK(seen.seconds == 7);
  CHECK(seen.microseconds == 500'000);

  errno = 0;
  CHECK(get_by_older_name(end.get(), 4711, &seen, &size) == -1);
  CHECK(errno == ENOPROTOOPT);
}

}  // namespace
}  // namespace a7600::client
