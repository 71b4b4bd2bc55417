// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "program.h"

namespace a7600::tool {

// `a7600 run -- CMD…`; returns the exit status: CMD's, 128 + N when signal N has ended it, 125 when
// the engine could not start, 126 when CMD can't be run or intercepted, 127 when it is not there.
int run(const Result<config::Config>& config, const std::vector<std::string>& command, int reserve,
        Via via);

}  // namespace a7600::tool
