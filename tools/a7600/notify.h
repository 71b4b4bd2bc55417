// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

// What a service tells systemd, as sd_notify(3) has it: datagrams to $NOTIFY_SOCKET.
namespace a7600::tool {

// "READY=1", "STOPPING=1", … Does nothing when nobody listens.
void notify(std::string_view state);
// As "RELOADING=1" wants it, with the time.
void notify_reloading();
// How often "WATCHDOG=1" is expected at least; nullopt when it is not.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace a7600::tool
