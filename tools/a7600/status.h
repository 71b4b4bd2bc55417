// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.h"
#include "config/config.h"

namespace a7600::tool {

// `a7600 status`: what a shared engine says of the module, the network and its links, for people or
// as JSON; with `watch` once a second until interrupted. Returns the exit status: 1 when no shared
// engine runs.
int show_status(const Result<config::Config>& config, bool json, bool watch);

}  // namespace a7600::tool
