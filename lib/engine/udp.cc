// SPDX-License-Identifier: MIT
//
// Datagram sockets: their link at the modem, their peers, and how their end is noticed.
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "engine/engine.h"

namespace a7600::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kFirstCensus = 1s;
constexpr std::chrono::seconds kLongestCensusPause = 60s;

}  // namespace

Result<Socket*> Engine::adopt_datagrams(int domain, bool nonblocking, UniqueFd& program_end) {
  const modem::ConnectionId id = ++last_id_;
  const auto name = wire::UnixAddress::from(address_ + '.' + std::to_string(id) +
                                            (domain == AF_INET6 ? "-6" : ""));
  if (!name) return Error{ENAMETOOLONG, -1, "the engine's address is too long"};
  auto made = Datagrams::make(*name, nonblocking);
  if (!made) return made.error();
  program_end = std::move(made.value().program_end);
  auto socket = std::make_unique<Socket>(id, made.value().cookie);
  socket->domain = domain;
  socket->type = SOCK_DGRAM;
  socket->datagrams = std::move(made.value().datagrams);
  socket->datagrams->on_new_peer(
      [this, id](int fd) { watch(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, Source::kSocket, id); });
  by_cookie_.emplace(socket->cookie, id);
  census_pause_ = kFirstCensus;
  next_census_ = now_ + census_pause_;
  return sockets_.emplace(id, std::move(socket)).first->second.get();
}

// Takes a link for the socket if it has none.
void Engine::open_udp(Socket& socket) {
  if (socket.keeper != 0) return open_udp(link_keeper(socket));
  if (socket.state != Socket::State::kIdle || socket.closing || finishing_) return;
  if (const Status port = ensure_port(); !port) {
    socket.pending_error = port.error().posix;
    socket.notice = notice_for(port.error(), socket.owner.pid);
    return;
  }
  if (socket.local.port == 0) socket.local.port = made_up_port();
  socket.state = Socket::State::kConnecting;
  tracer_.connecting(socket);
  open_or_hold(socket);
}

// Those that wait for the address: see describe().
void Engine::answer_describers(Socket& socket) {
  if (socket.waiters.empty()) return;
  socket.port_told = true;
  wire::Reply out = description(socket);
  out.local_ip = modem_.address().value;
  for (const UniqueFd& call : std::exchange(socket.waiters, {})) reply(call, out);
}

void Engine::on_datagrams(Socket& socket) {
  census_pause_ = kFirstCensus;
  next_census_ = now_ + census_pause_;
  answer_questions(socket);
  if (!socket.datagrams->has_remote_peer()) return;
  Socket& keeper = link_keeper(socket);
  if (keeper.state == Socket::State::kIdle) open_udp(keeper);
  tracer_.writable(keeper.id);
  modem_.set_writable(keeper.id, now_);
}

void Engine::open_peer(const UniqueFd& call, const wire::Request& request, Socket& socket) {
  if (!socket.is_udp()) return static_cast<void>(reply_error(call, ENOTSOCK));
  if (socket.is_ipv6_only()) return static_cast<void>(reply_error(call, ENETUNREACH));
  if (socket.datagrams->open_peer(request.endpoint()) < 0) {
    return static_cast<void>(reply_error(call, errno));
  }
  if (socket.datagrams->has_remote_peer()) open_udp(socket);
  reply_error(call, std::exchange(socket.pending_error, 0), std::exchange(socket.notice, {}));
}

std::optional<modem::Host::Datagram> Engine::take_datagram(modem::ConnectionId id,
                                                           std::span<std::byte> into) {
  Socket* socket = find(id);
  if (socket == nullptr || !socket->is_udp()) return std::nullopt;
  if (const auto taken = take_of_one(*socket, into)) return taken;
  const std::vector<modem::ConnectionId> sharers = socket->sharers;
  for (const modem::ConnectionId sharer : sharers) {
    Socket* other = find(sharer);
    if (other == nullptr) continue;
    if (const auto taken = take_of_one(*other, into)) return taken;
    if (other->close_when_taken) destroy(sharer);
  }
  if (socket->close_when_taken) begin_close(*socket);
  return std::nullopt;
}

std::optional<modem::Host::Datagram> Engine::take_of_one(Socket& socket,
                                                         std::span<std::byte> into) {
  const auto taken = socket.datagrams->take(into);
  if (!taken) return std::nullopt;
  last_progress_ = now_;
  sent_ += taken->size;
  socket.sent.add(taken->size, now_);
  return Datagram{taken->size, taken->to};
}

bool Engine::give_datagram(modem::ConnectionId id, const Endpoint& from,
                           std::span<const std::byte> bytes) {
  Socket* socket = find(id);
  if (socket != nullptr && socket->is_udp()) {
    Socket& to = hearer(*socket, from);
    received_ += bytes.size();
    to.received.add(bytes.size(), now_);
    to.datagrams->give(from, bytes);
  }
  return true;
}

// ---- The end of one

void Engine::maybe_closed(const UniqueFd& call, const wire::Request& request) {
  const std::string_view name = request.text();
  modem::ConnectionId id = 0;
  const std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos) {
    std::from_chars(name.data() + dot + 1, name.data() + name.size(), id);
  }
  reply(call, {});
  close_if_dead(id);
}

void Engine::close_if_dead(modem::ConnectionId id) {
  Socket* socket = find(id);
  if (socket == nullptr || !socket->is_udp() || socket->datagrams->alive()) return;
  // What was sent before the close still leaves.
  if (Socket& keeper = link_keeper(*socket); &keeper != socket) {
    if (keeper.state == Socket::State::kIdle) return destroy(id);
    socket->close_when_taken = true;
    return modem_.set_writable(keeper.id, now_);
  }
  if (socket->state == Socket::State::kIdle) return destroy(id);
  socket->close_when_taken = true;
  // Its link is on its way, and what it has sent waits for that.
  if (socket->state == Socket::State::kConnecting) return;
  modem_.set_writable(id, now_);
}

void Engine::look_for_dead() {
  std::vector<modem::ConnectionId> ids;
  for (auto& [id, socket] : sockets_) {
    if (!socket->is_udp()) continue;
    socket->datagrams->flush();
    ids.push_back(id);
  }
  for (const modem::ConnectionId id : ids) close_if_dead(id);
  census_pause_ = std::min(census_pause_ * 2, kLongestCensusPause);
  next_census_ = now_ + census_pause_;
}

bool Engine::has_datagrams() const {
  return std::any_of(sockets_.begin(), sockets_.end(),
                     [](const auto& entry) { return entry.second->is_udp(); });
}

}  // namespace a7600::engine
