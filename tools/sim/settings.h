// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace a7600::sim {

// What the CIP commands configure, with the manual's defaults. Not saved over a restart.
struct Settings {
  int rx_mode = 0;    // CIPRXGET: 0 direct push, 1 buffer access
  int head = 1;       // CIPHEAD
  int srip = 1;       // CIPSRIP
  int mode = 0;       // CIPMODE: 1 transparent
  int send_mode = 0;  // CIPSENDMODE: 1 waits for the peer's ACK
  std::chrono::milliseconds netopen_timeout{120'000};
  std::chrono::milliseconds cipopen_timeout{120'000};
  std::chrono::milliseconds cipsend_timeout{120'000};
  // CIPCCFG, in its order.
  int retries = 10;
  int delay = 0;
  int ack = 0;
  int err_mode = 1;
  int header_type = 0;
  int async_mode = 0;
  int min_timeout = 500;
};

constexpr int kLinks = 10;
constexpr int kServers = 4;

}  // namespace a7600::sim
