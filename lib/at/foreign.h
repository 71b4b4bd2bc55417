// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace a7600::at {

// Whether `text` can be sent as a command line: "AT…", printable ASCII, at most 256 characters.
bool is_command_line(std::string_view text);

// The first command in a command line (also "AT+CSQ;+NETCLOSE") that would change what the engine
// relies on: its links, servers and network, how the module answers, and its line. nullopt when
// there is none; reading ("?") and testing ("=?") are always harmless.
std::optional<std::string> upsets_engine(std::string_view command_line);

}  // namespace a7600::at
