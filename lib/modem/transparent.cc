// SPDX-License-Identifier: MIT
//
// Transparent mode: the line is one connection's own (manual 1.2, 2.3 form 4, 2.10). Everything
// else is refused meanwhile, at once and with a reason, instead of waiting for an end that only
// the program knows.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kResumeWait = 10s;
constexpr std::string_view kBusy =
    "A7600_MODE=transparent gives the whole line to one connection, and there is one";

}  // namespace

void Modem::enter_data_mode() {
  // It has found out that the module works, and the rest of it would be the peer's.
  if (phase_ == Phase::kCheck) {
    drop_bringup();
    phase_ = Phase::kUp;
  }
  leftover_data_mode_ = false;
  data_mode_.leave();
  data_mode_.enter(now_);
  data_mode_end_ = 1;
  chat_.enter_data_mode();
  if (Connection* connection = by_link(kDataModeLink)) {
    connection->had_line = true;
    connection->not_before.reset();
  }
}

// A server's client, whose "+CLIENT:" came before (manual 6.4.1), or a module that has said OK
// before it.
void Modem::on_connect_line() {
  Connection* connection = by_link(kDataModeLink);
  if (!config_.transparent || connection == nullptr) return;
  enter_data_mode();
  // The command that was in flight has failed by that, and what it was for may be over.
  connection = by_link(kDataModeLink);
  if (connection == nullptr || connection->state != Connection::State::kOpening) return;
  connection->result_due.reset();
  on_opened(*connection);
}

bool Modem::wants_input() const {
  if (!data_mode_.active()) return true;
  const Connection* connection = by_link(kDataModeLink);
  return connection == nullptr || connection->room || connection->close_wanted;
}

void Modem::send_data() {
  Connection* connection = by_link(kDataModeLink);
  std::size_t size = 0;
  if (connection != nullptr && connection->writable && !data_mode_.holds_output()) {
    size = host_.take(connection->id, chunk_.bytes);
    connection = by_link(kDataModeLink);
    if (size == 0 && connection != nullptr) connection->writable = false;
    if (connection != nullptr) connection->sent += size;
  }
  if (!data_mode_.flows()) return;
  std::string output;
  data_mode_.write({reinterpret_cast<const char*>(chunk_.bytes.data()), size}, output, now_);
  chat_.write_raw(output);
}

void Modem::on_data(std::span<const std::byte> bytes) {
  const std::string_view text = data_mode_.receive(bytes, now_);
  Connection* connection = by_link(kDataModeLink);
  if (text.empty() || connection == nullptr) return;
  give(*connection, connection->to, std::as_bytes(std::span(text)));
}

// ---- Who gets the line

void Modem::refuse_all_but_one() {
  const Connection* holder = nullptr;
  std::vector<ConnectionId> refused;
  for (const auto& [id, connection] : connections_) {
    if (connection.close_wanted || connection.state == Connection::State::kEnded) continue;
    if (holder == nullptr && !connection.udp) {
      holder = &connection;
    } else if (connection.state == Connection::State::kWaiting) {
      refused.push_back(id);
    }
  }
  for (const ConnectionId id : refused) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    const Error error = found->second.udp
                            ? Error{EOPNOTSUPP, -1, "A7600_MODE=transparent carries TCP only"}
                            : Error{EBUSY, -1, std::string(kBusy)};
    log(log::Level::kWarn, error.text);
    connections_.erase(found);
    host_.open_failed(id, error);
  }
}

void Modem::refuse_commands() {
  lookups_.fail(Error{EAGAIN, -1, std::string(kBusy)});
  foreign_commands_.fail();
  std::vector<ServerId> refused;
  for (const auto& [id, server] : servers_) {
    if (!server.announced && server.state == Server::State::kWaiting) refused.push_back(id);
  }
  for (const ServerId id : refused) {
    if (servers_.find(id) == nullptr) continue;
    servers_.remove(id);
    host_.listen_failed(id, Error{EBUSY, -1, std::string(kBusy)});
  }
}

