// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "wire/channel.h"

namespace a7600::client {

// The engine of a modem socket, or nullopt for every other descriptor. Asked of the kernel each
// time: the engine's end of each pair is bound to a name that leads to its engine, and
// getpeername(2) tells it for every descriptor of the socket in every process, also after fork,
// exec and SCM_RIGHTS and after the engine has died (tests/platform, pair_name). 0.3 µs; keeps
// errno; async-signal-safe.
std::optional<wire::UnixAddress> engine_of(int fd);

}  // namespace a7600::client
