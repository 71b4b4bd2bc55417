// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace a7600::engine {

// The two ends of a program's stream socket: the program has one, the engine this one.
//
// Theory (each fact has its program in tests/platform). The program's end must not be writable
// before the modem is connected, so it is created with its send buffer full of filler: the gate.
// Reading the filler opens the gate with one edge. The small send buffer stays, because what it
// holds is what the program believes to be sent.
//
// A reset is shown to the program by closing this end while something of the program's is unread
// (then recv says ECONNRESET after the queued data). So that there always is something, one byte
// is kept back: at first one behind the filler, later the last byte of what the program wrote,
// which has been sent but not taken out of the queue. A kept byte holds on to the memory of the
// whole write that it came with, and with it the program's send buffer; so behind a large write
// nothing is kept, and a reset is then seen as an end of file followed by EPIPE.
//
// This end is bound to an abstract name that leads to its engine. getpeername(2) on the program's
// end tells it in every process that the descriptor reaches, by fork, exec or SCM_RIGHTS.
class Pair {
 public:
  struct Made;

  // Closed.
  Pair() = default;

  // `name`: this end's abstract name, without the NUL. ENFILE and the like are passed on.
  static Result<Made> make(std::string_view name, bool nonblocking, bool gate_open);

  int fd() const { return engine_end_.get(); }
  bool is_open() const { return static_cast<bool>(engine_end_); }

  // The program may write from now on. REQUIRES: not called before.
  void open_gate();

  struct Taken {
    std::size_t size = 0;
    bool end = false;    // the program has shut its write side down, or closed, and all is taken
    bool reset = false;  // the program closed while received data was unread
  };
  // What the program has written. REQUIRES: the gate is open.
  Taken take(std::span<std::byte> into);
  // Bytes written by the program and not taken.
  std::size_t pending() const;
  // Bytes given to the program that it has not read.
  std::size_t unread_by_program() const;
  // Whether nothing can come from the program or go to it any more: it holds no descriptor of its
  // end, or both directions are shut down.
  bool hung_up() const;

  // Gives received bytes to the program. What does not fit is kept here: room() is false until
  // flush() has got rid of it.
  void give(std::span<const std::byte> bytes);
  bool flush();  // the result is room()
  bool room() const { return leftover_.empty(); }
  // The program reads no more: it has closed or shut its read side down.
  bool deaf() const { return deaf_; }

  // Gives one whole record together with a descriptor, or nothing at all: a listening socket's
  // news. False if there is no room.
  bool give_descriptor(std::span<const std::byte> record, const UniqueFd& descriptor) const;

  // End of file behind what was given. No byte is kept from here on: this end may be closed before
  // the program has read everything, and that is no reset. REQUIRES: room().
  void finish();
  // Closes this end: ECONNRESET for the program as far as a byte could be kept; before the gate
  // is open, what a refused TCP connection shows.
  void close() { engine_end_.reset(); }
  // The same without a reset: nothing of the program's is left unread.
  void close_quietly();

 private:
  explicit Pair(UniqueFd engine_end) : engine_end_(std::move(engine_end)) {}

  std::size_t unread() const;
  Taken take_nothing() const;
  bool drop(std::size_t size) const;
  // Like recv(2), behind the byte that was taken already.
  ssize_t receive(std::span<std::byte> into, int flags) const;

  UniqueFd engine_end_;
  std::size_t filler_ = 0;
  bool kept_ = false;        // the queue begins with a byte that has been taken already
  std::size_t largest_ = 0;  // most bytes seen waiting since the queue was last empty
  std::vector<std::byte> leftover_;
  bool deaf_ = false;
};

struct Pair::Made {
  Pair pair;
  UniqueFd program_end;
  std::uint64_t cookie;  // SO_COOKIE of program_end
};

}  // namespace a7600::engine
