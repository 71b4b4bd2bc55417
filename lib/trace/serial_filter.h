// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace a7600::trace {

// Finds the payloads in what the module sends, for traces that keep only a part of them: the bytes
// counted by "+CIPRXGET: 2,<link>,<len>,…", "+CIPRXGET: 3,…" (in hexadecimal), "+IPD<len>" and
// "+RECEIVE,<link>,<len>" (manual 2.5, 2.8, 2.13). A copy of the grammar in small, since a trace
// must not depend on what the reading of the line makes of it.
class SerialFilter {
 public:
  struct Piece {
    std::span<const std::byte> bytes;
    bool payload;
  };
  // The pieces are valid until the next call; they point into `bytes`.
  const std::vector<Piece>& cut(std::span<const std::byte> bytes);

 private:
  void add(std::span<const std::byte> bytes, bool payload);
  void end_of_line();

  std::string line_;
  std::size_t payload_ = 0;  // bytes of it still to come
  std::vector<Piece> pieces_;
};

}  // namespace a7600::trace
