// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/config.h"
#include "wire/message.h"

namespace a7600::tool {

struct Answer {
  wire::Reply reply;
  UniqueFd file;
  UniqueFd connection;  // still open: kHold lasts as long as it
};

// One control call to the engine at `address`. An error is one of the connection's; what the engine
// thinks is in the reply. ECONNREFUSED when no engine is there.
Result<Answer> call(const std::string& address, const wire::Request& request,
                    std::chrono::milliseconds patience);

// The shared engine that this configuration leads to; nullopt when none runs. With `any`, and no
// port in the configuration, one that is the only one to run will do.
std::optional<std::string> find_engine(const config::Config& config, bool any);

}  // namespace a7600::tool
