// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/unique_fd.h"

namespace a7600::seccomp {

// The thread that waits for an answer, seen from outside. Nothing that it says is believed: every
// address may be wrong and every length too large, and the thread may die at any moment. What was
// read is to be acted on only after Listener::is_waiting() has said that it was that thread's.
class Target {
 public:
  explicit Target(pid_t thread) : thread_(thread) {}

  pid_t thread() const { return thread_; }
  // Its process; 0 when it is gone.
  pid_t process() const;

  // A copy of its descriptor `fd`; -1 and errno: EBADF when there is none, EPERM when it may not be
  // looked into.
  UniqueFd descriptor(int fd) const;
  // Whether it may be looked into: not when it is another user's or not dumpable.
  bool is_open() const;
  // Whether its table has room for one more descriptor.
  bool has_free_number() const;

  // The whole of `into` or nothing. REQUIRES: the size is bounded by the caller.
  bool read(std::uint64_t address, std::span<std::byte> into) const;
  bool write(std::uint64_t address, std::span<const std::byte> from) const;
  template <typename Object>
  bool read_object(std::uint64_t address, Object& into) const {
    return read(address, std::as_writable_bytes(std::span(&into, 1)));
  }
  template <typename Object>
  bool write_object(std::uint64_t address, const Object& from) const {
    return write(address, std::as_bytes(std::span(&from, 1)));
  }

  // A signal that it could take if it were not waiting here: one with a handler, or one that stops
  // it. What would end it needs nobody's help.
  enum class Signal { kNone, kMine, kAnyThreads };
  Signal pending_signal() const;

 private:
  int open_process() const;

  pid_t thread_;
  mutable UniqueFd process_fd_;
};

}  // namespace a7600::seccomp
