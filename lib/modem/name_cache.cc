// SPDX-License-Identifier: MIT
#include "modem/name_cache.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace a7600::modem {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

void NameCache::keep(std::string_view name, std::vector<Ipv4> addresses, chat::TimePoint now) {
  std::erase_if(entries_, [name](const Entry& entry) { return same_name(entry.name, name); });
  if (entries_.size() == kMostNames) entries_.pop_front();
  entries_.push_back({std::string(name), std::move(addresses), now + kKept});
}

const std::vector<Ipv4>* NameCache::find(std::string_view name, chat::TimePoint now) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [name](const Entry& entry) {
    return same_name(entry.name, name);
  });
  return found == entries_.end() || now >= found->until ? nullptr : &found->addresses;
}

}  // namespace a7600::modem