// When the connection is done, the rest can wait: command mode is two silences away.
void Modem::next_in_data_mode() {
  const Connection* connection = by_link(kDataModeLink);
  const bool done = connection == nullptr || connection->close_wanted ||
                    connection->state != Connection::State::kOpen;
  if (!done) return refuse_commands();
  if (!data_mode_.holds_output()) data_mode_.request_command_mode();
}

// ---- Out of data mode, and back

void Modem::on_data_mode_time() {
  switch (data_mode_.on_time(now_)) {
    case DataMode::Step::kNone:
      break;
    case DataMode::Step::kReleased: {
      const std::string held = data_mode_.take_held();
      if (Connection* connection = by_link(kDataModeLink)) {
        give(*connection, connection->to, std::as_bytes(std::span(held)));
      }
      break;
    }
    case DataMode::Step::kEscape:
      if (!host_.line_is_drained()) {
        data_mode_.not_drained(now_);
        break;
      }
      chat_.write_raw("+++");
      data_mode_.escape_written(now_);
      break;
    case DataMode::Step::kCommandMode:
      on_command_mode();
      break;
  }
}

// Whether the connection is still open, and the module still the same, is for a check to say.
void Modem::on_command_mode() {
  chat_.exit_data_mode();
  std::string_view notice = data_mode_.notice();
  while (!notice.empty()) {
    const std::size_t end = std::min(notice.find_first_of("\r\n"), notice.size());
    const at::Reply reply = at::parse(notice.substr(0, end));
    notice.remove_prefix(std::min(end + 1, notice.size()));
    if (std::holds_alternative<at::NetworkClosed>(reply)) {
      return network_lost("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
    }
    if (const auto* closed = std::get_if<at::LinkClosed>(&reply)) data_mode_end_ = closed->reason;
  }
  // It has not heard of it, or can't be heard.
  if (!data_mode_.escape_answered() && data_mode_.notice().empty()) leftover_data_mode_ = true;
  const Connection* connection = by_link(kDataModeLink);
  const bool in_order = connection != nullptr && connection->close_wanted;
  if (!in_order || !data_mode_.escape_answered()) start_check("data mode has ended");
}

void Modem::give_before_notice(Connection& connection) {
  const std::string bytes = data_mode_.take_before_notice();
  if (!bytes.empty()) give(connection, connection.to, std::as_bytes(std::span(bytes)));
}

// The module had missed a "+++", and was taken to be in command mode: what was meant for it before
// the next one has gone to the peer.
void Modem::break_spilt() {
  Connection* connection = by_link(kDataModeLink);
  if (connection == nullptr || connection->close_wanted) return;
  break_connection(*connection, ECONNRESET, "commands may have gone to its peer", Drain::kNo);
}

bool Modem::next_resume() {
  Connection* connection = by_link(kDataModeLink);
  if (!config_.transparent || connection == nullptr || connection->close_wanted ||
      connection->state != Connection::State::kOpen) {
    return false;
  }
  if (connection->not_before && now_ < *connection->not_before) return true;
  connection->not_before.reset();
  command(Task::kResume, connection->id,
          {.text = "ATO", .shape = chat::Shape::kDial, .payload = {}, .timeout = kResumeWait});
  return true;
}

void Modem::on_resume_answer(const chat::Answer& answer) {
  Connection* connection = by_link(kDataModeLink);
  if (answer.final == chat::Final::kOk) {
    // What was held back was the peer's after all, unless it is of a connection before.
    const std::string held = data_mode_.take_held();
    const bool its_own = connection != nullptr && connection->had_line;
    enter_data_mode();
    if (its_own && !held.empty()) {
      give(*connection, connection->to, std::as_bytes(std::span(held)));
    }
    return;
  }
  if (connection != nullptr && answer.final == chat::Final::kError) {
    on_link_closed({connection->link, data_mode_end_});
  }
}

}  // namespace a7600::modem
