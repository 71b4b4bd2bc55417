// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"

namespace a7600::sim {

// A pseudo terminal in raw mode that stands for the module's port. The host opens name(); bytes go
// by master(), which is non-blocking. A descriptor of the host's side is kept open here, so that a
// host that closes the port is not a hang-up: what the module says meanwhile waits for the next
// host, as it does in a USB port's buffer.
class Pty {
 public:
  // `link`, when not empty, becomes a symbolic link to the port until the end of the object's life;
  // an existing symbolic link of that name is replaced. Throws std::system_error.
  explicit Pty(std::string link);
  Pty(const Pty&) = delete;
  Pty& operator=(const Pty&) = delete;
  ~Pty() { close(); }

  int master() const { return master_.get(); }
  const std::string& name() const { return name_; }
  // The rate in bits a second that the host has set its side to; 0 if it is none that has a number.
  std::uint32_t host_rate() const;

  // The port vanishes (a host that has it open sees a hang-up) and comes back under a new name.
  void close();
  void open();

 private:
  std::string link_;
  std::string name_;
  UniqueFd master_;
  UniqueFd slave_;
};

}  // namespace a7600::sim
