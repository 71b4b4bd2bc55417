// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "at/command.h"
#include "base/ipv4.h"
#include "chat/chat.h"

namespace a7600::modem {

// What "AT+CIPOPEN?" has said of each link: open, or not.
using OpenLinks = std::array<std::optional<at::OpenLink>, at::kLinks>;

// Does the module give away the number of a link behind its "+IPCLOSE:", or keep it until
// AT+CIPCLOSE? The manual asks for none, but a module was seen that waits for it: its servers
// accepted nobody after ten clients, and no line tells of that. So "AT+CIPOPEN?" is sent a while
// after the first client of a server has ended; and again after others, as long as the module keeps
// them.
class EndedLinks {
 public:
  // The module has told the end of the connection that had the link, and all is read.
  void note(int link, const Endpoint& peer, bool is_client, chat::TimePoint now);

  // Somebody has it, or is about to, or it is being closed: it tells nothing any more.
  void forget(int link) { ended_[static_cast<std::size_t>(link)].reset(); }

  // When to ask, if at all.
  std::optional<chat::TimePoint> due() const;
  // Whether to ask now; kept() is called with the answer.
  bool take_due(chat::TimePoint now);
  bool is_due(chat::TimePoint now) const { return due() && now >= *due(); }
  // Those that the module was asked about, and has kept.
  std::vector<int> kept(const OpenLinks& open);
  // There was no answer. It is asked again, ever later.
  void unanswered(chat::TimePoint now);

  // For a module that was set up anew.
  void clear() { *this = {}; }

 private:
  struct Ended {
    Endpoint peer;
    bool is_client;
    chat::TimePoint due;
  };

  std::array<std::optional<Ended>, at::kLinks> ended_{};
  std::optional<chat::TimePoint> asked_at_;
  std::chrono::seconds pause_{1};
  std::optional<bool> keeps_;  // what the first answer of use has shown
};

}  // namespace a7600::modem
