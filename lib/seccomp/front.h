// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string_view>

#include "base/log.h"
#include "base/unique_fd.h"
#include "config/config.h"

namespace a7600::seccomp {

// Makes this process one that serves static programs with the engine at `config.engine_socket`.
// REQUIRES: no other thread yet; called once.
void set_up(const config::Config& config);

// Serves all calls that arrive at `listener`, in threads of its own, until no process is left under
// that filter. False if it is no listener, or is one of a kernel that can't do what is needed.
//
// The threads share a descriptor table that is theirs alone: what a program's call is served with
// is never inherited by a process that this one forks. `say` is called in them; `channel`, a
// descriptor that it uses, is in that table under the same number.
bool serve_listener(UniqueFd listener, int channel,
                    std::function<void(log::Level, std::string_view)> say);

}  // namespace a7600::seccomp
