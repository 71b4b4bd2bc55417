// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "model.h"

namespace a7600::tracer {

// The tables of -c: calls, AT commands, connections, and the use of the line. `baud`: 0 if it is
// not known.
std::string summary(const Model& model, std::uint64_t baud);

}  // namespace a7600::tracer
