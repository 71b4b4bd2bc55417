// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "base/log.h"
#include "base/result.h"
#include "config/config.h"
#include "engine/sharing.h"

namespace a7600::tool {

struct Hosting {
  config::Config config;
  engine::Sharing sharing;
  log::Logger logger;
  // Fail at once when the port can't be opened, instead of telling whoever needs it.
  bool open_port = true;
  // End when nobody has used the engine for so long.
  std::optional<std::chrono::milliseconds> idle;
  // Called when calls are taken, or with what keeps the engine from starting.
  std::function<void(const Status&)> ready = [](const Status&) {};
  // SIGHUP: gives the configuration anew.
  std::function<Result<config::Config>()> reload;
  // Called first thing when the end begins on SIGTERM or SIGINT.
  std::function<void()> stopping = [] {};
  // SIGUSR1 and SIGUSR2: called before the engine goes on until it is idle, with SIGUSR2 for two
  // seconds.
  std::function<void()> abandoned = [] {};
};

// Runs an engine in this thread until SIGTERM, SIGINT or idleness. It has to be the process's only
// thread: signals are blocked and read. Returns 0, or 1 when it could not start.
int host_engine(Hosting hosting);

// Where the engine logs: the file of A7600_LOG, or stderr with a level above "error", or always
// with `always`; else nowhere, and the programs are told instead.
Result<log::Logger> open_log(const config::Config& config, bool always);

// Puts /dev/null in the place of stdin and stdout, and of stderr unless `keep_stderr`.
void detach_stdio(bool keep_stderr);

// As many descriptors as this process may have: each socket of a program costs one.
void raise_descriptor_limit();

}  // namespace a7600::tool
