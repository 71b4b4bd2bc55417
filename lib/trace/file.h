// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace a7600::trace {

// The file that a trace goes to. Whole blocks are collected and written together, so that a file
// whose writer was killed ends with a whole block.
//
// Memory is bounded: a disk always takes what it is given, but a pipe's reader may be slow, and
// then blocks are left out and counted.
class File {
 public:
  static constexpr std::size_t kMostPending = 8 * 1024 * 1024;
  static constexpr std::uint64_t kDefaultSize = std::uint64_t{1} << 30;

  // Creates `name` ("%p" becomes this process's id), readable by its owner only. A regular file of
  // that name is replaced; anything else (a FIFO, /dev/null) is written to. The error's text names
  // A7600_TRACE, the value and what is allowed.
  //
  // When the file has grown beyond `most` bytes it becomes `name`.1, instead of an older one, and
  // a new one begins with `header`. 0: never.
  static Result<File> create(const std::string& name, std::string header, std::uint64_t most);
  // Writes to a descriptor that somebody else has opened. Never rotates.
  File(UniqueFd fd, std::string header);

  const std::string& name() const { return name_; }

  // Where the next block is put, or null when there is no room for it; then it is counted.
  std::string* begin_block();
  // Blocks left out since this was last asked.
  std::uint64_t take_dropped();

  // Writes what has been collected. False once writing has failed, for good; errno tells why.
  bool flush();
  bool has_pending() const { return written_ < pending_.size(); }

 private:
  bool write_pending();
  void rotate();

  UniqueFd fd_;
  std::string name_;
  std::string header_;
  std::uint64_t most_ = 0;
  std::uint64_t size_ = 0;
  std::string pending_;
  std::size_t written_ = 0;  // of pending_
  std::uint64_t dropped_ = 0;
};

}  // namespace a7600::trace
