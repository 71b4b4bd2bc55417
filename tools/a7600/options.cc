// SPDX-License-Identifier: MIT
#include "options.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/log.h"
#include "config/values.h"

namespace a7600::tool {

void EnvironmentOptions::add_to(CLI::App& command) {
  // Filled before the options are bound to its elements.
  for (const config::Variable& variable : config::variables()) {
    options_.push_back({std::string(variable.name), {}, nullptr});
  }
  options_.push_back({"A7600_CONFIG", {}, nullptr});
  for (Option& option : options_) {
    std::string flag = option.variable.substr(std::string_view("A7600_").size());
    std::transform(flag.begin(), flag.end(), flag.begin(),
                   [](char c) { return c == '_' ? '-' : static_cast<char>(c - 'A' + 'a'); });
    option.option = command.add_option("--" + flag, option.value, "as " + option.variable)
                        ->group("As in the environment")
                        ->type_name("VALUE");
  }
}

Result<config::Config> EnvironmentOptions::load() const {
  for (const Option& option : options_) {
    if (option.option->count() > 0) ::setenv(option.variable.c_str(), option.value.c_str(), 1);
  }
  return config::load([](std::string_view name) -> std::optional<std::string> {
    const char* value = ::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  });
}

int complain(const std::string& text, int status) {
  log::Logger(log::Level::kError, STDERR_FILENO).write(log::Level::kError, text);
  return status;
}

}  // namespace a7600::tool
