// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/ipv4.h"
#include "chat/chat.h"

namespace a7600::modem {

// Whether two host names are the same: case says nothing.
bool same_name(std::string_view a, std::string_view b);

// The addresses that host names had a short while ago. A look-up takes the AT channel for as long
// as the operator's name server takes, and programs ask for the same few names again and again.
//
// The module tells no time to live, so every name is kept for the same time, short enough for
// names that move. That a name has no address is not kept: it may be the network's fault.
class NameCache {
 public:
  static constexpr std::size_t kMostNames = 64;
  static constexpr std::chrono::seconds kKept{60};

  // The name that came first makes room for one too many.
  void keep(std::string_view name, std::vector<Ipv4> addresses, chat::TimePoint now);
  // Null when the name is not known, or not any more.
  const std::vector<Ipv4>* find(std::string_view name, chat::TimePoint now) const;
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    std::string name;
    std::vector<Ipv4> addresses;
    chat::TimePoint until;
  };
  std::deque<Entry> entries_;  // the oldest first
};

}  // namespace a7600::modem
