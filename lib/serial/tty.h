// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

// The kernel's struct of that name. <asm/termbits.h> can't be included beside <termios.h>, so it
// stays in tty.cc.
struct termios2;

namespace a7600::serial {

// A terminal device as the kernel has it: a UART, a USB serial port or a PTY.
//
// The line is set up here and not by libserialport, which gets RTS/CTS wrong: version 0.1.1 sets
// and clears CRTSCTS in c_iflag, so that it reports success and changes nothing (seen with stty on
// a 16550A, Linux 6.18), and it refuses PTYs altogether.
class Tty {
 public:
  // Opens `device`, a path without symbolic links, and changes nothing on it. Errors: ENODEV,
  // ENOTTY, EACCES; EBUSY when another process has it open exclusively (no text).
  static Result<Tty> open(const std::string& device);

  Tty(Tty&&) noexcept;
  Tty& operator=(Tty&&) noexcept;
  ~Tty();  // closes, and leaves the line as it is: see restore()

  int fd() const { return fd_.get(); }  // non-blocking, close-on-exec
  bool is_pty() const { return is_pty_; }

  // 8N1 at `baud`, no line discipline at work, RTS/CTS on or off. What had arrived before is
  // dropped: it was meant for a program that is gone. EINVAL when the device can't do it (the line
  // is then as before).
  Status make_raw(int baud, bool rtscts);

  // As make_raw(), in the middle of the work: nothing is dropped, and after an error the line is as
  // before the call.
  Status set_line(int baud, bool rtscts);

  // Lowers or raises RTS or DTR; false when the device has none.
  bool set_rts(bool up);
  bool set_dtr(bool up);

  // The settings that open() found.
  void restore();

 private:
  bool set_wire(int wire, bool up);

  Tty(UniqueFd fd, std::string device, bool is_pty, std::unique_ptr<termios2> found);

  UniqueFd fd_;
  std::string device_;
  bool is_pty_;
  std::unique_ptr<termios2> found_;
};

}  // namespace a7600::serial
