// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "at/command.h"
#include "chat/chat.h"
#include "modem/host.h"

namespace a7600::modem {

// One of the module's TCP servers (manual 2.14, 2.15).
struct Server {
  enum class State {
    kWaiting,   // for the network
    kStarting,  // SERVERSTART is in flight
    kListening,
    kStopping,  // SERVERSTOP is sent; "+SERVERSTOP:" is awaited
  };

  ServerId id = 0;
  std::uint16_t port = 0;
  State state = State::kWaiting;
  int index = -1;          // 0-3 at the module
  bool announced = false;  // the host has been told that it listens
  // The host has called stop(). The module refuses to stop a server that has open connections, so
  // until the last is closed it stays, and whoever connects is turned away.
  bool stop_wanted = false;
  chat::TimePoint deadline{};               // of the first start
  std::optional<chat::TimePoint> stop_due;  // kStopping: "+SERVERSTOP:" behind its OK
  int stop_refusals = 0;
  std::optional<chat::TimePoint> stop_not_before;  // refused: asked again then
};

// The servers by id, and which of the module's four numbers they have.
class Servers {
 public:
  Server& add(ServerId id, std::uint16_t port, chat::TimePoint deadline);
  void remove(ServerId id) { servers_.erase(id); }

  Server* find(ServerId id);
  Server* by_index(int index);
  // One that is to be stopped but still there, on `port`.
  Server* lingering_on(std::uint16_t port);
  std::optional<int> free_index() const;
  // The module has forgotten them: those that are still wanted start again.
  void restart();

  bool empty() const { return servers_.empty(); }
  std::size_t size() const { return servers_.size(); }
  auto begin() { return servers_.begin(); }
  auto end() { return servers_.end(); }
  auto begin() const { return servers_.begin(); }
  auto end() const { return servers_.end(); }

 private:
  std::map<ServerId, Server> servers_;
};

}  // namespace a7600::modem
