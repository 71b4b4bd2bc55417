// SPDX-License-Identifier: MIT
// What a link carries. With no network delay a stream is read straight into the link's buffer;
// with a delay everything waits for its time in arrivals_ and outbound_.
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "link.h"
#include "sockets.h"

namespace a7600::sim {
namespace {

// How much the network carries to the module at a time.
constexpr std::size_t kMaxArriving = 262144;
// Reading into less free space than this isn't worth a system call.
constexpr std::size_t kWorthReading = 16384;
// How many datagrams the network carries or a link keeps, however small.
constexpr std::size_t kMaxDatagrams = 1024;
constexpr std::size_t kMaxCorrespondents = 64;

}  // namespace

void Link::send(std::string_view bytes) {
  sent_bytes_ += bytes.size();
  outbound_.put(loop_.now() + net_latency_, bytes);
  was_taken_ = taken();
}

void Link::send_to(Endpoint seen, const Route& route, std::string_view bytes) {
  sent_bytes_ += bytes.size();
  if (route.fate != Fate::kDial || route.real.port == 0) return;
  const auto known = std::find_if(correspondents_.begin(), correspondents_.end(),
                                  [&](const Correspondent& c) { return c.real == route.real; });
  if (known != correspondents_.end()) {
    known->seen = seen;
  } else {
    if (correspondents_.size() == kMaxCorrespondents) {
      correspondents_.erase(correspondents_.begin());
    }
    correspondents_.push_back({route.real, seen});
  }
  outbound_.put(loop_.now() + net_latency_, bytes, route.real);
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

void Link::go_on() {
  if (state_ != State::kOpen) return;
  if (!outbound_.empty() && !out_blocked_) pump_out();
  if (!readable_ && arrivals_.empty()) return;
  if (net_latency_.count() != 0) {
    read_delayed();
  } else if (type_ == Type::kUdp) {
    read_datagrams();
  } else if (ring_.room() >= std::min(kWorthReading, ring_.capacity() / 2)) {
    read_stream();
  } else if (overflow_) {
    lose_stream();
  }
}

void Link::drop(std::size_t count) {
  ring_.drop(count);
  while (count > 0 && !datagrams_.empty()) {
    const std::size_t taken = std::min(count, datagrams_.front().left);
    datagrams_.front().left -= taken;
    count -= taken;
    if (datagrams_.front().left == 0) datagrams_.pop_front();
  }
}

void Link::read_stream() {
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

// Reads what there is and keeps what fits; all of it counts as received.
void Link::lose_stream() {
  static std::array<char, 65536> bytes;
  while (readable_) {
    const ssize_t got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) {
      readable_ = false;
      if (got == 0 || errno != EAGAIN) end();
      return;
    }
    ring_.append({bytes.data(), static_cast<std::size_t>(got)});
    received_bytes_ += static_cast<std::uint64_t>(got);
  }
}

// Whom the module takes the datagram to be from.
Endpoint Link::sender(Endpoint real) {
  for (const Correspondent& correspondent : correspondents_) {
    if (correspondent.real == real) return correspondent.seen;
  }
  return user_.seen_as(real);
}

// False if there was no room and it is lost.
bool Link::accept_datagram(Endpoint from, std::string_view bytes) {
  if (bytes.size() > ring_.room() || datagrams_.size() >= kMaxDatagrams) return false;
  const bool was_empty = ring_.empty();
  ring_.append(bytes);
  datagrams_.push_back({from, bytes.size()});
  received_bytes_ += bytes.size();
  user_.on_arrived(*this, was_empty);
  return true;
}

void Link::read_datagrams() {
  static std::array<char, 65536> bytes;
  while (readable_) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    const ssize_t got = ::recvfrom(fd_.get(), bytes.data(), bytes.size(), 0,
                                   reinterpret_cast<sockaddr*>(&address), &size);
    if (got < 0) {
      readable_ = errno == EINTR;
      return;
    }
    if (got == 0) continue;  // the manual has no form for an empty one
    accept_datagram(sender(to_endpoint(address)), {bytes.data(), static_cast<std::size_t>(got)});
  }
}

void Link::read_delayed() {
  static std::array<char, 65536> bytes;
  const Time due = loop_.now() + net_latency_;
  while (readable_ && arriving_ < kMaxArriving && arrivals_.size() < kMaxDatagrams) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    const ssize_t got = ::recvfrom(fd_.get(), bytes.data(), bytes.size(), 0,
                                   reinterpret_cast<sockaddr*>(&address), &size);
    if (got > 0) {
      arrivals_.push_back({due, type_ == Type::kUdp ? sender(to_endpoint(address)) : Endpoint{},
                           std::string(bytes.data(), static_cast<std::size_t>(got))});
      arriving_ += static_cast<std::size_t>(got);
    } else if (type_ == Type::kTcp || got < 0) {
      readable_ = false;
      const bool ended = type_ == Type::kTcp && (got == 0 || errno != EAGAIN);
      if (ended) arrivals_.push_back({due, {}, {}});
    }
  }
  deliver_delayed();
}

void Link::deliver_delayed() {
  while (!arrivals_.empty()) {
    Arrival& next = arrivals_.front();
    if (next.due > loop_.now()) {
      in_timer_.at(next.due);
      return;
    }
    if (next.bytes.empty()) return end();
    if (type_ == Type::kUdp) {
      arriving_ -= next.bytes.size();
      accept_datagram(next.from, next.bytes);
    } else {
      const bool was_empty = ring_.empty();
      const std::size_t taken = ring_.append(next.bytes);
      arriving_ -= taken;
      received_bytes_ += taken;
      next.bytes.erase(0, taken);
      if (taken > 0 && was_empty) user_.on_arrived(*this, true);
      if (!next.bytes.empty()) return;  // the buffer is full: go_on() comes back
    }
    arrivals_.pop_front();
  }
}

}  // namespace a7600::sim
