// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"

// Where shared engines are found: one socket per port, PORT.sock, in a directory of the user's or
// of the whole machine's.
namespace a7600::engine {

inline constexpr const char* kMachineDirectory = "/run/a7600";

// $XDG_RUNTIME_DIR/a7600 when that is set, then kMachineDirectory.
std::vector<std::string> shared_directories(const config::Config& config);

// "ttyUSB2.sock" for /dev/ttyUSB2 and for links to it, "pts!5.sock" for /dev/pts/5,
// "tcp:10.0.0.1:2000.sock". nullopt when `port` is "auto" and there is no modem, or is no port.
std::optional<std::string> socket_name(const std::string& port);

// The paths where a shared engine for `config.port` may listen, that exist. Looks for a modem only
// if there is a directory to look in.
std::vector<std::string> shared_sockets(const config::Config& config);

// Whether an engine that runs as `uid` may be given this process's sockets and names: its own user,
// root, or the user whom root has given kMachineDirectory to. Async-signal-safe; keeps errno.
bool is_trusted_host(uid_t uid);

// Whether an engine that is_trusted_host() takes calls at `address`.
bool takes_calls(const std::string& address);

}  // namespace a7600::engine
