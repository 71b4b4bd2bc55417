// SPDX-License-Identifier: MIT
#pragma once

#include "client/identity.h"

namespace a7600::client {

// Stream sockets that move no data: new ones, and listeners. TCP says so at once; the end of a pair
// would have the caller sleep. Which ones of this process it may be is noted by descriptor, so that
// a data call on any other costs no system call. It is a hint: the engine is asked about those, and
// copies of a descriptor are as unnoticed as read(2) and write(2) on the descriptor itself.
void note_unconnected(int fd);
void forget_unconnected(int fd);
bool is_unconnected(int fd);

// The engine's word on it, at the price of a call.
bool is_unconnected(int fd, const Identity& identity);

}  // namespace a7600::client
