// SPDX-License-Identifier: MIT
#include "modem/links.h"

#include <algorithm>
#include <utility>

namespace a7600::modem {

std::optional<int> Links::pick() const {
  std::optional<int> best;
  for (int link = at::kLinks - 1; link >= 0; --link) {
    const Slot& slot = slots_[static_cast<std::size_t>(link)];
    if (slot.taken || slot.foreign) continue;
    const auto rank = [this](int of) {
      const Slot& candidate = slots_[static_cast<std::size_t>(of)];
      return std::pair(candidate.avoided, candidate.released);
    };
    if (!best || rank(link) < rank(*best)) best = link;
  }
  return best;
}

std::optional<int> Links::pick_for_data_mode() const {
  const Slot& slot = slots_[kDataModeLink];
  if (slot.taken || slot.foreign) return std::nullopt;
  return kDataModeLink;
}

void Links::assign(int link, ConnectionId owner) {
  Slot& slot = slots_[static_cast<std::size_t>(link)];
  slot.taken = true;
  slot.foreign = false;
  slot.unread = false;
  slot.owner = owner;
}

void Links::release(int link) {
  if (!valid(link)) return;
  Slot& slot = slots_[static_cast<std::size_t>(link)];
  slot.taken = false;
  slot.foreign = false;
  slot.released = ++releases_;
}

void Links::mark_foreign(int link) {
  Slot& slot = slots_[static_cast<std::size_t>(link)];
  slot.taken = false;
  slot.foreign = true;
  slot.released = ++releases_;
}

void Links::avoid(int link) { slots_[static_cast<std::size_t>(link)].avoided = true; }

void Links::forgive() {
  for (Slot& slot : slots_) slot.avoided = false;
}

void Links::suspect(int link) {
  if (valid(link)) slots_[static_cast<std::size_t>(link)].suspect = true;
}

void Links::suspect_all() {
  for (Slot& slot : slots_) slot.suspect = true;
}

std::optional<int> Links::take_suspect() {
  for (int link = 0; link < at::kLinks; ++link) {
    Slot& slot = slots_[static_cast<std::size_t>(link)];
    if (std::exchange(slot.suspect, false) && !slot.taken) return link;
  }
  return std::nullopt;
}

void Links::note_unread(int link) {
  if (valid(link)) slots_[static_cast<std::size_t>(link)].unread = true;
}

bool Links::has_unread() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.unread; });
}

void Links::clear() { slots_ = {}; }

bool Links::has_foreign() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.foreign; });
}

std::optional<int> Links::oldest_foreign() const {
  std::optional<int> oldest;
  for (int link = 0; link < at::kLinks; ++link) {
    const Slot& slot = slots_[static_cast<std::size_t>(link)];
    if (!slot.foreign) continue;
    if (!oldest || slot.released < slots_[static_cast<std::size_t>(*oldest)].released) {
      oldest = link;
    }
  }
  return oldest;
}

std::optional<int> Links::foreign_for_data_mode() const {
  if (!slots_[kDataModeLink].foreign) return std::nullopt;
  return kDataModeLink;
}

std::optional<ConnectionId> Links::owner(int link) const {
  if (!valid(link)) return std::nullopt;
  const Slot& slot = slots_[static_cast<std::size_t>(link)];
  if (!slot.taken) return std::nullopt;
  return slot.owner;
}

}  // namespace a7600::modem
