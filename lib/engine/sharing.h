// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/pass.h"
#include "base/unique_fd.h"
#include "chat/chat.h"
#include "wire/status.h"

// What an engine needs to know to serve several programs, and what it keeps about each.
namespace a7600::engine {

// How an engine is shared. Its own user and root may do everything; `group` may use the modem.
// Whoever presents a socket may use that socket.
struct Sharing {
  // "@…": an abstract name, by which every process that holds a socket finds the engine.
  std::string address;
  // Listening, non-blocking; one of them at `address`.
  std::vector<UniqueFd> listeners;
  std::optional<gid_t> group;
  // Who shows it may use the modem, too.
  Pass pass;
  // Links that one process alone can't have; those that it has too many of wait their turn.
  int reserve = 1;
  // Links that one user can have, other than the engine's own and root; 10: all.
  int user_links = 10;
  // The log is not what the programs' users read, as a service's: errors are for both.
  bool log_apart = false;
};

// Who made a socket.
struct Owner {
  pid_t pid = 0;
  uid_t uid = 0;
  wire::Text<16> program{};

  // Who has made `call`. `with_program`: its name too, which costs three system calls; then also
  // the process that the caller has named instead of itself, if it is his own user's, or anybody's
  // when he is the engine's user or root. 0: he has named none.
  static Owner of(const UniqueFd& call, bool with_program, pid_t on_behalf_of);
};

// Bytes one way, and how fast they are of late.
class Traffic {
 public:
  void add(std::size_t bytes, chat::TimePoint now);
  std::uint64_t bytes() const { return bytes_; }
  std::uint32_t rate(chat::TimePoint now) const;  // bytes per second

 private:
  std::uint64_t bytes_ = 0;
  // The window that is being counted, and the one before.
  chat::TimePoint window_start_{};
  std::uint64_t window_bytes_ = 0;
  double last_rate_ = 0;
};

// What the module says of itself and of the network, asked only when somebody wants to know.
struct Facts {
  std::string model;
  std::string firmware;
  std::string network_operator;
  int signal = -1;
  int error_rate = -1;
  int registration = -1;

  // The commands still to be answered.
  std::vector<std::pair<std::uint32_t, std::string>> asked;
  chat::TimePoint deadline{};
};

}  // namespace a7600::engine
