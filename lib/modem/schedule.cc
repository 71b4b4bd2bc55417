// SPDX-License-Identifier: MIT
#include "modem/schedule.h"

#include <algorithm>

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

// What a command costs beside the bytes it moves, so that many small ones are not free.
constexpr std::uint64_t kCommandCost = 64;
// How far behind the others a flow may start that had nothing to do.
constexpr std::uint64_t kHeadStart = at::kLargestRead;
constexpr std::size_t kSmall = 512;
constexpr auto kBulkPause = 500ms;

Schedule::Turn turn_at(int index) {
  return {index / 2, index % 2 == 0 ? Direction::kReceive : Direction::kSend};
}

int index_of(Schedule::Turn turn) {
  return 2 * turn.link + (turn.direction == Direction::kSend ? 1 : 0);
}

}  // namespace

Schedule::Flow& Schedule::flow(Turn turn) {
  return links_[static_cast<std::size_t>(turn.link)]
      .flows[turn.direction == Direction::kSend ? 1 : 0];
}

std::optional<Schedule::Turn> Schedule::next(LinkSet receive, LinkSet send) {
  std::optional<Turn> best;
  for (int i = 1; i <= kTurns; ++i) {
    const Turn turn = turn_at((cursor_ + i) % kTurns);
    const LinkSet ready = turn.direction == Direction::kReceive ? receive : send;
    if ((ready >> static_cast<unsigned>(turn.link) & 1U) == 0) continue;
    Flow& candidate = flow(turn);
    candidate.tag = std::max(candidate.tag, served_tag_ - kHeadStart);
    if (!best || candidate.tag < flow(*best).tag) best = turn;
  }
  if (!best) return std::nullopt;
  cursor_ = index_of(*best);
  served_tag_ = std::max(served_tag_, flow(*best).tag);
  return best;
}

void Schedule::moved(Turn turn, std::size_t bytes, bool more, chat::TimePoint now) {
  Link& link = links_[static_cast<std::size_t>(turn.link)];
  Flow& moving = flow(turn);
  moving.tag = std::max(moving.tag, served_tag_ - kHeadStart) + bytes + kCommandCost;
  if (more) {
    moving.full_at = now;
    link.small_sends = 0;
  } else if (turn.direction == Direction::kSend && bytes <= kSmall) {
    if (now - link.small_send_at > kTyping) link.small_sends = 0;
    ++link.small_sends;
    link.small_send_at = now;
  }
}

void Schedule::forget(int link) { links_[static_cast<std::size_t>(link)] = {}; }

bool Schedule::is_typed_beside(int link, int sends, chat::TimePoint now) const {
  for (int other = 0; other < at::kLinks; ++other) {
    const Link& candidate = links_[static_cast<std::size_t>(other)];
    if (other != link && candidate.small_sends >= sends &&
        now - candidate.small_send_at <= kTyping) {
      return true;
    }
  }
  return false;
}

bool Schedule::is_bulk_under_way(Direction direction, chat::TimePoint now) const {
  const std::size_t index = direction == Direction::kSend ? 1 : 0;
  return std::any_of(links_.begin(), links_.end(), [&](const Link& link) {
    const auto& full_at = link.flows[index].full_at;
    return full_at && now - *full_at <= kBulkPause;
  });
}

}  // namespace a7600::modem
