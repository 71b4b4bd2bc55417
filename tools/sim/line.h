// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "log.h"
#include "loop.h"
#include "pacer.h"
#include "pty.h"

namespace a7600::sim {

// Who gets what the line carries.
class LineUser {
 public:
  // The host's bytes, valid for the call.
  virtual void on_input(std::string_view bytes) = 0;
  // Output that had been waiting has gone and room() is true again.
  virtual void on_room() = 0;

 protected:
  ~LineUser() = default;
};

// The serial line between host and module: the port, the rate of each direction and the queue of
// what the module has said but the host has not yet taken. Paced, bytes arrive when the last bit of
// their slice would have; input is taken from the port no faster than that, so a host that writes
// ahead is held back by the port's own buffer. Unpaced, a turn's output leaves by one write.
class Line {
 public:
  Line(Loop& loop, Pty& pty, Log& log, LineUser& user, std::uint32_t baud);

  // Starts (again) on the port as it is now open; what was queued or under way is dropped.
  void start();
  // The port is about to be closed.
  void stop();

  // Queues output; it leaves at the end of the turn at the earliest.
  void write(std::string_view bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  std::size_t queued() const { return out_.size() - sent_; }
  // Whether bulk output (pushed data, transparent data) may be queued.
  bool room() const { return queued() < kRoom; }
  // Sends what it can. Called at the end of each turn.
  void flush();

  // Stops and restarts taking input from the port.
  void set_reading(bool reading);

  std::uint32_t baud() const { return in_pace_.baud(); }
  // Both directions, once what the turn has queued has left.
  void change_baud(std::uint32_t baud);

 private:
  static constexpr std::size_t kRoom = 8192;

  void on_ready(std::uint32_t events);
  void take_input();
  void take_slice(bool next);
  void deliver(std::string_view bytes);
  void start_slice(bool next);
  void send(std::size_t bytes);
  void watch();

  Loop& loop_;
  Pty& pty_;
  Log& log_;
  LineUser& user_;
  Watch port_;
  bool up_ = false;
  bool reading_ = true;
  bool blocked_ = false;  // the port is full: wait for EPOLLOUT
  bool short_of_room_ = false;

  Pacer in_pace_;
  Timer in_timer_;
  std::vector<char> in_;  // the slice under way, or the buffer for an unpaced read
  std::size_t in_size_ = 0;

  std::uint32_t next_baud_ = 0;  // 0: no change is due

  Pacer out_pace_;
  Timer out_timer_;
  std::vector<char> out_;
  std::size_t sent_ = 0;  // of out_
  std::size_t slice_ = 0;
};

}  // namespace a7600::sim
