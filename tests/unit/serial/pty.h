// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace a7600::serial {

// A PTY: the test is the modem at the one end, and the room opens the other.
struct Pty {
  Pty();

  UniqueFd modem;
  std::string device;
};

// Up to `size` bytes, as soon as they are there; fewer when none came for ten seconds.
std::vector<unsigned char> read_exactly(int fd, std::size_t size);

// Descriptors that are open in this process.
std::vector<std::string> open_descriptors();

// A directory that is removed, with what is in it, at the end.
class Directory {
 public:
  Directory();
  ~Directory();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace a7600::serial
