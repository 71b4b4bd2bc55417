// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "at/command.h"
#include "chat/chat.h"

namespace a7600::modem {

enum class Direction { kReceive, kSend };

// Whose turn it is on the AT channel: links and directions share it by bytes.
//
// Theory (start-time fair queueing). Each direction of each link is a flow, and has a tag that
// grows by what it moved. The flow with the smallest tag is next, of equals the one that comes
// first behind the one that was served last. A flow that had nothing to do for a while starts a
// chunk behind the others' tags, no more: so a keystroke goes before every bulk transfer,
// however many there are, and nobody can save up turns, or be overtaken for ever.
//
// It also knows what the links are used for, since a chunk of a bulk transfer is what a keystroke
// on another link waits for. A link is *typed on* if it has lately moved little at a time, at its
// program's own beginning.
class Schedule {
 public:
  struct Turn {
    int link = 0;
    Direction direction = Direction::kReceive;
    bool operator==(const Turn&) const = default;
  };
  // A set of links, one bit each.
  using LinkSet = unsigned;

  // The next among those that have something to receive and to send.
  std::optional<Turn> next(LinkSet receive, LinkSet send);

  // `bytes` have passed. `more`: it was as much as could be moved at once, and more waits.
  void moved(Turn turn, std::size_t bytes, bool more, chat::TimePoint now);

  // The link has a new owner.
  void forget(int link);

  // Whether another link than `link` (-1: any link) is being typed on: so many small sends in a
  // row, the latest not long ago.
  bool is_typed_beside(int link, int sends, chat::TimePoint now) const;
  // Whether a link has moved as much as it could just now.
  bool is_bulk_under_way(Direction direction, chat::TimePoint now) const;

  // How long a link counts as typed on after the latest small send.
  static constexpr std::chrono::milliseconds kTyping{2000};

 private:
  struct Flow {
    std::uint64_t tag = 0;
    std::optional<chat::TimePoint> full_at;  // moved as much as it could
  };
  struct Link {
    std::array<Flow, 2> flows;
    int small_sends = 0;
    chat::TimePoint small_send_at{};
  };
  static constexpr int kTurns = 2 * at::kLinks;

  Flow& flow(Turn turn);

  std::array<Link, at::kLinks> links_{};
  std::uint64_t served_tag_ = kStart;
  int cursor_ = 0;  // the turn that was served last

  static constexpr std::uint64_t kStart = 1U << 16;
};

}  // namespace a7600::modem
