// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace a7600::serial {

constexpr std::chrono::milliseconds kTcpConnectTimeout{5000};

// Connects to `port`, "tcp:HOST:PORT", over the machine's own network. The socket is non-blocking,
// close-on-exec and without Nagle's delay. Names other than "localhost" are looked up by the
// C library itself, whatever is interposed before it; that may take longer than `timeout`.
// Errors: EINVAL not of that shape; EHOSTUNREACH also for a name that nobody knows; ETIMEDOUT;
// otherwise connect(2)'s.
Result<UniqueFd> connect_tcp(const std::string& port,
                             std::chrono::milliseconds timeout = kTcpConnectTimeout);

}  // namespace a7600::serial
