// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ipv4.h"
#include "base/log.h"
#include "base/pass.h"
#include "base/result.h"

namespace a7600::config {

enum class Flow { kNone, kRtsCts, kAuto };
enum class Rx { kBuffer, kPush, kAuto };
enum class Mode { kCommand, kTransparent };
// How a module that nothing else brings back may be restarted.
struct Reset {
  bool cfun = false;
  bool dtr = false;
};
enum class ApnAuth { kAuto, kPap, kChap };
enum class EngineChoice { kAuto, kThread, kSpawn, kSocket };

// Destinations that the kernel serves: every address whose first `prefix` bits are those of
// `network`, on every port when `port` is 0.
struct BypassRule {
  Ipv4 network;
  int prefix = 32;
  std::uint16_t port = 0;

  bool matches(const Endpoint& to) const;
};

// Everything a user can set; the names, meanings and defaults are those of the environment
// variables A7600_PORT, A7600_BAUD and so on.
struct Config {
  std::string port = "auto";
  std::string second_port;  // of the same module; empty: none
  int baud = 115200;
  Flow flow = Flow::kAuto;
  std::string apn;
  std::string apn_user;
  std::string apn_password;
  ApnAuth apn_auth = ApnAuth::kAuto;
  std::string pin;
  Rx rx = Rx::kAuto;
  Mode mode = Mode::kCommand;
  Reset reset;
  std::vector<BypassRule> bypass = {BypassRule{.network = {0x7f000000}, .prefix = 8}};
  EngineChoice engine = EngineChoice::kAuto;
  std::string engine_socket;  // with EngineChoice::kSocket
  Pass engine_pass;           // for that engine; may be none
  std::string trace;          // empty: off; "%p" is left as it is
  log::Level log_level = log::Level::kError;
  std::string log_file;  // empty: stderr
  std::chrono::seconds connect_timeout{120};
  // $XDG_RUNTIME_DIR, where it is an absolute path: shared engines are looked for there too.
  std::string runtime_directory;
};

// Looks one variable up; nullopt when it is not set. An empty value is a value.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

// Reads the config file (A7600_CONFIG, else $XDG_CONFIG_HOME/a7600.conf or ~/.config/a7600.conf,
// else /etc/a7600.conf; only a file named by A7600_CONFIG must exist), then lets the environment
// override it. On a wrong value: EINVAL and one sentence that names the variable (or the file and
// line), the value and what is allowed.
Result<Config> load(const Lookup& environment);

}  // namespace a7600::config
