// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "client/client.h"

namespace a7600::preload {

// recvmmsg(2) for programs with either size of time.
template <typename TimeSpec>
std::optional<int> receive_many(int fd, mmsghdr* messages, unsigned count, int flags,
                                TimeSpec* timeout) {
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  constexpr std::int64_t kForEver = 1'000'000'000;  // seconds, which nanoseconds can still count
  if (timeout == nullptr) return client::recvmmsg(fd, messages, count, flags, nullptr);
  const auto whole = static_cast<std::int64_t>(timeout->tv_sec);
  const auto rest = static_cast<std::int64_t>(timeout->tv_nsec);
  // The kernel says what it thinks of that.
  if (whole < 0 || rest < 0 || rest >= nanoseconds(seconds(1)).count()) return std::nullopt;
  nanoseconds left = seconds(std::min(whole, kForEver)) + nanoseconds(rest);
  const auto got = client::recvmmsg(fd, messages, count, flags, &left);
  if (!got || *got < 0) return got;
  timeout->tv_sec = static_cast<decltype(timeout->tv_sec)>(left / seconds(1));
  timeout->tv_nsec = static_cast<decltype(timeout->tv_nsec)>((left % seconds(1)).count());
  return got;
}

}  // namespace a7600::preload
