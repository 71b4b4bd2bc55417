// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model.h"

namespace a7600::tracer {

// One page with everything in it (report_page.html), which needs no network. `title`: the trace's
// name.
std::string report(const Model& model, std::uint64_t baud, std::string_view title);

}  // namespace a7600::tracer
