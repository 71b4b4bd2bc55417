// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>

#include "chat/chat.h"

namespace a7600::modem {

// A module that nothing else brings back can be restarted.
enum class Reset {
  kCommand,  // by AT+CFUN=1,1, or AT+CFUN=0 and 1 if it doesn't know that
  kDtr,      // by DTR down and up, where the board has it wired to the module's reset or power
};

// Which of them may be used; none, unless the user has said so (A7600_RESET).
struct ResetMeans {
  bool command = false;
  bool dtr = false;
};

// What a bring-up has failed of, as far as a restart could help.
enum class Trouble {
  kOther,   // SIM, registration, a setting: it would not
  kSilent,  // nothing on the line answers
  kStack,   // the module answers, but neither opens the network nor is there one
};

// What comes after a bring-up that has failed, for those who still wait. Theory: a bring-up has
// probed and resynchronised already. First it is repeated, once, with what was left out then: the
// port is opened again, the network is closed and opened again. Then the means of a restart follow,
// each once, the one that fits the trouble first. Then it is given up.
//
// Hysteresis: after restarts there is a pause in which a module that fails again is given up at
// once, of 1, 2, 4 … 60 minutes, so that one that is dead, or dies as soon as it is up, is not
// restarted again and again. A module that has worked for ten minutes begins anew.
class ResetLadder {
 public:
  enum class Rung { kGiveUp, kAgain, kCommand, kDtr };

  Rung next(ResetMeans means, Trouble trouble, chat::TimePoint now);
  // The module is up.
  void rescued(chat::TimePoint now);

 private:
  void pause(chat::TimePoint now);

  bool tried_again_ = false;
  ResetMeans used_;
  std::optional<chat::TimePoint> up_since_;
  std::optional<chat::TimePoint> not_before_;
  std::chrono::minutes pause_{0};
};

}  // namespace a7600::modem
