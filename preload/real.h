// SPDX-License-Identifier: MIT
#pragma once

#include <netdb.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

namespace a7600::preload {

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
