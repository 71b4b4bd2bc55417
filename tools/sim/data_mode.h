// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "escape.h"
#include "loop.h"
#include "stack.h"

namespace a7600::sim {

// The host's side of transparent mode: its bytes go to link 0 as they are, until "+++". On UDP,
// what comes without a pause makes a datagram, up to 1500 bytes.
class DataMode {
 public:
  DataMode(Loop& loop, Stack& stack);

  void start(Link& link);
  void stop();
  bool on() const { return link_ != nullptr; }
  // False if the link can take no more for now.
  bool input(std::string_view bytes);

  // Called when the escape sequence has come.
  std::function<void()> on_escape;

 private:
  void send(std::string_view bytes);
  void send_datagram();

  Loop& loop_;
  Stack& stack_;
  Link* link_ = nullptr;
  Escape escape_;
  Timer escape_timer_;
  std::string datagram_;
  Timer datagram_timer_;
};

}  // namespace a7600::sim
