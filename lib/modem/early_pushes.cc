// SPDX-License-Identifier: MIT
#include "modem/early_pushes.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr std::size_t kMostPushes = 256;
constexpr auto kPatience = 5s;

}  // namespace

void EarlyPushes::keep(int link, const std::optional<Endpoint>& from,
                       std::span<const std::byte> bytes, chat::TimePoint now) {
  if (bytes.empty()) return;
  std::erase_if(pushes_, [now](const Push& push) { return now - push.at > kPatience; });
  std::size_t kept = 0;
  for (const Push& push : pushes_) kept += push.bytes.size();
  const bool room = kept + bytes.size() <= kMostBytes;
  if (!room) bytes = {};
  // Beyond the most there are, none is told from another.
  if (pushes_.size() == kMostPushes) {
    pushes_.back().whole = false;
    return;
  }
  pushes_.push_back({link, from, {bytes.begin(), bytes.end()}, room, now});
}

EarlyPushes::Taken EarlyPushes::take(int link, const Endpoint& peer, chat::TimePoint now) {
  Taken taken;
  std::erase_if(pushes_, [&](const Push& push) {
    const bool its = push.link >= 0 ? push.link == link : !push.from || *push.from == peer;
    if (its && now - push.at <= kPatience) {
      taken.bytes.insert(taken.bytes.end(), push.bytes.begin(), push.bytes.end());
      taken.whole = taken.whole && push.whole;
    }
    return its;
  });
  return taken;
}

void EarlyPushes::forget(int link) {
  std::erase_if(pushes_, [link](const Push& push) { return push.link == link; });
}

}  // namespace a7600::modem
