// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace a7600::fuzz {

// The module's end of the line: a raw serial server on loopback. No line is faster, and of this one
// can be told when what was written has arrived, which keeps a run the same every time.
class Line {
 public:
  Line();

  // What A7600_PORT has to be.
  const std::string& port() const { return port_; }
  // Whether the engine has opened it anew since the last call.
  bool look();
  bool is_open() const { return static_cast<bool>(connection_); }
  // What the engine has written; valid until the next call.
  std::string_view read();
  void write(std::string_view bytes);
  void hang_up() { connection_.reset(); }
  // Whether nothing is between the two ends.
  bool is_quiet() const;

 private:
  void find_other_end();

  UniqueFd listener_;
  std::string port_;
  UniqueFd connection_;
  int other_end_ = -1;  // the engine's descriptor, while it has it
  std::array<char, 64 * 1024> read_;
};

}  // namespace a7600::fuzz
