// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "control.h"
#include "faults.h"
#include "log.h"
#include "loop.h"
#include "modem.h"
#include "options.h"
#include "profile.h"
#include "pty.h"
#include "router.h"

namespace a7600::sim {

// The simulated modem in this process, with a host at its port. Nothing runs but inside the calls
// below, so what a test sees doesn't depend on a scheduler.
class Rig {
 public:
  // `faults` as for --fault; a test with a fault that isn't one fails.
  explicit Rig(Options options = {}, std::string_view faults = "");

  // The host writes these bytes.
  void type(std::string_view bytes);
  // Runs until the host has read `text`, and takes everything up to its end. A test fails after
  // 30 s without it.
  std::string until(std::string_view text);
  // Runs until so many bytes have come, and takes them.
  std::string take(std::size_t size);
  // Types the command and takes the answer up to its final result, with the line ends as '|': echo
  // off, "|+CSQ: 25,99||OK|".
  std::string command(std::string_view text);
  // Runs for so long and takes what has come.
  std::string wait(Milliseconds time);
  // Runs until this is so. A test fails after 30 s without it.
  template <typename Condition>
  void run_until(Condition condition) {
    for (int turns = 0; !condition(); ++turns) {
      if (turns > 30'000) give_up("a condition");
      turn();
    }
  }

  // Echo off, CIPRXGET 1, network open.
  void bring_up();
  // An open TCP link to `port` on loopback.
  void connect(int link, std::uint16_t port);
  // One payload of fixed length; what came from the prompt to the +CIPSEND, line ends as '|'.
  std::string send(int link, std::string_view payload);

  // The host opens the port, as it is now called; with options.second_port, both.
  void open_port();
  // What is typed and read from here on is at the first port, at the beginning, or at the second.
  void use_first() { host_ = &hosts_[0]; }
  void use_second() { host_ = &hosts_[1]; }

  Options options;
  Loop loop;
  Log log;
  Router router;
  Faults faults;
  Pty pty;
  Modem modem;

 private:
  void turn();
  void read();
  [[noreturn]] void give_up(const std::string& what);

  struct Host {
    UniqueFd port;
    std::string read;
  };
  std::array<Host, 2> hosts_;
  Host* host_ = &hosts_[0];
};

// A loopback listener, and its first connection.
class Peer {
 public:
  Peer();

  std::uint16_t port() const { return port_; }
  // Runs the rig until a connection has come.
  void accept(Rig& rig);
  void send(std::string_view bytes);
  // Runs the rig until so many bytes have come.
  std::string receive(Rig& rig, std::size_t size);
  // Runs the rig until the module has ended the connection; true if by a reset.
  bool wait_for_end(Rig& rig);
  void close() { connection_.reset(); }

 private:
  UniqueFd listener_;
  UniqueFd connection_;
  std::uint16_t port_ = 0;
};

// A loopback listener that takes every connection, and now and then sends on one or ends it.
class Crowd {
 public:
  Crowd();

  std::uint16_t port() const { return port_; }
  // What becomes of the oldest connection: 0 and 1 get some bytes, 2 is closed, others are left.
  void answer_somebody(std::uint64_t what);

 private:
  UniqueFd listener_;
  std::vector<UniqueFd> connections_;
  std::uint16_t port_ = 0;
};

std::string bars(std::string_view text);

}  // namespace a7600::sim
