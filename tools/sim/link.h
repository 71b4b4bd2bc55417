// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ipv4.h"
#include "base/unique_fd.h"
#include "errors.h"
#include "linger.h"
#include "loop.h"
#include "outbound.h"
#include "ring.h"
#include "router.h"

namespace a7600::sim {

class Link;

// Who is told what happens on a link.
class LinkUser {
 public:
  // connect() has ended; any <err> but kSucceeded leaves the link free. Never from within
  // connect().
  virtual void on_connected(Link& link, Err err) = 0;
  // Bytes have come into received().
  virtual void on_arrived(Link& link, bool was_empty) = 0;
  // The peer has ended or reset the connection; the link is kEnded.
  virtual void on_ended(Link& link) = 0;
  // taken() has become true.
  virtual void on_taken(Link& link) = 0;
  // The address under which the module sees the sender of a datagram.
  virtual Endpoint seen_as(Endpoint real) = 0;

 protected:
  ~LinkUser() = default;
};

// One of the module's ten connections, joined to a real socket.
class Link {
 public:
  enum class State {
    kFree,        // nothing; connect, adopt and open_udp are allowed
    kConnecting,  // on_connected will follow; only close and reset are allowed
    kOpen,        // sends and receives
    kEnded,       // ended by the peer: what has been received can still be taken, nothing sent
  };
  enum class Type { kTcp, kUdp };

  // The unread rest of a datagram.
  struct Datagram {
    Endpoint from;
    std::size_t left = 0;
  };

  Link(Loop& loop, LinkUser& user, Linger& linger, int number, std::size_t buffer,
       Clock::duration net_latency);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // A TCP connection to `seen`, which really is `route`. Fails with kTimeout after `patience`.
  void connect(Endpoint seen, const Route& route, std::uint16_t local_port,
               Clock::duration patience);
  // A connection that a server has accepted.
  void adopt(UniqueFd fd, Endpoint seen, std::uint16_t local_port, int server);
  // A UDP socket that is bound already. `peer` is the one of transparent mode, if any.
  void open_udp(UniqueFd fd, Endpoint peer, std::uint16_t local_port);

  // Sends on an open TCP link; the bytes leave by go_on().
  void send(std::string_view bytes);
  // Sends a datagram to `seen`, which really is `route`; one that can't be routed is lost.
  void send_to(Endpoint seen, const Route& route, std::string_view bytes);
  // Whether the module's TCP/IP stack has taken all that was given to send(): it holds this much
  // beyond what the socket does.
  bool taken() const { return outbound_.size() <= kSendBuffer; }
  // How much of it it hasn't.
  std::size_t untaken() const { return taken() ? 0 : outbound_.size() - kSendBuffer; }

  // Ends the connection in good order, or as a module does that loses its power; the link is free.
  void close();
  void reset();
  // The peer is gone as far as the module can see: the link is kEnded.
  void cut();

  // What the peer has sent and the host hasn't taken. UDP's datagrams follow each other without a
  // mark, as in the manual's 6.3.2.3.
  const Ring& received() const { return ring_; }
  // The host has taken `count` bytes of it.
  void drop(std::size_t count);
  // The datagram that received() begins with. REQUIRES: UDP, and there is something.
  const Datagram& datagram() const { return datagrams_.front(); }

  // Sends what waits, and reads on if there is room again. Called at the end of each turn, when the
  // host has had its answer: the two then work at the same time.
  void go_on();
  // What doesn't fit in the buffer is lost instead of held back.
  void set_overflow(bool overflow) { overflow_ = overflow; }

  int number() const { return number_; }
  State state() const { return state_; }
  Type type() const { return type_; }
  bool open() const { return state_ == State::kOpen; }
  Endpoint peer() const { return peer_; }
  std::uint16_t local_port() const { return local_port_; }
  // The real socket's own address.
  Endpoint real_end() const;
  // The index of the server that accepted it, or -1.
  int server() const { return server_; }
  std::uint64_t sent_bytes() const { return sent_bytes_; }
  std::uint64_t acknowledged_bytes() const;
  std::uint64_t received_bytes() const { return received_bytes_; }

 private:
  static constexpr std::size_t kSendBuffer = 65536;

  // What the network is still carrying to the module. An empty piece is the end of the stream.
  struct Arrival {
    Time due;
    Endpoint from;
    std::string bytes;
  };

  void on_ready(std::uint32_t events);
  void start(Type type, Endpoint seen, std::uint16_t local_port, int server);
  void begin_to_dial(const Route& route);
  void settle(Err err);
  void report();
  void watch();
  void pump_out();
  void read_stream();
  void read_datagrams();
  void lose_stream();
  void read_delayed();
  void deliver_delayed();
  bool accept_datagram(Endpoint from, std::string_view bytes);
  Endpoint sender(Endpoint real);
  void end();
  void stop();

  Loop& loop_;
  LinkUser& user_;
  Linger& linger_;
  const int number_;
  const Clock::duration net_latency_;

  State state_ = State::kFree;
  Type type_ = Type::kTcp;
  Endpoint peer_;
  std::uint16_t local_port_ = 0;
  int server_ = -1;
  UniqueFd fd_;
  Watch watch_;

  // Connecting: the outcome once it is known, and when it may be told.
  std::optional<Err> outcome_;
  Time tell_{};
  Timer connect_timer_;

  Outbound outbound_;
  bool was_taken_ = true;
  bool out_blocked_ = false;  // until the timer, or until the socket is writable
  Timer out_timer_;
  std::uint64_t sent_bytes_ = 0;

  Ring ring_;
  std::deque<Datagram> datagrams_;
  bool readable_ = false;
  bool overflow_ = false;
  bool hung_up_ = false;  // the peer's end is in the socket: read until it comes
  std::deque<Arrival> arrivals_;
  std::size_t arriving_ = 0;
  Timer in_timer_;
  std::uint64_t received_bytes_ = 0;

  // Whom datagrams went to: the real address, and the one that the module knows.
  struct Correspondent {
    Endpoint real;
    Endpoint seen;
  };
  std::vector<Correspondent> correspondents_;
};

}  // namespace a7600::sim
