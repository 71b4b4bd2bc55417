// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/unique_fd.h"
#include "errors.h"
#include "loop.h"
#include "options.h"
#include "settings.h"

namespace a7600::sim {

// Who takes the clients of a server.
class ServersUser {
 public:
  // Whether a client of this server could be taken now.
  virtual bool can_take(int server) = 0;
  virtual void take_client(int server, std::uint16_t port, UniqueFd fd) = 0;

 protected:
  ~ServersUser() = default;
};

// The real ports of `--listen-map`, and the module's four servers on them.
//
// The ports are bound for the simulator's life, so that nobody else gets them; they listen while a
// server of the module does. A server on a port without a mapping has no way in from outside.
class Servers {
 public:
  // Throws std::system_error if a real port isn't to be had.
  Servers(Loop& loop, const Options& options, ServersUser& user);

  // Each rule with the real port in place of 0.
  const std::vector<ListenRule>& ports() const { return ports_; }
  // Adds a rule while running. False if the real port isn't to be had.
  bool add_port(ListenRule rule);

  Err start(int server, std::uint16_t port, int backlog);
  void stop(int server);
  void stop_all();
  bool started(int server) const { return servers_[static_cast<std::size_t>(server)]->started; }
  std::uint16_t port(int server) const { return servers_[static_cast<std::size_t>(server)]->port; }
  // Where a server on this port is really reached; 0: there is none.
  std::uint16_t real_port(std::uint16_t port) const;
  // A real UDP socket for the module's port, 0 for any. Empty if there is none to be had.
  UniqueFd bind_udp(std::uint16_t port, bool any_address);

  // Takes clients that had to wait for a free link. Called at the end of each turn.
  void go_on();

 private:
  struct Server {
    Server(Loop& loop, Servers& all, int index);
    bool started = false;
    bool ready = false;  // clients may be waiting
    std::uint16_t port = 0;
    int listener = -1;  // one of sockets_, or own
    UniqueFd own;
    Watch watch;
    Timer arrival;
  };

  void take(int index);

  Loop& loop_;
  const Options& options_;
  ServersUser& user_;
  std::vector<ListenRule> ports_;
  std::vector<UniqueFd> sockets_;  // of ports_, bound
  std::array<std::unique_ptr<Server>, kServers> servers_;
};

}  // namespace a7600::sim
