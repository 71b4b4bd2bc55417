// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/ipv4.h"
#include "chat/chat.h"

namespace a7600::modem {

// Data that was pushed for a connection which is not known yet. A server's client can have sent
// something before "+CLIENT:" is heard of: while a payload is awaited, codes may wait where pushed
// data goes on. What nobody comes for within a few seconds is dropped.
class EarlyPushes {
 public:
  // As the push was named: by `link`, or -1 and by `from`, or by nothing.
  void keep(int link, const std::optional<Endpoint>& from, std::span<const std::byte> bytes,
            chat::TimePoint now);

  struct Taken {
    std::vector<std::byte> bytes;
    bool whole = true;  // false: there was more than is kept
  };
  // What is that client's.
  Taken take(int link, const Endpoint& peer, chat::TimePoint now);

  // The link has come to an end, or is somebody else's.
  void forget(int link);
  void clear() { pushes_.clear(); }

 private:
  struct Push {
    int link;
    std::optional<Endpoint> from;
    std::vector<std::byte> bytes;
    bool whole;
    chat::TimePoint at;
  };

  std::deque<Push> pushes_;
};

}  // namespace a7600::modem
