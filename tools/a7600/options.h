// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace a7600::tool {

// The options that stand for environment variables: --port for A7600_PORT and so on. They are put
// into the environment, for this command and all that it starts.
class EnvironmentOptions {
 public:
  void add_to(CLI::App& command);
  // The configuration from the options, the environment and the config file.
  Result<config::Config> load() const;

 private:
  struct Option {
    std::string variable;
    std::string value;
    CLI::Option* option = nullptr;
  };
  std::vector<Option> options_;
};

// "a7600: error: text" on stderr; returns `status`, to be returned.
int complain(const std::string& text, int status = 1);

}  // namespace a7600::tool
