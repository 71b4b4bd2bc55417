// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace a7600::chat {

struct Command;
struct Answer;

// Sees what passes over the AT channel, for a trace. Changes nothing and calls nothing back.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void sent(const Command& command) = 0;
  // The prompt is there and the payload leaves.
  virtual void prompted() = 0;
  // Every line, before anybody acts on it, but no payload. `asked`: it belongs to the answer of
  // the command in flight.
  virtual void line(std::string_view line, bool asked) = 0;
  virtual void answered(const Answer& answer) = 0;
};

}  // namespace a7600::chat
