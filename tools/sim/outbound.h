// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "base/ipv4.h"
#include "loop.h"

namespace a7600::sim {

// Bytes on their way to a real socket: each piece leaves when the simulated network has carried it
// and the socket takes it.
class Outbound {
 public:
  enum class State {
    kEmpty,
    kWaiting,  // until due()
    kBlocked,  // until the socket is writable
    kBroken,   // the socket is dead
  };

  // `to` is where a datagram goes; a stream's pieces have none.
  void put(Time due, std::string_view bytes, Endpoint to = {});
  // Writes what is due at `now`. A datagram that the socket refuses is lost, as on a network.
  State pump(int fd, Time now);

  bool empty() const { return pieces_.empty(); }
  // Bytes not yet written.
  std::size_t size() const { return size_; }
  // REQUIRES: !empty().
  Time due() const { return pieces_.front().due; }
  void clear();

 private:
  struct Piece {
    Time due;
    Endpoint to;
    std::string bytes;
  };
  std::deque<Piece> pieces_;
  std::size_t written_ = 0;  // of the first piece
  std::size_t size_ = 0;
};

}  // namespace a7600::sim
