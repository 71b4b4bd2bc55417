// SPDX-License-Identifier: MIT
//
// What has arrived at the peer: TCP_INFO, SIOCOUTQ, and SO_LINGER.
//
// close(2) with SO_LINGER is three steps: the program presents the socket, closes its descriptor,
// and shuts its side of the call down. Only then can be told whether others still hold the socket,
// in which case there is nothing to wait for.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "engine/engine.h"

namespace a7600::engine {
namespace {

constexpr std::size_t kMostClosers = 1024;
constexpr std::size_t kMostAskers = 64;  // about one socket

}  // namespace

// ---- How far it has come

void Engine::progress(UniqueFd call, Socket& socket) {
  const bool may_wait = socket.askers.size() < kMostAskers;
  socket.askers.push_back(std::move(call));
  const bool open = socket.state == Socket::State::kConnected && !socket.is_udp();
  if (!open || !may_wait) return answer_progress(socket, std::nullopt);
  if (socket.askers.size() == 1) modem_.ask_acknowledged(socket.id, now_);
}

void Engine::acknowledged(modem::ConnectionId id, const std::optional<at::Ack>& ack) {
  if (Socket* socket = find(id)) answer_progress(*socket, ack);
}

// Without the module's word, what it has taken counts as acknowledged: a program may be waiting for
// that to become true, and it never would.
void Engine::answer_progress(Socket& socket, const std::optional<at::Ack>& ack) {
  if (socket.askers.empty()) return;
  const bool open = socket.state == Socket::State::kConnected && !socket.is_udp();
  std::uint64_t unconfirmed = modem_.unconfirmed(socket.id);
  if (open && modem_.in_data_mode()) unconfirmed += output_.size() - output_written_;
  const std::uint64_t taken = socket.sent.bytes() - std::min(socket.sent.bytes(), unconfirmed);
  wire::Progress out;
  out.unsent = unconfirmed + (open ? socket.pair.pending() : 0);
  out.acknowledged = taken;
  if (ack) {
    out.acknowledged =
        std::min(taken, static_cast<std::uint64_t>(std::max(0LL, ack->acknowledged)));
  }
  out.unacknowledged = taken - out.acknowledged;
  out.received = socket.received.bytes();
  wire::Reply answer = description(socket);
  std::memcpy(answer.data.data(), &out, sizeof(out));
  answer.size = sizeof(out);
  for (const UniqueFd& call : std::exchange(socket.askers, {})) reply(call, answer);
}

// ---- SO_LINGER

void Engine::linger(UniqueFd call, const Socket& socket) {
  const auto time = socket.linger();
  const bool open =
      socket.state == Socket::State::kConnected || socket.state == Socket::State::kFinished;
  if (!time || time->count() == 0 || !open || closers_.size() >= kMostClosers) {
    return static_cast<void>(reply(call, {}));
  }
  const int fd = call.get();
  watch(EPOLL_CTL_ADD, fd, EPOLLRDHUP, Source::kCall, static_cast<std::uint32_t>(fd));
  closers_[fd] = {std::move(call), socket.id, now_ + *time};
}

void Engine::on_closed_by_program(int call) {
  const auto closer = closers_.find(call);
  watch(EPOLL_CTL_DEL, call, 0, Source::kCall, 0);
  Socket* socket = find(closer->second.id);
  if (socket != nullptr && socket->pair.is_open() && socket->pair.hung_up()) {
    socket->linger_until = closer->second.until;
    return;
  }
  reply(closer->second.call, {});
  closers_.erase(closer);
}

template <typename Condition>
void Engine::answer_closers_if(const Condition& condition) {
  for (auto closer = closers_.begin(); closer != closers_.end();) {
    if (condition(closer->second)) {
      reply(closer->second.call, {});
      closer = closers_.erase(closer);
    } else {
      ++closer;
    }
  }
}

void Engine::answer_closers(modem::ConnectionId id) {
  answer_closers_if([id](const Closer& closer) { return closer.id == id; });
}

// What is left to send goes on, as under Linux, without the program.
void Engine::expire_closers() {
  answer_closers_if([this](const Closer& closer) { return now_ >= closer.until; });
}

std::optional<Engine::TimePoint> Engine::closers_deadline() const {
  std::optional<TimePoint> soonest;
  for (const auto& [fd, closer] : closers_) {
    if (!soonest || closer.until < *soonest) soonest = closer.until;
  }
  return soonest;
}

// At the program's end: a socket whose time is over is closed with what has not been sent.
void Engine::end_lingering() {
  std::vector<modem::ConnectionId> over;
  for (const auto& [id, socket] : sockets_) {
    if (socket->linger_until && now_ >= *socket->linger_until && !socket->closing) {
      over.push_back(id);
    }
  }
  for (const modem::ConnectionId id : over) {
    if (Socket* socket = find(id);
        socket != nullptr && socket->state == Socket::State::kConnected) {
      begin_close(*socket);
    }
  }
}

std::optional<Engine::TimePoint> Engine::lingering_deadline() const {
  std::optional<TimePoint> soonest;
  for (const auto& [id, socket] : sockets_) {
    const bool ending = socket->state == Socket::State::kConnected || socket->closing;
    if (!ending || !socket->linger_until || *socket->linger_until <= now_) continue;
    if (!soonest || *socket->linger_until < *soonest) soonest = socket->linger_until;
  }
  return soonest;
}

}  // namespace a7600::engine
