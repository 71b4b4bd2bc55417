// SPDX-License-Identifier: MIT
//
// What the module says, and whose it is: unsolicited codes, lines of an answer, results that come
// behind their answer, and final results.
#include <utility>

#include "modem/modem.h"

namespace a7600::modem {

void Modem::on_unsolicited(const at::Reply& reply, std::string_view line) {
  if (const auto* ready = std::get_if<at::DataReady>(&reply)) {
    first_announces_ = true;
    on_data_ready(ready->link);
  } else if (const auto* closed = std::get_if<at::LinkClosed>(&reply)) {
    on_link_closed(*closed);
  } else if (const auto* client = std::get_if<at::ClientAccepted>(&reply)) {
    on_client(*client);
  } else if (std::holds_alternative<at::NetworkClosed>(reply)) {
    if (phase_ == Phase::kUp || phase_ == Phase::kCheck) network_lost(line);
  } else if (std::holds_alternative<at::Boot>(reply)) {
    on_boot(line);
  } else if (std::holds_alternative<at::Connect>(reply)) {
    on_connect_line();
  } else if (std::holds_alternative<at::Other>(reply)) {
    skip(line);
  } else {
    handle_result(reply);
  }
}

void Modem::skip(std::string_view line) {
  log(log::Level::kDebug, "skipped: " + std::string(line));
  if (line.starts_with("+CDNSGIP:")) lookups_.on_garbled_line();
}

void Modem::on_line(const at::Reply& reply, std::string_view line) {
  // No command's answer has it but those of Shape::kDial, in which the chat sees it.
  if (std::holds_alternative<at::Connect>(reply)) return on_connect_line();
  if (task_ == Task::kForeign) {
    foreign_commands_.on_line(line);
  } else if (std::holds_alternative<at::Other>(reply)) {
    skip(line);
  }
  // Results of what was under way before the check come between the lines of its answers.
  if (task_ == Task::kBringup && bringup_) return handle_result(reply);
  if (task_ == Task::kRxMode) rx_mode_.on_reply(reply);
  if (const auto* ack = std::get_if<at::Ack>(&reply)) {
    if (task_ == Task::kAcknowledged) acknowledged_ = *ack;
  } else if (const auto* unread = std::get_if<at::RxRest>(&reply)) {
    if (task_ == Task::kUnread && unread->rest > 0) links_.note_unread(unread->link);
  } else if (const auto* state = std::get_if<at::NetOpen>(&reply)) {
    if (task_ == Task::kWhyRefused) network_open_ = state->state == 1;
  } else if (const auto* link = std::get_if<at::OpenLink>(&reply)) {
    if (task_ == Task::kStillOpen && link->link >= 0 && link->link < at::kLinks) {
      still_open_[static_cast<std::size_t>(link->link)] = *link;
    }
  } else if (const auto* stopped = std::get_if<at::ServerStop>(&reply)) {
    on_server_stop(*stopped);
  } else {
    handle_result(reply);
  }
}

// Result lines that may come behind the final result of their command.
void Modem::handle_result(const at::Reply& reply) {
  if (bringup_) bringup_->on_reply(reply, now_);
  if (const auto* opened = std::get_if<at::OpenResult>(&reply)) {
    on_open_result(*opened);
  } else if (const auto* answer = std::get_if<at::DnsAnswer>(&reply)) {
    lookups_.on_line(answer->name, answer->ip, now_);
  } else if (std::holds_alternative<at::DnsError>(reply)) {
    lookups_.on_line({}, std::nullopt, now_);
  } else if (const auto* closed = std::get_if<at::CloseResult>(&reply)) {
    Connection* connection = by_link(closed->link);
    if (closed->link == closing_link_) close_result_seen_ = true;
    if (connection == nullptr) {
      early_pushes_.forget(closed->link);
      links_.release(closed->link);
    }
    if (connection != nullptr && connection->doubted) ask_still_open_ = true;
    if (connection == nullptr || connection->state != Connection::State::kClosing) return;
    connection->link_open = false;
    // Before its own OK: on_close_answer() releases the link then.
    if (task_ == Task::kClose && task_id_ == connection->id) return;
    release_link(*connection);
  } else if (const auto* stopped = std::get_if<at::ServerStop>(&reply)) {
    on_server_stop(*stopped);
  } else if (std::holds_alternative<at::NetClose>(reply)) {
    leave_result_due_.reset();
  }
}

void Modem::on_answer(const chat::Answer& answer) {
  const Task task = std::exchange(task_, Task::kNone);
  if (answer.final != chat::Final::kOk) ++counters_.errors;
  if (task == Task::kBringup) {
    if (bringup_) {
      bringup_->on_answer(answer, chat_.echo_seen(), now_);
      after_bringup_answer();
    }
    return;
  }
  if (task == Task::kLeave && answer.final != chat::Final::kOk) leave_result_due_.reset();
  if (task == Task::kLeave || task == Task::kNone) return;
  if (task == Task::kCloseStray) {
    // No "+CIPCLOSE:" follows.
    const bool refused = answer.final == chat::Final::kError;
    if (refused && by_link(closing_link_) == nullptr) links_.release(closing_link_);
  } else if (task == Task::kForeign) {
    foreign_commands_.on_answer(answer);
  } else if (task == Task::kResume) {
    on_resume_answer(answer);
  } else if (task == Task::kResolve) {
    if (!lookups_.on_answer(answer, has_just_booted(), now_)) {
      start_check("AT+CDNSGIP: ERROR alone");
    }
  } else if (task == Task::kStillOpen) {
    on_still_open_answer(answer);
  } else if (task == Task::kRxMode) {
    on_rx_mode_answer(answer);
  } else if (task == Task::kStartServer || task == Task::kStopServer) {
    if (Server* server = servers_.find(task_id_)) {
      if (task == Task::kStartServer) {
        on_start_server_answer(*server, answer);
      } else {
        on_stop_server_answer(*server, answer);
      }
    }
  } else if (Connection* connection = find(task_id_)) {
    switch (task) {
      case Task::kOpen:
        on_open_answer(*connection, answer);
        break;
      case Task::kClose:
        on_close_answer(*connection, answer);
        break;
      case Task::kWhyRefused:
        on_refused_answer(*connection, answer);
        break;
      case Task::kSend:
        on_send_answer(*connection, answer, chunk_);
        break;
      case Task::kRead:
        on_read_answer(*connection, answer, Via::kFirst);
        break;
      case Task::kAcknowledged:
        on_acknowledged_answer(*connection, answer);
        break;
      default:
        break;
    }
  }
  if (task == Task::kSend || task == Task::kRead || task == Task::kClose ||
      task == Task::kCloseStray) {
    distrust_new_owner(task, task_id_, answer, chunk_);
  }
  if (answer.final != chat::Final::kTimeout) return;
  if (task == Task::kSend) unfinished_ = chunk_.size;
  start_check("a command was not answered");
}

}  // namespace a7600::modem
