// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "config/config.h"

namespace a7600::tool {

struct DoctorOptions {
  std::string url = "http://example.com/";  // what is fetched
  std::string program;                      // to be looked at, too; empty: none
  std::chrono::seconds patience{60};        // for a network to be found, and for it to open
  std::size_t sample = 64 * 1024;           // bytes to measure the throughput by
  bool json = false;
};

// `a7600 doctor`: looks at everything between the port and a page, one step after the other, and
// says what was seen and what to do. It goes through a shared engine if one runs for the port, and
// disturbs nobody there. Returns the exit status: 0, or the number of the first step that failed
// (doctor_steps.h); 100 for a configuration that is wrong.
int examine(const Result<config::Config>& config, const DoctorOptions& options);

}  // namespace a7600::tool
