// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/config.h"

namespace a7600::config {

// The file that A7600_LOG names, opened for appending; closed if it names none. The error's text is
// the line for the user.
Result<UniqueFd> open_log_file(const Config& config);

}  // namespace a7600::config
