// SPDX-License-Identifier: MIT
#include "link.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sockets.h"

namespace a7600::sim {
namespace {

// How much the network carries to the module at a time.
constexpr std::size_t kMaxArriving = 262144;
// Reading into less free space than this isn't worth a system call.
constexpr std::size_t kWorthReading = 16384;

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
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in address = to_sockaddr(route.real);
  const int result =
      ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (result != 0 && errno != EINPROGRESS) return settle(to_err(errno));
  watch_.start(fd_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
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
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  state_ = State::kOpen;
  watch_.start(fd_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

void Link::send(std::string_view bytes) {
  sent_bytes_ += bytes.size();
  outbound_.put(loop_.now() + net_latency_, bytes);
  was_taken_ = taken();
}

void Link::pump_out() {
  out_blocked_ = false;
  switch (outbound_.pump(fd_.get(), loop_.now())) {
    case Outbound::State::kWaiting:
      out_blocked_ = true;
      out_timer_.at(outbound_.due());
      break;
    case Outbound::State::kBlocked:
    case Outbound::State::kBroken:  // the reading side will see it and end the link
      out_blocked_ = true;
      break;
    case Outbound::State::kEmpty:
      break;
  }
  const bool was_taken = std::exchange(was_taken_, taken());
  if (was_taken_ && !was_taken) user_.on_taken(*this);
}

std::uint64_t Link::acknowledged_bytes() const {
  const std::uint64_t open =
      outbound_.size() + (fd_ ? static_cast<std::uint64_t>(unacknowledged(fd_.get())) : 0);
  return sent_bytes_ - std::min(open, sent_bytes_);
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

void Link::go_on() {
  if (state_ != State::kOpen) return;
  if (!outbound_.empty() && !out_blocked_) pump_out();
  if (!readable_ && arrivals_.empty()) return;
  if (net_latency_.count() != 0) {
    read_delayed();
  } else if (readable_ && ring_.room() >= std::min(kWorthReading, ring_.capacity() / 2)) {
    read_socket();
  }
}

void Link::read_socket() {
  const bool was_empty = ring_.empty();
  bool ended = false;
  while (readable_ && ring_.room() > 0) {
    const auto space = ring_.space();
    const std::size_t room = ring_.room();
    const ssize_t got = ::readv(fd_.get(), space.data(), space[1].iov_len > 0 ? 2 : 1);
    if (got <= 0) {
      readable_ = false;
      ended = got == 0 || errno != EAGAIN;
      break;
    }
    ring_.added(static_cast<std::size_t>(got));
    received_bytes_ += static_cast<std::uint64_t>(got);
    // Less than there was room for is all there is, and more will be a new event; but an end that
    // came along with the bytes has had its event.
    if (static_cast<std::size_t>(got) < room && !hung_up_) readable_ = false;
  }
  if (was_empty && !ring_.empty()) user_.on_arrived(*this, true);
  if (ended) end();
}

void Link::read_delayed() {
  char piece[16384];
  while (readable_ && arriving_ < kMaxArriving) {
    const ssize_t got = ::recv(fd_.get(), piece, sizeof piece, 0);
    const Time due = loop_.now() + net_latency_;
    if (got > 0) {
      arrivals_.push_back({due, std::string(piece, static_cast<std::size_t>(got))});
      arriving_ += static_cast<std::size_t>(got);
    } else {
      readable_ = false;
      if (got == 0 || errno != EAGAIN) arrivals_.push_back({due, {}});
    }
  }
  deliver_delayed();
}

void Link::deliver_delayed() {
  const bool was_empty = ring_.empty();
  bool ended = false;
  const std::size_t before = ring_.size();
  while (!arrivals_.empty() && !ended) {
    Arrival& next = arrivals_.front();
    if (next.due > loop_.now()) {
      in_timer_.at(next.due);
      break;
    }
    if (next.bytes.empty()) {
      ended = true;
    } else {
      const std::size_t taken = ring_.append(next.bytes);
      arriving_ -= taken;
      next.bytes.erase(0, taken);
      if (!next.bytes.empty()) break;  // the buffer is full: go_on() comes back
    }
    arrivals_.pop_front();
  }
  received_bytes_ += ring_.size() - before;
  if (was_empty && !ring_.empty()) user_.on_arrived(*this, true);
  if (ended) end();
}

void Link::end() {
  watch_.stop();
  linger_.take(std::move(fd_), std::exchange(outbound_, {}), loop_.now() + net_latency_);
  stop();
  state_ = State::kEnded;
  user_.on_ended(*this);
}

void Link::close() {
  if (state_ == State::kOpen) {
    watch_.stop();
    linger_.take(std::move(fd_), std::exchange(outbound_, {}), loop_.now() + net_latency_);
  }
  stop();
  ring_.clear();
  state_ = State::kFree;
}

void Link::reset() {
  watch_.stop();
  reset_socket(fd_);
  stop();
  ring_.clear();
  state_ = State::kFree;
}

}  // namespace a7600::sim
