// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace a7600::engine {

// One chunk of the serial line for the debug log: printable bytes as they are, CR and LF as \r \n,
// others as \xNN, cut after 200 bytes; the PIN in AT+CPIN="…" as ****.
std::string printable(std::span<const std::byte> bytes);

}  // namespace a7600::engine
