// SPDX-License-Identifier: MIT
//
// Who has a local port. The module gives one to one server or link (manual 2.3, 2.14), while
// programs share them: an IPv6-only socket beside an IPv4 one, and datagram sockets with
// SO_REUSEADDR or SO_REUSEPORT (iperf3's server connects the socket that has heard a client, and
// binds another for the next). Of those the first has the link, and the others go through it.
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "engine/engine.h"

namespace a7600::engine {
namespace {

bool has_option(const Socket& socket, int level, int name) {
  int value = 0;
  for (const wire::OptionRecord& option : socket.options) {
    if (option.level != level || option.name != name) continue;
    std::memcpy(&value, option.value.data(), sizeof(value));
  }
  return value != 0;
}

bool may_share(const Socket& one, const Socket& other) {
  if (!one.is_udp()) return false;
  const auto both = [&](int name) {
    return has_option(one, SOL_SOCKET, name) && has_option(other, SOL_SOCKET, name);
  };
  return both(SO_REUSEADDR) || both(SO_REUSEPORT);
}

}  // namespace

bool Engine::is_ipv6_only(const Socket& socket) {
  return socket.domain == AF_INET6 && has_option(socket, IPPROTO_IPV6, IPV6_V6ONLY);
}

Socket* Engine::port_holder(const Socket& socket) {
  if (socket.local.port == 0) return nullptr;
  const auto found = std::find_if(sockets_.begin(), sockets_.end(), [&socket](const auto& entry) {
    const Socket& other = *entry.second;
    const bool in_use =
        socket.is_udp() ? other.is_udp() && other.bound : other.state == Socket::State::kListening;
    return &other != &socket && in_use && other.local.port == socket.local.port &&
           is_ipv6_only(other) == is_ipv6_only(socket);
  });
  return found == sockets_.end() ? nullptr : found->second.get();
}

bool Engine::take_port(Socket& socket) {
  Socket* holder = port_holder(socket);
  if (holder == nullptr) return true;
  if (!may_share(socket, *holder)) return false;
  Socket& keeper = link_keeper(*holder);
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
