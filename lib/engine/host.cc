// SPDX-License-Identifier: MIT
//
// What the modem reports and asks for: connections, their data, servers, look-ups.
#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/engine.h"

namespace a7600::engine {
namespace {

// Made-up ones that a datagram socket tries.
constexpr int kMostPorts = 16;

}  // namespace

void Engine::opened(modem::ConnectionId id) {
  Socket* socket = find(id);
  if (socket == nullptr) return;
  socket->state = Socket::State::kConnected;
  if (socket->is_udp()) {
    socket->ports_in_use = 0;
    answer_describers(*socket);
    return modem_.set_writable(id, now_);
  }
  socket->local.ip = modem_.address();
  socket->was_connected = true;
  socket->pair.open_gate();
  watch_pair(*socket, EPOLL_CTL_MOD);
  for (const UniqueFd& waiter : std::exchange(socket->waiters, {})) {
    if (reply(waiter, {})) socket->connect_reported = true;
  }
}

void Engine::open_failed(modem::ConnectionId id, const Error& error) {
  Socket* socket = find(id);
  if (socket == nullptr) return;
  if (!socket->is_udp()) {
    fail(*socket, error.posix, notice_for(error, socket->owner.pid));
    return release_held();
  }
  socket->state = Socket::State::kIdle;
  if (error.posix == EADDRINUSE && !socket->port_chosen && !socket->port_told &&
      ++socket->ports_in_use < kMostPorts) {
    socket->local.port = made_up_port();
    return open_udp(*socket);
  }
  socket->pending_error = error.posix;
  socket->notice = notice_for(error, socket->owner.pid);
  answer_describers(*socket);
  release_held();
}

std::size_t Engine::take(modem::ConnectionId id, std::span<std::byte> into) {
  Socket* socket = find(id);
  if (socket == nullptr || socket->state != Socket::State::kConnected) return 0;
  const Pair::Taken taken = socket->pair.take(into);
  if (taken.size > 0) {
    last_progress_ = now_;
    sent_ += taken.size;
    socket->sent.add(taken.size, now_);
    return taken.size;
  }
  if (taken.reset) socket->linger_until.reset();
  const bool closed = taken.reset || (taken.end && socket->pair.hung_up());
  if (closed || socket->close_when_taken) begin_close(*socket);
  return 0;
}

bool Engine::give(modem::ConnectionId id, std::span<const std::byte> bytes) {
  Socket* socket = find(id);
  if (socket == nullptr || !socket->pair.is_open()) return true;
  received_ += bytes.size();
  socket->received.add(bytes.size(), now_);
  socket->pair.give(bytes);
  if (socket->pair.room()) return true;
  watch_pair(*socket, EPOLL_CTL_MOD);
  return false;
}

void Engine::ended(modem::ConnectionId id, const modem::End& end) {
  Socket* socket = find(id);
  if (socket == nullptr || socket->state != Socket::State::kConnected) return;
  // A datagram socket goes on; it gets another link when it sends again.
  if (socket->is_udp()) return begin_close(*socket);
  socket->end = end;
  if (!socket->pair.room()) {
    socket->finish_when_flushed = true;
    return;
  }
  show_finish(*socket);
  release_held();
}

void Engine::closed(modem::ConnectionId id) {
  last_progress_ = now_;
  Socket* socket = find(id);
  if (socket == nullptr) return;
  socket->closing = false;
  if (socket->is_udp() && socket->datagrams->alive()) {
    socket->state = Socket::State::kIdle;
    return;
  }
  answer_closers(id);
  if (socket->is_udp()) return destroy(id);
  if (socket->state != Socket::State::kFailed) retire(*socket);
  release_held();
}

void Engine::listening(modem::ServerId id) {
  Socket* socket = find(id);
  if (socket == nullptr) return;
  socket->state = Socket::State::kListening;
  for (const UniqueFd& waiter : std::exchange(socket->waiters, {})) reply(waiter, {});
}

// The program finds the socket as it was before listen(2); one that did listen has ended.
void Engine::listen_failed(modem::ServerId id, const Error& error) {
  Socket* socket = find(id);
  if (socket == nullptr) return;
  const std::string notice = notice_for(error, socket->owner.pid);
  for (const UniqueFd& waiter : std::exchange(socket->waiters, {})) {
    reply_error(waiter, error.posix, notice);
  }
  if (socket->state == Socket::State::kListening) fail(*socket, error.posix, notice);
}

std::optional<modem::ConnectionId> Engine::accepted(modem::ServerId id, const Endpoint& peer) {
  Socket* listener = find(id);
  if (listener == nullptr || !listener->pair.is_open() || finishing_) return std::nullopt;
  UniqueFd program_end;
  auto made = adopt_pair(listener->domain, listener->type, false, Gate::kOpen, program_end);
  if (!made) return std::nullopt;
  Socket& socket = *made.value();
  socket.local = {modem_.address(), listener->local.port};
  socket.peer = peer;
  socket.options = listener->options;
  socket.set_options_on(program_end.get());
  socket.owner = listener->owner;
  socket.begun = now_;

  wire::AcceptRecord record;
  record.domain = listener->domain;
  record.peer_ip = peer.ip.value;
  record.peer_port = peer.port;
  if (!listener->pair.give_descriptor(std::as_bytes(std::span(&record, 1)), program_end)) {
    log(log::Level::kWarn, "refused " + peer.to_string() + ": nobody accepts on port " +
                               std::to_string(listener->local.port));
    destroy(socket.id);
    return std::nullopt;
  }
  return socket.id;
}

void Engine::resolved(modem::QueryId id, const Result<std::vector<Ipv4>>& answer) {
  if (answer_question(id, answer)) return;
  const auto query = queries_.find(id);
  if (query == queries_.end()) return;
  const UniqueFd call = std::move(query->second);
  queries_.erase(query);
  if (!answer) {
    reply_error(call, answer.error().posix, notice_for(answer.error(), call));
    return;
  }
  wire::Reply out;
  for (const Ipv4& ip : answer.value()) {
    if (out.size + sizeof(ip.value) > out.data.size()) break;
    std::memcpy(out.data.data() + out.size, &ip.value, sizeof(ip.value));
    out.size = static_cast<std::uint16_t>(out.size + sizeof(ip.value));
  }
  reply(call, out);
}

}  // namespace a7600::engine
