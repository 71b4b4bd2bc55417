// SPDX-License-Identifier: MIT
//
// Who has a local port. The module gives one to one server or link (manual 2.3, 2.14), while
// programs share them: an IPv6-only socket beside an IPv4 one, and datagram sockets with
// SO_REUSEADDR or SO_REUSEPORT (iperf3's server connects the socket that has heard a client, and
// binds another for the next). Of those the first has the link, and the others go through it.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>

#include "engine/engine.h"

namespace a7600::engine {
namespace {

bool both_set(const Socket& one, const Socket& other, int option) {
  return one.is_set(SOL_SOCKET, option) && other.is_set(SOL_SOCKET, option);
}

bool may_share(const Socket& one, const Socket& other) {
  return both_set(one, other, SO_REUSEADDR) || both_set(one, other, SO_REUSEPORT);
}

// The program has closed it; what it has sent may still be on its way.
bool is_closed(const Socket& socket) {
  return socket.closing || socket.state == Socket::State::kFailed ||
         (socket.is_udp() && socket.close_when_taken);
}

// Whether both are of one kind and mean the same port.
bool collide(const Socket& one, const Socket& other) {
  return &one != &other && one.is_udp() == other.is_udp() && !is_closed(other) &&
         one.local.port == other.local.port && one.is_ipv6_only() == other.is_ipv6_only();
}

}  // namespace

// Before their turn in the loop: a program that closes a listener and binds another at once finds
// the port free, as does one that follows a datagram socket's program at once.
void Engine::let_go_of(std::uint16_t port) {
  std::vector<modem::ConnectionId> closed;
  std::vector<modem::ConnectionId> datagrams;
  for (const auto& [id, socket] : sockets_) {
    if (socket->local.port != port) continue;
    const bool holds =
        socket->state == Socket::State::kListening || socket->state == Socket::State::kIdle;
    if (socket->is_udp()) {
      datagrams.push_back(id);
    } else if (socket->bound && holds && socket->pair.hung_up()) {
      closed.push_back(id);
    }
  }
  for (const modem::ConnectionId id : closed) on_pair(*find(id), EPOLLHUP);
  for (const modem::ConnectionId id : datagrams) close_if_dead(id);
}

// As Linux has it, but that a listener's port is never shared.
bool Engine::is_port_taken(const Socket& socket, For what) const {
  if (socket.local.port == 0) return false;
  return std::any_of(sockets_.begin(), sockets_.end(), [&](const auto& entry) {
    const Socket& other = *entry.second;
    if (!other.bound || !collide(socket, other)) return false;
    if (other.state == Socket::State::kListening) return true;
    return what == For::kBind && !may_share(socket, other);
  });
}

bool Engine::take_port(Socket& socket) {
  if (!socket.is_udp()) return !is_port_taken(socket, For::kBind);
  if (socket.local.port == 0) return true;
  const auto found = std::find_if(sockets_.begin(), sockets_.end(), [&socket](const auto& entry) {
    return collide(socket, *entry.second);
  });
  if (found == sockets_.end()) return true;
  if (!may_share(socket, *found->second)) return false;
  Socket& keeper = link_keeper(*found->second);
  socket.keeper = keeper.id;
  keeper.sharers.push_back(socket.id);
  return true;
}

Socket& Engine::link_keeper(Socket& socket) {
  Socket* keeper = find(socket.keeper);
  return keeper == nullptr ? socket : *keeper;
}

Socket& Engine::hearer(Socket& keeper, const Endpoint& from) {
  if (keeper.sharers.empty()) return keeper;
  Socket* out = &keeper;
  std::vector<modem::ConnectionId> ids = keeper.sharers;
  ids.insert(ids.begin(), keeper.id);
  for (const modem::ConnectionId id : ids) {
    Socket* socket = find(id);
    if (socket == nullptr || !socket->datagrams->hears(from)) continue;
    out = socket;
    if (socket->datagrams->is_connected()) break;
  }
  return *out;
}

void Engine::give_port_up(Socket& socket) {
  if (Socket* keeper = find(socket.keeper)) std::erase(keeper->sharers, socket.id);
  if (socket.sharers.empty()) return;
  Socket* next = find(socket.sharers.front());
  if (next == nullptr) return;
  next->keeper = 0;
  next->sharers.assign(socket.sharers.begin() + 1, socket.sharers.end());
  for (const modem::ConnectionId id : next->sharers) {
    if (Socket* sharer = find(id)) sharer->keeper = next->id;
  }
  open_udp(*next);
}

}  // namespace a7600::engine
