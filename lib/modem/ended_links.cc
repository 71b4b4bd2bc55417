// SPDX-License-Identifier: MIT
#include "modem/ended_links.h"

#include <algorithm>
#include <utility>

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

// Time enough for a module that frees a link a little behind its word.
constexpr auto kPause = 1s;
constexpr auto kLongestPause = 300s;

}  // namespace

void EndedLinks::note(int link, const Endpoint& peer, bool is_client, chat::TimePoint now) {
  if (keeps_ == false) return;
  ended_[static_cast<std::size_t>(link)] = Ended{peer, is_client, now + kPause};
}

std::optional<chat::TimePoint> EndedLinks::due() const {
  std::optional<chat::TimePoint> soonest;
  if (asked_at_) return soonest;
  for (const std::optional<Ended>& ended : ended_) {
    if (!ended || (!ended->is_client && !keeps_)) continue;
    if (!soonest || ended->due < *soonest) soonest = ended->due;
  }
  return soonest;
}

bool EndedLinks::take_due(chat::TimePoint now) {
  if (!is_due(now)) return false;
  asked_at_ = now;
  return true;
}

std::vector<int> EndedLinks::kept(const OpenLinks& open) {
  std::vector<int> kept;
  if (!asked_at_) return kept;
  bool tells = false;
  for (int link = 0; link < at::kLinks; ++link) {
    const auto index = static_cast<std::size_t>(link);
    std::optional<Ended>& ended = ended_[index];
    if (!ended || ended->due > *asked_at_) continue;
    tells = true;
    if (open[index] && open[index]->peer == ended->peer) kept.push_back(link);
    ended.reset();
  }
  asked_at_.reset();
  if (tells && !keeps_) keeps_ = !kept.empty();
  if (keeps_ == false) ended_ = {};
  pause_ = kPause;
  return kept;
}

void EndedLinks::unanswered(chat::TimePoint now) {
  if (!std::exchange(asked_at_, std::nullopt)) return;
  pause_ = std::min<std::chrono::seconds>(pause_ * 2, kLongestPause);
  for (std::optional<Ended>& ended : ended_) {
    if (ended) ended->due = now + pause_;
  }
}

}  // namespace a7600::modem
