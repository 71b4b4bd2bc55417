// SPDX-License-Identifier: MIT
//
// The end of a connection, by either side (manual 2.6, chapter 5).
#include <cerrno>
#include <utility>

#include "at/command.h"
#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kCloseWait = 30s;
constexpr auto kFarewell = 100ms;

}  // namespace

// A server's clients often close when their program does, as those of HTTP do. The module gives the
// number of a link that its peer has closed to the next client at once; an AT+CIPCLOSE that is on
// its way then closes that one. So the peer is given a little time to close first.
std::optional<chat::TimePoint> Modem::farewell(const Connection& connection) {
  if (connection.state != Connection::State::kOpen || config_.transparent) return std::nullopt;
  const Server* server = connection.server >= 0 ? servers_.by_index(connection.server) : nullptr;
  if (server == nullptr || server->stop_wanted) return std::nullopt;
  return now_ + kFarewell;
}

bool Modem::waits_for_farewell(const Connection& connection) const {
  return connection.state == Connection::State::kOpen && connection.farewell_until &&
         now_ < *connection.farewell_until;
}

bool Modem::next_close() {
  for (auto& [id, connection] : connections_) {
    const bool settled = connection.state == Connection::State::kOpen ||
                         connection.state == Connection::State::kDraining ||
                         connection.state == Connection::State::kEnded;
    const bool due = connection.close_wanted || connection.state == Connection::State::kEnded;
    if (!settled || !due || connection.link < 0) continue;
    if (is_served(connection, Via::kSide) || is_in_doubt(connection.link)) continue;
    if (!connection.unsent.empty() && connection.state == Connection::State::kOpen) continue;
    if (lingers(connection) || waits_for_farewell(connection)) continue;
    if (!connection.link_open) {
      release_ended(connection);
      // With no answer to come, now is the time of a server that stops, and of an open that waits.
      return next_server() || next_open() || next_close();
    }
    connection.state = Connection::State::kClosing;
    ended_links_.forget(connection.link);
    connection.poll_at.reset();
    closing_link_ = connection.link;
    close_result_seen_ = false;
    command(Task::kClose, id,
            {.text = at::close(connection.link), .payload = {}, .timeout = kCloseWait});
    return true;
  }
  return false;
}

bool Modem::next_stray() {
  if (strays_.empty()) return false;
  const int link = strays_.front();
  strays_.pop_front();
  ended_links_.forget(link);
  closing_link_ = link;
  close_result_seen_ = false;
  command(Task::kCloseStray, 0, {.text = at::close(link), .payload = {}, .timeout = kCloseWait});
  return true;
}

void Modem::on_link_closed(const at::LinkClosed& closed) {
  Connection* connection = by_link(closed.link);
  if (connection == nullptr) {
    early_pushes_.forget(closed.link);
    return links_.release(closed.link);
  }
  switch (connection->state) {
    case Connection::State::kOpen:
      connection->end_told = true;
      if (config_.transparent) give_before_notice(*connection);
      connection->state = Connection::State::kDraining;
      connection->link_open = false;
      connection->unread_if_read = !connection->readable && reads(*connection);
      if (connection->pushed_via == Via::kSide && !rx_mode_.buffered()) {
        connection->end = {ECONNRESET, "closed while its data came over the second AT port"};
      }
      // Everything that was pushed is here already.
      connection->readable = reads_by_command();
      connection->writable = false;
      if (config_.transparent && !connection->had_line) {
        connection->end = {ECONNRESET, "closed before its data could come"};
      }
      if (closed.reason == 2) {
        connection->end = {ETIMEDOUT, "closed for a sending timeout"};
      } else if (!connection->unsent.empty()) {
        connection->end = {ECONNRESET, "closed by the peer before everything was sent"};
      }
      connection->unsent.clear();
      if (!connection->readable) drained(*connection);
      break;
    case Connection::State::kDraining:
    case Connection::State::kEnded:
      connection->link_open = false;
      connection->end_told = true;
      break;
    case Connection::State::kOpening:
      // The late farewell of the link's last owner; or its own, behind "+CIPOPEN:" and in front of
      // OK, or behind OK and in front of "+CIPOPEN:".
      connection->end_doubted =
          connection->opened || task_ != Task::kOpen || task_id_ != connection->id;
      break;
    default:
      // While closing, "+CIPCLOSE:" follows.
      break;
  }
}

void Modem::on_close_answer(Connection& connection, const chat::Answer& answer) {
  if (connection.state != Connection::State::kClosing) return;
  if (answer.final == chat::Final::kOk && connection.link_open) {
    connection.result_due = now_ + kCloseWait;
    return;
  }
  // Without a reason the command itself may have been garbled on the line: the peer would never see
  // the end, and nobody could have the link.
  if (answer.final == chat::Final::kError && connection.link_open && !answer.err &&
      answer.text.empty() && !std::exchange(connection.garbled_close, true)) {
    ++counters_.retries;
    connection.state = Connection::State::kEnded;
    return;
  }
  connection.link_open = false;
  release_link(connection);
}

void Modem::release_link(Connection& connection) {
  if (connection.unread || connection.readable) links_.suspect(connection.link);
  links_.release(connection.link);
  connection.link = -1;
  connection.link_open = false;
  connection.poll_at.reset();
  connection.result_due.reset();
  if (connection.moving) return dial_again(connection);
  connection.state = Connection::State::kEnded;
  if (connection.close_wanted) forget(connection.id);
}

void Modem::release_ended(Connection& connection) {
  // One that was displaced has no link any more.
  const bool has_link = links_.owner(connection.link) == connection.id;
  if (connection.end_told && has_link && !connection.udp && !config_.transparent) {
    ended_links_.note(connection.link, connection.to, connection.server >= 0, now_);
  }
  release_link(connection);
}

void Modem::close_kept() {
  for (const int link : ended_links_.kept(still_open_)) {
    if (by_link(link) != nullptr) continue;
    log(log::Level::kInfo,
        "the module keeps link " + std::to_string(link) + " though it has ended");
    links_.mark_foreign(link);
    strays_.push_back(link);
  }
}

void Modem::forget(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  links_.release(found->second.link);
  answer_acknowledged(found->second, std::nullopt);
  const bool tell = !found->second.failed;
  connections_.erase(found);
  if (tell) host_.closed(id);
}

}  // namespace a7600::modem
