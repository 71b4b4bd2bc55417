// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace a7600::tool {

// `a7600 at 'CMD'…`: sends the commands one after the other, through a shared engine if one runs
// for the port, and prints the answers. Returns the exit status: 0 when all were answered with OK,
// 1 when one was not or the module can't be reached, 2 when one is no command or would upset an
// engine and `force` is not given (nothing is sent then).
int send_commands(const Result<config::Config>& config, const std::vector<std::string>& commands,
                  bool force, std::chrono::seconds timeout);

}  // namespace a7600::tool
