// SPDX-License-Identifier: MIT
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <optional>

#include "seccomp/features.h"

namespace a7600::seccomp {

// The supervisor's end of one filter (filter.h): system calls arrive here, and their threads wait
// for an answer. All of it may be called by several threads.
class Listener {
 public:
  // Of any descriptor, which stays the caller's: nullopt if it isn't a filter's listener.
  static std::optional<Listener> of(int fd);

  int fd() const { return fd_; }
  const Features& features() const { return features_; }

  // The next call. nullopt: there is none (EAGAIN: try again), or none will come any more (ENOENT).
  std::optional<seccomp_notif> receive() const;
  // Whether its thread still waits: if not, it has died, or a signal has taken it away.
  bool is_waiting(std::uint64_t id) const;

  // Answers; false and errno when the thread waits no more. `error`: an errno, or 0.
  bool answer(std::uint64_t id, std::int64_t value, int error) const;
  // The kernel makes the call, as if nobody had been asked.
  bool pass(std::uint64_t id) const;
  // Gives the program a descriptor, and its number as the call's result. False and errno: the
  // program has none of it; EMFILE when its table is full.
  bool answer_with_descriptor(std::uint64_t id, int fd, bool close_on_exec) const;
  // Puts `fd` under the program's number `number`; the call waits on.
  bool put_descriptor(std::uint64_t id, int fd, int number, bool close_on_exec) const;

 private:
  Listener(int fd, const Features& features) : fd_(fd), features_(features) {}
  int add(std::uint64_t id, int fd, std::uint32_t flags, int number, bool close_on_exec) const;

  int fd_;
  Features features_;
};

}  // namespace a7600::seccomp
