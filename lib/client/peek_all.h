// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>

namespace a7600::client {

// MSG_PEEK with MSG_WAITALL: TCP waits until all that was asked for is there to be looked at,
// AF_UNIX shows what there is.

using PeekClock = std::chrono::steady_clock;

// Whether a call with these flags is to wait for all of it.
constexpr bool peeks_for_all(int flags) {
  return (flags & (MSG_PEEK | MSG_WAITALL | MSG_DONTWAIT)) == (MSG_PEEK | MSG_WAITALL);
}

// Waits until the stream `fd` holds `size` bytes, or no more can come: at its end, by a signal, by
// SO_RCVTIMEO counted from `begin`. Not at all if the descriptor doesn't block. A cancellation
// point.
void wait_to_peek(int fd, std::size_t size, PeekClock::time_point begin);

// The whole call: `peek` is recv(2) or its like with the flags that it is given.
template <typename Peek>
ssize_t peek_all(int fd, std::size_t size, int flags, Peek&& peek) {
  const auto begin = PeekClock::now();
  const ssize_t some = peek(flags);
  if (some <= 0 || static_cast<std::size_t>(some) >= size) return some;
  wait_to_peek(fd, size, begin);
  const ssize_t all = peek(flags | MSG_DONTWAIT);
  return all > 0 ? all : some;
}

}  // namespace a7600::client
