// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/config.h"
#include "serial/find.h"

namespace a7600::serial {

// How far the line can push back when its reader is slow. Buffer access mode needs none of it.
enum class FlowControl { kNone, kRtsCts, kLossless /* PTY, USB or TCP */ };

// An open line to the modem: a serial device, a PTY or a raw TCP serial server, locked against
// other serial programs for as long as it is open.
class Port {
 public:
  // Opens `config.port` raw (8N1, no echo, no line discipline) at `config.baud`. What had arrived
  // on a serial line before is dropped.
  // Errors (Error::posix): ENODEV no such device or nothing found for "auto"; EACCES no
  // permission (text says which group); EBUSY another process holds it (text names program and
  // pid when they can be found); ENOTTY not a serial device; EINVAL a rate the device refuses;
  // ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT for tcp:.
  static Result<Port> open(const config::Config& config);

  Port(Port&&) noexcept;
  Port& operator=(Port&&) noexcept;
  ~Port();  // gives the lock back

  int fd() const;                   // non-blocking, close-on-exec; for epoll, read and write
  const std::string& name() const;  // the device opened, e.g. "/dev/ttyUSB2", "tcp:10.0.0.1:2000"
  FlowControl flow_control() const;
  // Whoever held it before has ended without giving it back.
  bool was_abandoned() const;
  // Ends like that, in what is seen of it: the next holder's was_abandoned() is true.
  void abandon();

  // The rate that the line is at; 0 where it has none: USB carries bytes, and so does TCP.
  int rate() const;
  // EINVAL when the device refuses it; the line is then as before.
  Status set_rate(int baud);
  // RTS/CTS on or off. Off until somebody has seen that the module keeps to it: on a line that
  // doesn't have the wires it stops everything for good. A PTY does without.
  void use_rtscts(bool on);
  // RTS down or up, while it isn't the driver's. False where there is no such wire.
  bool hold_module(bool on);
  // DTR, which opening the device raises. False where there is no such wire: a PTY has none, TCP
  // carries none.
  bool set_dtr(bool up);

  // Whether the driver has passed on all that was written; true where it doesn't tell.
  bool is_drained() const;

 private:
  struct State;
  explicit Port(State* state);
  State* state_;
};

// Opens `device` and says "AT", at `baud`: for half a second, or until it answers OK or ERROR.
Probe probe_port(const std::string& device, int baud);

}  // namespace a7600::serial
