// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "config/config.h"

namespace a7600::tool {

struct ServeOptions {
  std::string socket;  // empty: the default path
  std::string mode;    // octal; empty: 0600, or 0660 with a group
  std::string group;   // name or number; empty: none
  int reserve = 1;
  int user_links = 10;
  int idle = 0;             // seconds; 0: run until told otherwise
  bool background = false;  // return when calls are taken
};

// `a7600 serve`; returns the exit status.
int serve(const std::function<Result<config::Config>()>& load, const ServeOptions& options);

}  // namespace a7600::tool
