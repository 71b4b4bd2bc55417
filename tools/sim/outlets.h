// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "line.h"
#include "options.h"
#include "output.h"
#include "settings.h"

namespace a7600::sim {

// One port, as the TCP/IP sees it.
struct Outlet {
  Line& line;
  Output& out;
  // A CIPSEND's payload is awaited, during which some firmware goes on pushing.
  bool payload_awaited = false;
};

// The ports as the way out of what nobody has asked for: unsolicited result codes, and the data of
// direct push mode, which goes to one port only.
class Outlets {
 public:
  explicit Outlets(UrcsTo to) : to_(to) {}

  // The first one added is the first port.
  void add(Outlet& outlet) { outlets_.push_back(&outlet); }
  // Who has opened a link; null for a server's client.
  void opened(int link, Outlet* by) { openers_[static_cast<std::size_t>(link)] = by; }

  // A URC about `link`; -1: about none.
  void urc(int link, std::string_view line);
  // Where the link's received data is pushed to.
  Outlet& of(int link) const;

 private:
  UrcsTo to_;
  std::vector<Outlet*> outlets_;
  std::array<Outlet*, kLinks> openers_{};
};

}  // namespace a7600::sim
