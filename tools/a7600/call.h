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

// A control call that has been sent and is not answered yet; without one, it is given up.
class PendingCall {
 public:
  // Sends `request`, with a descriptor unless that is -1, to the engine at `address`. An error is
  // one of the connection's. ECONNREFUSED when no engine is there.
  static Result<PendingCall> start(const std::string& address, const wire::Request& request,
                                   int descriptor = -1);
  // The answer, in which is what the engine thinks; ETIMEDOUT when none has come by then.
  Result<Answer> wait(std::chrono::milliseconds patience);

 private:
  PendingCall(std::string name, UniqueFd connection)
      : name_(std::move(name)), connection_(std::move(connection)) {}
  std::string name_;
  UniqueFd connection_;
};

// Both at once.
Result<Answer> call(const std::string& address, const wire::Request& request,
                    std::chrono::milliseconds patience, int descriptor = -1);

// The shared engine that this configuration leads to; nullopt when none runs. With `any`, and no
// port in the configuration, one that is the only one to run will do.
std::optional<std::string> find_engine(const config::Config& config, bool any);

}  // namespace a7600::tool
