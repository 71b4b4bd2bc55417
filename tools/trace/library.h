// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.h"

namespace a7600::tracer {

// The preload library that belongs to this program: beside it in the build tree, or where both were
// installed.
Result<std::string> find_library();

}  // namespace a7600::tracer
