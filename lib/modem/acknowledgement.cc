// SPDX-License-Identifier: MIT
//
// What the peer has acknowledged (manual 2.16): for programs that ask, and for SO_LINGER, whose
// close waits for it.
//
// AT+CIPSENDMODE=1 (manual 2.11) would answer each AT+CIPSEND only when the peer has acknowledged
// the one before. That is not used: it is one setting for all links, it would make every chunk wait
// for a round trip of the network, and it does not tell about the last chunk, which is the one that
// matters here.
#include <algorithm>

#include "at/command.h"
#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstPause = 20ms;
constexpr std::chrono::milliseconds kLongestPause = 500ms;

}  // namespace

std::size_t Modem::unconfirmed(ConnectionId id) const {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return 0;
  if (task_ == Task::kSend && task_id_ == id) return chunk_.size;
  if (side_.carries(Direction::kSend, id)) return side_chunk_.size;
  return found->second.unsent.size();
}

bool Modem::can_ask_acknowledged(const Connection& connection) const {
  return connection.state == Connection::State::kOpen && !connection.udp && !data_mode_.active();
}

bool Modem::lingers(const Connection& connection) const {
  return connection.state == Connection::State::kOpen && connection.linger_until &&
         now_ < *connection.linger_until;
}

void Modem::answer_unaskable() {
  std::vector<ConnectionId> unaskable;
  acks_wanted_ = false;
  for (const auto& [id, connection] : connections_) {
    if (!connection.ack_wanted) continue;
    acks_wanted_ = true;
    if (!can_ask_acknowledged(connection)) unaskable.push_back(id);
  }
  for (const ConnectionId id : unaskable) {
    if (Connection* connection = find(id)) answer_acknowledged(*connection, std::nullopt);
  }
}

bool Modem::next_acknowledged() {
  for (auto& [id, connection] : connections_) {
    const bool linger_asks =
        lingers(connection) && connection.unsent.empty() && now_ >= connection.ask_at;
    if (!linger_asks && !connection.ack_wanted) continue;
    if (!can_ask_acknowledged(connection) || is_served(connection, Via::kSide)) continue;
    acknowledged_.reset();
    asked_acknowledged_ = true;
    command(Task::kAcknowledged, id, {.text = at::acknowledged(connection.link), .payload = {}});
    return true;
  }
  return false;
}

void Modem::on_acknowledged_answer(Connection& connection, const chat::Answer& answer) {
  const auto ack = answer.final == chat::Final::kOk ? acknowledged_ : std::nullopt;
  if (connection.linger_until) {
    // A module that does not say is not waited for.
    if (!ack || ack->acknowledged >= static_cast<long long>(connection.sent)) {
      connection.linger_until.reset();
    } else {
      connection.ask_pause = std::clamp(connection.ask_pause * 2, kFirstPause, kLongestPause);
      connection.ask_at = now_ + connection.ask_pause;
    }
  }
  answer_acknowledged(connection, ack);
}

void Modem::answer_acknowledged(Connection& connection, const std::optional<at::Ack>& ack) {
  if (!connection.ack_wanted) return;
  connection.ack_wanted = false;
  host_.acknowledged(connection.id, ack);
}

}  // namespace a7600::modem
