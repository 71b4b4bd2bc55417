// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config.h"

namespace a7600::config {

// One thing that a user can set.
struct Variable {
  std::string_view name;     // "A7600_BAUD", in the environment and in a file
  std::string_view key;      // "baud", in a file
  std::string_view noun;     // what a wrong value is not: "a rate"
  std::string_view allowed;  // for the sentence about a wrong value
  bool (*set)(Config& config, std::string_view value);  // false: wrong value, `config` untouched
  bool secret = false;                                  // a wrong value is not shown
};

// All of them but A7600_CONFIG, which can't be in the file that it names.
std::span<const Variable> variables();

// Sets what `variable` names. A wrong value is EINVAL and a sentence that starts with `where`, the
// place that a user has to correct.
Status assign(Config& config, const Variable& variable, std::string_view where,
              std::string_view value);

// `value` in double quotes for a sentence: on one line, and not longer than a line.
std::string in_quotes(std::string_view value);

// The host and port of "tcp:HOST:PORT"; nullopt when `port` hasn't that shape. HOST is a dotted
// address or a name of letters, digits, '.', '-' and '_'.
struct TcpPort {
  std::string host;
  std::uint16_t port = 0;
};
std::optional<TcpPort> parse_tcp_port(std::string_view port);

}  // namespace a7600::config
