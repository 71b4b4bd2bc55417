// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "config/config.h"
#include "engine/sharing.h"
#include "seccomp/hand_over.h"

// `a7600 run` is three processes besides CMD and what that starts:
//
//   a7600 run ──(forks)── supervisor ─┬─ CMD ── …
//   waits, passes signals             └─ engine
//
// The first is what the shell knows, and ends with CMD. The supervisor stays behind, out of the
// terminal's session: it is CMD's parent, and a subreaper, so that also daemons whose parents have
// ended are its children; it holds the control sockets, so that calls wait while no engine runs,
// and starts one when a call comes. An engine that dies costs the programs their connections, not
// their next socket. When CMD has ended, the engine goes on until nobody holds a socket of its; the
// supervisor ends when the engine has, and no process is left that could need another.
namespace a7600::tool {

// What the supervisor tells the first process.
struct Report {
  enum class Kind : int {
    kFailed,   // value: the exit status; text: why
    kStarted,  // value: CMD's pid
    kStopped,  // value: the signal
    kSaid,     // text: a line for the user
    kEnded,    // value: wait status
  };
  Kind kind = Kind::kFailed;
  int value = 0;
  bool alone = false;  // kEnded: nothing that CMD started is left, so this ends soon, too
  std::array<char, 512> text{};
};

struct Supervision {
  config::Config config;
  std::vector<std::string> command;
  std::string program;   // the path of command[0]
  sigset_t signal_mask;  // CMD's
  int channel = -1;      // where Reports go

  // Host: the control sockets to serve.
  engine::Sharing sharing;
  // Guest of an engine that runs already: what keeps that alive.
  std::optional<UniqueFd> lease;
  // Where static programs hand over their filters. Their calls are then served in threads of the
  // supervisor: it is every program's ancestor, which some systems (Yama) demand of one who looks
  // into a process, and it outlives the engine.
  std::optional<seccomp::Receptionist> receptionist;
};

// The supervisor's life. The environment is CMD's already.
void supervise(Supervision supervision);

}  // namespace a7600::tool
