// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace a7600::sim {

// The rate that a terminal is set to, one of the usual ones or not; 0: it can't be told.
std::uint32_t host_rate(int terminal);

}  // namespace a7600::sim
