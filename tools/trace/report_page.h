// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace a7600::tracer {

// report_page.html, with "@DATA@" where the data belongs.
extern const std::string_view kReportPage;

}  // namespace a7600::tracer
