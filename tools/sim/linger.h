// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <list>

#include "base/unique_fd.h"
#include "loop.h"
#include "outbound.h"

namespace a7600::sim {

// Real TCP sockets whose link the module has closed: what was sent still goes out, then the end of
// the stream; what still comes in is thrown away. So a peer sees an orderly end, not a reset that
// would cost it the last bytes. A peer that doesn't end its side within a few seconds is reset.
class Linger {
 public:
  explicit Linger(Loop& loop) : loop_(loop) {}

  // The stream ends at `end` at the earliest.
  void take(UniqueFd fd, Outbound rest, Time end);
  // Removes those that are done. Called at the end of each turn.
  void sweep();

 private:
  struct Socket {
    Socket(Loop& loop, UniqueFd socket_fd, Outbound socket_rest, Time socket_end);
    void go_on();
    void discard();
    void lose_patience();
    std::size_t left() const;

    Loop& loop;
    UniqueFd fd;
    Outbound rest;
    Time end;
    bool ended = false;
    bool done = false;
    std::size_t last_left = 0;
    Watch watch;
    Timer due;
    Timer patience;
  };

  Loop& loop_;
  std::list<Socket> sockets_;
};

// Closes with a reset: the peer loses what is under way, as when a module loses its power.
void reset_socket(UniqueFd& fd);

}  // namespace a7600::sim
