// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/config.h"

namespace a7600::tracer {

// The engine that a session is traced at.
class EngineLink {
 public:
  // Starts one in a thread of this process, or takes the one that A7600_ENGINE names, and makes it
  // trace to `file`, which stays the caller's.
  static Result<EngineLink> open(config::Config config, int file, int payload);

  // For A7600_ENGINE.
  std::string setting() const { return pass_.is_none() ? address_ : address_ + '+' + pass_.text(); }

  // What was written leaves, an engine of our own ends, and the trace is whole when this returns.
  void finish();

 private:
  EngineLink(std::string address, const Pass& pass, bool own)
      : address_(std::move(address)), pass_(pass), own_(own) {}
  Status attach(int file, int payload);

  std::string address_;
  Pass pass_;
  bool own_;
  UniqueFd trace_;  // the engine traces as long as this is open
};

}  // namespace a7600::tracer
