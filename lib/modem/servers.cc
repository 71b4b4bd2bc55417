// SPDX-License-Identifier: MIT
#include "modem/servers.h"

namespace a7600::modem {

Server& Servers::add(ServerId id, std::uint16_t port, chat::TimePoint deadline) {
  Server& server = servers_[id];
  server.id = id;
  server.port = port;
  server.deadline = deadline;
  return server;
}

Server* Servers::find(ServerId id) {
  const auto found = servers_.find(id);
  return found == servers_.end() ? nullptr : &found->second;
}

Server* Servers::by_index(int index) {
  for (auto& [id, server] : servers_) {
    if (server.index == index) return &server;
  }
  return nullptr;
}

Server* Servers::lingering_on(std::uint16_t port) {
  for (auto& [id, server] : servers_) {
    const bool there = server.state == Server::State::kListening;
    if (there && server.stop_wanted && server.port == port) return &server;
  }
  return nullptr;
}

std::optional<int> Servers::free_index() const {
  unsigned taken = 0;
  for (const auto& [id, server] : servers_) {
    if (server.index >= 0) taken |= 1U << static_cast<unsigned>(server.index);
  }
  for (int index = 0; index < at::kServers; ++index) {
    if ((taken >> static_cast<unsigned>(index) & 1U) == 0) return index;
  }
  return std::nullopt;
}

void Servers::restart() {
  for (auto it = servers_.begin(); it != servers_.end();) {
    Server& server = it->second;
    if (server.stop_wanted) {
      it = servers_.erase(it);
      continue;
    }
    server.index = -1;
    server.state = Server::State::kWaiting;
    ++it;
  }
}

}  // namespace a7600::modem
