// SPDX-License-Identifier: MIT
//
// What is waited for, and what happens when it has been waited for long enough.
#include <algorithm>
#include <cerrno>

#include "modem/modem.h"

namespace a7600::modem {

std::optional<chat::TimePoint> Modem::deadline() const {
  std::optional<chat::TimePoint> soonest = chat_.deadline();
  auto consider = [&soonest](std::optional<chat::TimePoint> time) {
    if (time && (!soonest || *time < *soonest)) soonest = time;
  };
  consider(side_.deadline());
  if (bringup_ && chat_.idle()) consider(bringup_->wake());
  if (bringup_) consider(bringup_->hold_ends());
  for (const auto& [id, connection] : connections_) {
    if (connection.state == Connection::State::kWaiting) consider(connection.deadline);
    if (connection.not_before && *connection.not_before > now_) consider(connection.not_before);
    consider(connection.result_due);
    consider(connection.poll_at);
    consider(connection.push_due);
    if (waits_for_farewell(connection)) consider(connection.farewell_until);
    if (lingers(connection)) consider(connection.linger_until);
    if ((lingers(connection) || waits_for_peer(connection)) && connection.ask_at > now_) {
      consider(connection.ask_at);
    }
  }
  for (const auto& [id, server] : servers_) {
    consider(server.stop_due);
    if (server.stop_not_before > now_) consider(server.stop_not_before);
    if (server.announced || server.state != Server::State::kWaiting) continue;
    consider(server.deadline);
  }
  if (phase_ == Phase::kOff && !servers_.empty() && now_ < retry_at_) consider(retry_at_);
  if (phase_ == Phase::kUp) consider(rx_mode_.wake(now_));
  if (links_.has_foreign() && now_ < reclaim_not_before_) consider(reclaim_not_before_);
  if (phase_ == Phase::kUp && ended_links_.due() > now_) consider(ended_links_.due());
  if (leftovers_flow()) consider(*leftover_push_at_ + kLeftoverPause);
  consider(data_mode_.wake());
  consider(leave_result_due_);
  consider(lookups_.deadline());
  return soonest;
}

void Modem::expire() {
  std::vector<ConnectionId> waiting_too_long;
  for (auto& [id, connection] : connections_) {
    if (connection.poll_at && now_ >= *connection.poll_at) safety_poll(connection);
    if (connection.push_due && now_ >= *connection.push_due) {
      connection.push_due.reset();
      on_push_missing();
    }
    if (connection.state == Connection::State::kWaiting && now_ >= connection.deadline) {
      waiting_too_long.push_back(id);
    }
    if (!connection.result_due || now_ < *connection.result_due) continue;
    connection.result_due.reset();
    ++counters_.errors;
    if (connection.state == Connection::State::kOpening) {
      log(log::Level::kWarn, "no +CIPOPEN: for " + connection.to.to_string());
      open_failed(connection, ETIMEDOUT, -1, "the module gave no result");
    } else {
      connection.link_open = false;
      release_link(connection);
    }
    return expire();  // the map has changed
  }
  for (const ConnectionId id : waiting_too_long) {
    const Connection* connection = find(id);
    if (connection == nullptr) continue;
    give_up_waiting(
        id, phase_ == Phase::kUp ? Error{ETIMEDOUT, -1, why_not_dialled(*connection)} : not_up());
  }
  std::vector<ServerId> unstarted;
  std::vector<ServerId> unstopped;
  for (const auto& [id, server] : servers_) {
    const bool waiting = server.state == Server::State::kWaiting && !server.announced;
    if (waiting && now_ >= server.deadline) unstarted.push_back(id);
    if (server.stop_due && now_ >= *server.stop_due) unstopped.push_back(id);
  }
  for (const ServerId id : unstopped) servers_.remove(id);
  for (const ServerId id : unstarted) {
    const Server* server = servers_.find(id);
    if (server == nullptr) continue;
    listen_failed(*server, phase_ == Phase::kUp ? Error{ETIMEDOUT, -1, why_busy()} : not_up());
  }
  lookups_.expire(phase_ == Phase::kUp ? std::nullopt : std::optional(not_up()), now_);
}

// With the module up, which may have had a link for it.
std::string Modem::why_not_dialled(const Connection& connection) const {
  if (!free_link()) {
    return config_.transparent ? "the one link of transparent mode stayed in use"
                               : "all ten links of the module stayed in use";
  }
  if (is_port_held(connection)) return "the link that had its local port was still open";
  if (leftovers_flow()) return "the module was still pushing what a program before had left in it";
  if (connection.not_before) return "AT+CIPOPEN had failed, and was about to be tried again";
  return why_busy();
}

// What the channel was in use for.
std::string Modem::why_busy() const {
  if (const chat::Command* command = chat_.in_flight()) {
    // What somebody else sends may have a password in it.
    const std::size_t shown = task_ == Task::kForeign ? command->text.find('=') : std::string::npos;
    return "the module had not answered " + command->text.substr(0, shown) + " yet";
  }
  if (side_.is_starting() || side_.carries()) return "the module's second AT port was still busy";
  return "the module was busy";
}

}  // namespace a7600::modem
