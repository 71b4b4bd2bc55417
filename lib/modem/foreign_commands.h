// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "chat/chat.h"
#include "modem/host.h"

namespace a7600::modem {

// AT commands that are none of the modem's own: `a7600 at`, and what `a7600 status` asks. They take
// turns with its own, but never come between the steps of a bring-up, which take a silent line for
// a sign. Host::command_answered answers.
class ForeignCommands {
 public:
  explicit ForeignCommands(Host& host) : host_(host) {}

  void add(CommandId id, std::string text, std::chrono::milliseconds timeout);

  // The next one, to be sent now.
  std::optional<chat::Command> next();
  void on_line(std::string_view line);
  void on_answer(const chat::Answer& answer);

  // None will be sent, or answered, any more.
  void fail();

 private:
  struct Waiting {
    CommandId id;
    std::string text;
    std::chrono::milliseconds timeout;
  };

  Host& host_;
  std::deque<Waiting> commands_;  // the first may be in flight
  CommandAnswer answer_;
};

}  // namespace a7600::modem
