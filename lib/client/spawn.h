// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "config/config.h"

namespace a7600::client {

// The path of the command a7600: looked for beside this library, ../tools in a build tree, ../bin
// when installed, then in PATH.
std::optional<std::string> find_command();

// Starts `a7600 serve` in the background, for this port and whoever comes, until nobody uses it.
// Returns its address once it takes calls; also when another program was faster. ENOENT when
// find_command() finds none; ENETDOWN when it could not start, which it has said on stderr.
// The new process is no child of the program's that its own wait(2) could see.
Result<std::string> spawn_engine(const config::Config& config);

}  // namespace a7600::client
