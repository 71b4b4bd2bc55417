// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "faults.h"
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
  // How the log marks what comes from the host, and what goes to it.
  struct Marks {
    char in = '>';
    char out = '<';
  };

  // A `baud` of 0 isn't paced. The module's rate is then 115200.
  Line(Loop& loop, Pty& pty, Log& log, Faults& faults, LineUser& user, std::uint32_t baud,
       Marks marks);

  // Starts (again) on the port as it is now open; what was queued or under way is dropped.
  void start();
  // The port is about to be closed.
  void stop();

  // Queues output; it leaves at the end of the turn at the earliest.
  void write(std::string_view bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  std::size_t queued() const { return out_.size() - sent_; }
  // Whether bulk output (pushed data, transparent data) may be queued: on a paced line only when
  // what is queued is about to leave, so that answers wait for one piece at most.
  bool room() const { return queued() < (out_pace_.on() ? paced_room() : kRoom); }
  // Sends what it can. Called at the end of each turn.
  void flush();
  // What is queued is lost.
  void drop_output();

  // Stops and restarts taking input from the port.
  void set_reading(bool reading);

  // The rate that the module is set to; 0 takes the host's.
  std::uint32_t rate() const { return rate_; }
  void set_rate(std::uint32_t rate);
  // Sets it once what the turn says has left.
  void change_rate(std::uint32_t rate) { next_rate_ = rate; }

  // Nothing leaves before this time; Time::max() is for ever.
  void hold_output(Time until);
  // Nothing leaves while it is closed: the other side doesn't raise RTS.
  void close_gate(bool closed);
  // Calls `blow` when so many more bytes have left; those behind them stay queued until then.
  void set_fuse(std::size_t bytes, std::function<void()> blow);

  // Bytes so far.
  std::uint64_t bytes_in() const { return bytes_in_; }
  std::uint64_t bytes_out() const { return bytes_out_; }

 private:
  static constexpr std::size_t kRoom = 8192;

  // With less than two slices the line would run dry between them.
  std::size_t paced_room() const { return 2 * out_pace_.slice(); }
  void on_ready(std::uint32_t events);
  void take_input();
  void take_slice(bool next);
  void deliver(std::string_view bytes);
  bool sliced() const { return out_pace_.on() || faults_.on(Fault::kFragment); }
  void start_slice(bool next);
  void send(std::size_t bytes);
  void after_sending();
  void set_blocked(bool blocked);
  void watch();
  bool held() const { return gate_closed_ || loop_.now() < held_until_; }
  bool garbled() const;
  std::string_view rubbish(std::string_view bytes);

  Loop& loop_;
  Pty& pty_;
  Log& log_;
  Faults& faults_;
  LineUser& user_;
  Marks marks_;
  Watch port_;
  bool up_ = false;
  bool reading_ = true;
  bool blocked_ = false;  // the port is full: wait for EPOLLOUT
  bool short_of_room_ = false;
  std::uint32_t rate_;
  std::optional<std::uint32_t> next_rate_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;

  Pacer in_pace_;
  Timer in_timer_;
  std::vector<char> in_;  // the slice under way, or the buffer for an unpaced read
  std::size_t in_size_ = 0;

  Pacer out_pace_;
  Timer out_timer_;
  std::vector<char> out_;
  std::size_t sent_ = 0;  // of out_
  std::size_t slice_ = 0;

  bool gate_closed_ = false;
  Time held_until_{};
  Timer hold_timer_;
  std::size_t fuse_ = 0;  // bytes to go, while blow_ is set
  std::function<void()> blow_;
  std::vector<char> rubbish_;
};

}  // namespace a7600::sim
