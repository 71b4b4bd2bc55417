// SPDX-License-Identifier: MIT
#include "client/time_out_option.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/sys.h"

namespace a7600::client {
namespace {

// Linux's own numbers, on every machine that the library is built for.
struct Names {
  int wide;
  int older;
};
constexpr Names kNames[] = {{66, 20}, {67, 21}};  // SO_RCVTIMEO, SO_SNDTIMEO

struct WideValue {
  std::int64_t seconds;
  std::int64_t microseconds;
};

std::optional<int> older_name(int name) {
  for (const Names& each : kNames) {
    if (each.wide == name) return each.older;
  }
  return std::nullopt;
}

}  // namespace

std::optional<TimeOutOption> older_time_out(int name, const void* value, socklen_t length) {
  const auto older = older_name(name);
  WideValue wide{};
  if (!older || length < sizeof(wide)) return std::nullopt;
  std::memcpy(&wide, value, sizeof(wide));
  const auto fitting = [](std::int64_t number) {
    return static_cast<long>(std::clamp<std::int64_t>(number, std::numeric_limits<long>::min(),
                                                      std::numeric_limits<long>::max()));
  };
  return TimeOutOption{*older, {fitting(wide.seconds), fitting(wide.microseconds)}};
}

int get_by_older_name(int fd, int name, void* value, socklen_t* length) {
  const auto older = older_name(name);
  if (!older) {
    errno = ENOPROTOOPT;
    return -1;
  }
  TimeOutOption::Value seen{};
  socklen_t size = sizeof(seen);
  if (sys::getsockopt(fd, SOL_SOCKET, *older, &seen, &size) != 0) return -1;
  const WideValue wide{seen.seconds, seen.microseconds};
  *length = std::min<socklen_t>(sizeof(wide), *length);
  std::memcpy(value, &wide, *length);
  return 0;
}

}  // namespace a7600::client
