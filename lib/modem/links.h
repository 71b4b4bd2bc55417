// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "at/command.h"
#include "modem/host.h"

namespace a7600::modem {

// Transparent mode has this one only (manual 1.2).
inline constexpr int kDataModeLink = 0;

// Which connection has which of the module's ten links, and what is known of the others.
class Links {
 public:
  // The free link that has been free for longest, so that a late "+IPCLOSE:" for its last owner
  // is unlikely to meet its next; at first from 9 downward, since the module gives server clients
  // the lowest (MODEM-NOTES).
  std::optional<int> pick() const;

  // The one link of transparent mode (manual 2.3), if it is free.
  std::optional<int> pick_for_data_mode() const;

  void assign(int link, ConnectionId owner);
  void release(int link);
  // The module says that a link is open though nobody here has it: not picked until the module is
  // set up again, says that it is closed, or there is no other.
  void mark_foreign(int link);
  bool has_foreign() const;
  // Of those, the one that has been so for longest.
  std::optional<int> oldest_foreign() const;
  std::optional<int> foreign_for_data_mode() const;
  // Picked only when no other link is free, until forgive() or clear().
  void avoid(int link);
  void forgive();
  // Whoever had the link before, a connection here or a host before, may have left received data in
  // the module: it is to be asked about.
  void suspect(int link);
  void suspect_all();
  // The next one to be asked about, once: the lowest, but none that somebody here has.
  std::optional<int> take_suspect();
  // The module does have such data, until the link is used again.
  void note_unread(int link);
  bool has_unread() const;
  // As at first.
  void clear();

  // nullopt for a number that is no link, and for a link that nobody has.
  std::optional<ConnectionId> owner(int link) const;

 private:
  struct Slot {
    bool taken = false;
    bool foreign = false;
    bool avoided = false;
    bool suspect = false;
    bool unread = false;
    ConnectionId owner = 0;
    std::uint64_t released = 0;
  };
  static bool valid(int link) { return link >= 0 && link < at::kLinks; }

  std::array<Slot, at::kLinks> slots_{};
  std::uint64_t releases_ = 0;
};

}  // namespace a7600::modem
