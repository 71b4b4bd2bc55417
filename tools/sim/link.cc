// SPDX-License-Identifier: MIT
// A link's life; what it carries is in link_data.cc.
#include "link.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sockets.h"

namespace a7600::sim {
namespace {

Err to_err(int error) {
  switch (error) {
    case 0:
      return Err::kSucceeded;
    case ETIMEDOUT:
      return Err::kTimeout;
    case EADDRINUSE:
    case EADDRNOTAVAIL:
      return Err::kBindFailed;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Err::kSocketFailed;
    default:
      // Refused and unreachable: chapter 4 has no other word for them.
      return Err::kNetworkFailure;
  }
}

// Nagle's delay would stand between a 1500-byte payload and its peer.
void send_at_once(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Link::Link(Loop& loop, LinkUser& user, Linger& linger, int number, std::size_t buffer,
           Clock::duration net_latency)
    : loop_(loop),
      user_(user),
      linger_(linger),
      number_(number),
      net_latency_(net_latency),
      watch_(loop, [this](std::uint32_t events) { on_ready(events); }),
      connect_timer_(loop, [this] { report(); }),
      out_timer_(loop, [this] { pump_out(); }),
      ring_(buffer),
      in_timer_(loop, [this] { deliver_delayed(); }) {}

void Link::start(Type type, Endpoint seen, std::uint16_t local_port, int server) {
  stop();
  type_ = type;
  peer_ = seen;
  local_port_ = local_port;
  server_ = server;
  ring_.clear();
  datagrams_.clear();
  correspondents_.clear();
  sent_bytes_ = 0;
  received_bytes_ = 0;
}

// Forgets the socket and all that was to happen with it; what has been received stays.
void Link::stop() {
  watch_.stop();
  fd_.reset();
  connect_timer_.cancel();
  out_timer_.cancel();
  in_timer_.cancel();
  outcome_.reset();
  outbound_.clear();
  was_taken_ = true;
  out_blocked_ = false;
  arrivals_.clear();
  arriving_ = 0;
  readable_ = false;
  hung_up_ = false;
}

void Link::watch() { watch_.start(fd_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET); }

void Link::connect(Endpoint seen, const Route& route, std::uint16_t local_port,
                   Clock::duration patience) {
  start(Type::kTcp, seen, local_port, -1);
  state_ = State::kConnecting;
  // The answer to a SYN takes the network both ways.
  tell_ = loop_.now() + 2 * net_latency_;
  connect_timer_.after(patience);
  switch (route.fate) {
    case Fate::kDial:
      begin_to_dial(route);
      break;
    case Fate::kTimeOut:
      break;
    case Fate::kErr:
      settle(static_cast<Err>(route.err));
      break;
    case Fate::kRefuse:
    case Fate::kUnreachable:
      settle(Err::kNetworkFailure);
      break;
  }
}

void Link::begin_to_dial(const Route& route) {
  fd_ = open_socket(SOCK_STREAM);
  if (!fd_) return settle(Err::kSocketFailed);
  send_at_once(fd_.get());
  const sockaddr_in address = to_sockaddr(route.real);
  const int result =
      ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (result != 0 && errno != EINPROGRESS) return settle(to_err(errno));
  watch();
  if (result == 0) settle(Err::kSucceeded);
}

void Link::settle(Err err) {
  outcome_ = err;
  connect_timer_.at(tell_);
}

void Link::report() {
  const Err err = outcome_.value_or(Err::kTimeout);
  if (err == Err::kSucceeded) {
    state_ = State::kOpen;
  } else {
    stop();
    state_ = State::kFree;
  }
  user_.on_connected(*this, err);
}

void Link::adopt(UniqueFd fd, Endpoint seen, std::uint16_t local_port, int server) {
  start(Type::kTcp, seen, local_port, server);
  fd_ = std::move(fd);
  send_at_once(fd_.get());
  state_ = State::kOpen;
  watch();
}

void Link::open_udp(UniqueFd fd, Endpoint peer, std::uint16_t local_port) {
  start(Type::kUdp, peer, local_port, -1);
  fd_ = std::move(fd);
  state_ = State::kOpen;
  watch();
}

void Link::on_ready(std::uint32_t events) {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if (state_ == State::kConnecting) {
    if (!outcome_ && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
      settle(to_err(take_error(fd_.get())));
    }
    return;
  }
  if ((events & EPOLLOUT) != 0) out_blocked_ = false;
  if (ring_.empty()) go_on();
}

void Link::end() {
  watch_.stop();
  linger_.take(std::move(fd_), std::exchange(outbound_, {}), loop_.now() + net_latency_);
  stop();
  state_ = State::kEnded;
  user_.on_ended(*this);
}

void Link::close() {
  if (state_ == State::kOpen && type_ == Type::kTcp) {
    watch_.stop();
    linger_.take(std::move(fd_), std::exchange(outbound_, {}), loop_.now() + net_latency_);
  }
  stop();
  ring_.clear();
  datagrams_.clear();
  state_ = State::kFree;
}

void Link::reset() {
  watch_.stop();
  reset_socket(fd_);
  stop();
  ring_.clear();
  datagrams_.clear();
  state_ = State::kFree;
}

void Link::cut() {
  watch_.stop();
  reset_socket(fd_);
  stop();
  state_ = State::kEnded;
}

Endpoint Link::real_end() const { return fd_ ? local_end(fd_.get()) : Endpoint{}; }

std::uint64_t Link::acknowledged_bytes() const {
  const std::uint64_t open =
      outbound_.size() + (fd_ ? static_cast<std::uint64_t>(unacknowledged(fd_.get())) : 0);
  return sent_bytes_ - std::min(open, sent_bytes_);
}

}  // namespace a7600::sim
