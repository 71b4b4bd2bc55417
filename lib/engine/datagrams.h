// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ipv4.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "wire/peer_name.h"

namespace a7600::engine {

// The engine's side of a program's datagram socket.
//
// Theory (tests/platform, udp_pair). The program's end is an AF_UNIX datagram socket bound to the
// socket's name. For each remote peer the engine has a socket of its own, bound to a name that
// encodes the peer's address and connected to the program's end: what the program sends to that
// name goes to that peer, and what comes from the peer is sent from there. So read(2) and write(2)
// see plain payload, connect(2) is the kernel's with its filter, and only addresses have to be
// translated. The kernel queues few datagrams for an unconnected program; the rest waits here,
// bounded, and beyond that the newest is dropped, as a full socket buffer drops it.
//
// Nothing tells a datagram socket that the program has closed its end; alive() asks.
class Datagrams {
 public:
  struct Made;

  // `name`: the program's end's, the second form of wire/peer_name.h.
  static Result<Made> make(const wire::UnixAddress& name, bool nonblocking);

  // The descriptor of the socket for `peer`, made if it is new; -1 and errno on failure. A new one
  // is reported by `made` so that it can be watched.
  int open_peer(const Endpoint& peer);
  // Called with each new peer's descriptor; set once.
  void on_new_peer(std::function<void(int fd)> watch) { watch_ = std::move(watch); }

  struct Taken {
    std::size_t size = 0;
    Endpoint to;
  };
  // Which of the peers: those that the module sends to, or the resolvers of this machine, whose
  // questions are answered here (resolver.cc).
  enum class Peers { kRemote, kResolvers };
  // The next datagram that the program has sent, peers in turn. Empty ones are skipped, and those
  // that don't fit dropped: the module can't send them (manual 2.4: 1-1500 bytes). sendto(2) and
  // the like have refused the latter already, but not write(2), which is the kernel's.
  std::optional<Taken> take(std::span<std::byte> into, Peers from = Peers::kRemote);
  // Whether it has ever been given a peer that the module sends to.
  bool has_remote_peer() const;

  void give(const Endpoint& from, std::span<const std::byte> bytes);
  // Sends what waits; call when the program may have read.
  void flush();

  bool alive() const;
  // Whether the program has connected its end, and whether it takes what comes from `from`: once
  // connected, it does so from its peer only.
  bool is_connected() const;
  bool hears(const Endpoint& from);
  std::uint64_t dropped() const { return dropped_; }

 private:
  explicit Datagrams(const wire::UnixAddress& name) : name_(name) {}
  bool send(const Endpoint& from, std::span<const std::byte> bytes);
  int probe() const;

  struct Waiting {
    Endpoint from;
    std::vector<std::byte> bytes;
  };

  wire::UnixAddress name_;
  std::map<Endpoint, UniqueFd> peers_;
  Endpoint last_taken_;
  std::function<void(int)> watch_;
  std::deque<Waiting> waiting_;
  std::uint64_t dropped_ = 0;
};

struct Datagrams::Made {
  Datagrams datagrams;
  UniqueFd program_end;
  std::uint64_t cookie;
};

}  // namespace a7600::engine
