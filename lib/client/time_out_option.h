// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <optional>

namespace a7600::client {

// SO_RCVTIMEO and SO_SNDTIMEO have numbers of their own for programs with 64-bit time on 32 bits,
// which Linux knows since 5.1. Where it doesn't, the same is asked for by the number and the shape
// that it always had, as the C library does.

struct TimeOutOption {
  struct Value {
    long seconds;
    long microseconds;
  };
  int name;
  Value value;
};

// What an older kernel is told instead; nothing if `name` is not one of these, or there is too
// little of a value. Seconds that don't fit are as many as do: for ever, or none at all.
std::optional<TimeOutOption> older_time_out(int name, const void* value, socklen_t length);

// getsockopt(2) of a `name` that this kernel does not know (ENOPROTOOPT), by the older one, if
// there is one.
int get_by_older_name(int fd, int name, void* value, socklen_t* length);

}  // namespace a7600::client
