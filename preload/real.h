// SPDX-License-Identifier: MIT
#pragma once

#include <netdb.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#include <cstdint>

namespace a7600::preload {

// timespec of a program with 64-bit time on a little-endian machine of 32 bits.
struct TimeSpec64 {
  std::int64_t tv_sec;
  std::int32_t tv_nsec;
  std::int32_t unused;
};

// The C library's own functions, below the hooks of the same names.
struct Real {
#define SYMBOL(result, name, parameters, arguments) result(*name) parameters;
#include "symbols.def"
#undef SYMBOL
};

// Found by the library's constructor, or by the first hook that a constructor of another library
// reaches before that. Never allocates after that.
const Real& real();

// True in the engine's thread: its own calls go to the C library.
bool passes();
void pass_this_thread();

}  // namespace a7600::preload
