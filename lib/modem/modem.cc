// SPDX-License-Identifier: MIT
#include "modem/modem.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "at/command.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr const char* kCloseNetwork = "AT+NETCLOSE";
constexpr auto kNetworkWait = 10s;
constexpr auto kRestartWait = 2s;  // a command in flight when the module restarts has no answer

}  // namespace

class Modem::Entry {
 public:
  Entry(Modem& modem, chat::TimePoint now) : modem_(modem) {
    modem_.now_ = now;
    ++modem_.depth_;
    modem_.asked_ = true;
  }
  ~Entry() {
    // Looking for the next command asks the host, which may ask for something in turn.
    while (modem_.depth_ == 1 && std::exchange(modem_.asked_, false)) modem_.next();
    --modem_.depth_;
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  Modem& modem_;
};

Modem::Modem(Host& host, BringupConfig config)
    : host_(host), config_(std::move(config)), chat_(*this) {}

Modem::~Modem() = default;

// ---- The program's side

void Modem::open(ConnectionId id, const Endpoint& to, std::optional<std::uint16_t> local_port,
                 chat::TimePoint deadline, chat::TimePoint now) {
  Entry entry(*this, now);
  Connection connection;
  connection.id = id;
  connection.to = to;
  connection.local_port = local_port;
  connection.deadline = deadline;
  connections_.emplace(id, std::move(connection));
}

void Modem::open_udp(ConnectionId id, std::uint16_t local_port, chat::TimePoint deadline,
                     chat::TimePoint now) {
  Entry entry(*this, now);
  Connection connection;
  connection.id = id;
  connection.udp = true;
  connection.local_port = local_port;
  connection.deadline = deadline;
  connections_.emplace(id, std::move(connection));
}

void Modem::set_writable(ConnectionId id, chat::TimePoint now) {
  Entry entry(*this, now);
  if (Connection* connection = find(id)) connection->writable = true;
}

void Modem::set_room(ConnectionId id, chat::TimePoint now) {
  Entry entry(*this, now);
  if (Connection* connection = find(id)) connection->room = true;
}

void Modem::close(ConnectionId id, chat::TimePoint now,
                  std::optional<chat::TimePoint> linger_until) {
  Entry entry(*this, now);
  Connection* connection = find(id);
  if (connection == nullptr) return;
  connection->close_wanted = true;
  connection->writable = false;
  if (!connection->udp) connection->linger_until = linger_until;
  if (connection->link < 0) forget(id);
}

void Modem::ask_acknowledged(ConnectionId id, chat::TimePoint now) {
  Entry entry(*this, now);
  if (Connection* connection = find(id)) {
    connection->ack_wanted = true;
    acks_wanted_ = true;
  } else {
    host_.acknowledged(id, std::nullopt);
  }
}

void Modem::listen(ServerId id, std::uint16_t port, chat::TimePoint deadline, chat::TimePoint now) {
  Entry entry(*this, now);
  if (Server* old = servers_.lingering_on(port)) {
    const int index = old->index;
    servers_.remove(old->id);
    Server& server = servers_.add(id, port, deadline);
    server.index = index;
    server.state = Server::State::kListening;
    server.announced = true;
    host_.listening(id);
    return;
  }
  servers_.add(id, port, deadline);
}

void Modem::stop(ServerId id, chat::TimePoint now) {
  Entry entry(*this, now);
  Server* server = servers_.find(id);
  if (server == nullptr) return;
  server->stop_wanted = true;
  if (server->state == Server::State::kWaiting) servers_.remove(id);
}

void Modem::resolve(QueryId id, const at::HostName& name, chat::TimePoint deadline,
                    chat::TimePoint now) {
  Entry entry(*this, now);
  begin_query({id, name, deadline});
}

void Modem::send_command(CommandId id, std::string text, std::chrono::milliseconds timeout,
                         chat::TimePoint now) {
  Entry entry(*this, now);
  foreign_.push_back({id, std::move(text), timeout});
}

void Modem::leave(chat::TimePoint now) {
  Entry entry(*this, now);
  if (leaving_ || bringup_ != nullptr) return;
  leaving_ = true;
  if (phase_ == Phase::kOff && turned_echo_off_) leave_commands_.emplace_back("ATE1");
  if (phase_ != Phase::kUp || !found_) return;
  for (std::string& text : rx_mode_.undo()) leave_commands_.push_back(std::move(text));
  if (found_->push == rx_mode_.buffered()) {
    leave_commands_.emplace_back(found_->push ? "AT+CIPRXGET=0" : "AT+CIPRXGET=1");
  }
  if (found_->timeouts) leave_commands_.push_back(at::timeouts(*found_->timeouts));
  if (found_->command) {
    leave_commands_.emplace_back(kCloseNetwork);
    leave_commands_.emplace_back("AT+CIPMODE=0");
  }
  if (found_->echo) leave_commands_.emplace_back("ATE1");
  if (found_->no_rtscts) leave_commands_.emplace_back("AT+IFC=0,0");
  if (found_->baud != 0) leave_commands_.push_back(at::set_rate(found_->baud));
}

void Modem::line_failed(const Error& error, chat::TimePoint now) {
  Entry entry(*this, now);
  if (task_ == Task::kSend) unfinished_ = chunk_size_;
  if (data_mode_.active()) leftover_data_mode_ = true;
  chat_.abandon();
  data_mode_.leave();
  task_ = Task::kNone;
  phase_ = Phase::kOff;
  drop_bringup();
  turned_echo_off_ = false;
  leave_commands_.clear();
  leave_result_due_.reset();
  servers_.restart();
  postpone_retry();
  // In this order: what was opening waits again, and fails with the rest.
  lose_connections(error.posix, error.text);
  fail_waiting(error);
  fail_foreign();
}

void Modem::suspect_leftovers() {
  unfinished_ = at::kLargestSend;
  leftover_data_mode_ = config_.transparent;
}

// ---- The line's side

void Modem::feed(std::span<const std::byte> bytes, chat::TimePoint now) {
  Entry entry(*this, now);
  const bool payload_before = chat_.in_payload();
  chat_.feed(bytes, now);
  pace_.received(bytes.size(), payload_before, chat_.in_payload(), now);
}

void Modem::take_output(std::string& into, chat::TimePoint now) {
  if (data_mode_.flows() && !chat_.has_output()) {
    Entry entry(*this, now);
    send_data();
  }
  chat_.take_output(into);
}

void Modem::on_time(chat::TimePoint now) {
  Entry entry(*this, now);
  if (bringup_) bringup_->on_time(now);
  chat_.on_time(now);
  on_data_mode_time();
  expire();
}

std::size_t Modem::unfinished() const {
  return servers_.size() + static_cast<std::size_t>(std::count_if(
                               connections_.begin(), connections_.end(), [](const auto& entry) {
                                 const Connection& connection = entry.second;
                                 return connection.state != Connection::State::kOpening ||
                                        !connection.close_wanted;
                               }));
}

std::optional<chat::TimePoint> Modem::deadline() const {
  std::optional<chat::TimePoint> soonest = chat_.deadline();
  auto consider = [&soonest](std::optional<chat::TimePoint> time) {
    if (time && (!soonest || *time < *soonest)) soonest = time;
  };
  if (bringup_ && chat_.idle()) consider(bringup_->wake());
  if (bringup_) consider(bringup_->hold_ends());
  for (const auto& [id, connection] : connections_) {
    if (connection.state == Connection::State::kWaiting) consider(connection.deadline);
    if (connection.not_before && *connection.not_before > now_) consider(connection.not_before);
    consider(connection.result_due);
    consider(connection.poll_at);
    consider(connection.push_due);
    if (lingers(connection)) {
      consider(connection.linger_until);
      if (connection.ask_at > now_) consider(connection.ask_at);
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
  consider(data_mode_.wake());
  consider(leave_result_due_);
  for (const Query& query : queries_) consider(query.deadline);
  consider(name_due_);
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
    Error error{ETIMEDOUT, -1, "all ten links of the module stayed in use"};
    if (phase_ != Phase::kUp) error = not_up();
    if (connections_.erase(id) > 0) host_.open_failed(id, error);
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
    if (servers_.find(id) == nullptr) continue;
    servers_.remove(id);
    host_.listen_failed(id, not_up());
  }
  expire_queries();
}

// ---- Scheduling

void Modem::command(Task task, ConnectionId id, chat::Command command) {
  task_ = task;
  task_id_ = id;
  ++counters_.commands;
  chat_.send(std::move(command), now_);
}

void Modem::next() {
  if (acks_wanted_) answer_unaskable();
  if (config_.transparent) refuse_all_but_one();
  if (data_mode_.active()) return next_in_data_mode();
  if (!chat_.idle() || next_leave()) return;
  if (phase_ == Phase::kOff && wanted()) {
    start_bringup(network_lost_ ? Bringup::Start::kRebuild : Bringup::Start::kFresh);
  }
  if (phase_ == Phase::kBringup || phase_ == Phase::kCheck) next_bringup();
  if (!chat_.idle() || (bringup_ && !bringup_->is_searching())) return;
  if (next_foreign() || phase_ != Phase::kUp) return;
  if (next_resume() || next_rx_mode() || next_refused() || next_stray() || next_server() ||
      next_open() || next_close() || next_resolve()) {
    return;
  }
  // In turn: who asks without a pause must not keep the bytes from flowing.
  if (std::exchange(asked_acknowledged_, false)) {
    if (next_transfer() || next_acknowledged()) return;
  } else if (next_acknowledged() || next_transfer()) {
    return;
  }
  next_still_open();
}

bool Modem::next_leave() {
  if (leave_result_due_) {
    if (now_ < *leave_result_due_) return true;
    leave_result_due_.reset();
  }
  if (leave_commands_.empty()) return leaving_;
  std::string text = std::move(leave_commands_.front());
  leave_commands_.pop_front();
  if (text == kCloseNetwork) leave_result_due_ = now_ + kNetworkWait;
  command(Task::kLeave, 0, {.text = std::move(text), .payload = {}, .timeout = 2s});
  return true;
}

// ---- What the module says

void Modem::on_unsolicited(const at::Reply& reply, std::string_view line) {
  if (const auto* ready = std::get_if<at::DataReady>(&reply)) {
    on_data_ready(ready->link);
  } else if (const auto* closed = std::get_if<at::LinkClosed>(&reply)) {
    on_link_closed(*closed);
  } else if (const auto* client = std::get_if<at::ClientAccepted>(&reply)) {
    on_client(*client);
  } else if (std::holds_alternative<at::NetworkClosed>(reply)) {
    log(log::Level::kWarn, line);
    if (phase_ == Phase::kUp || phase_ == Phase::kCheck) network_lost(line);
  } else if (std::holds_alternative<at::Boot>(reply)) {
    forget_names();
    if (bringup_) {
      bringup_->on_boot(now_);
      // Whatever was in flight has no answer any more.
      if (!chat_.idle()) chat_.hurry(now_);
    } else if (phase_ == Phase::kUp) {
      log(log::Level::kWarn, "the module has restarted");
      if (chat_.idle()) {
        start_check(line);
      } else {
        chat_.hurry(now_ + kRestartWait);
      }
    }
  } else if (std::holds_alternative<at::Connect>(reply)) {
    on_connect_line();
  } else if (std::holds_alternative<at::Other>(reply)) {
    log(log::Level::kDebug, "skipped: " + std::string(line));
  } else {
    handle_result(reply);
  }
}

void Modem::on_line(const at::Reply& reply, std::string_view line) {
  if (task_ == Task::kForeign) {
    on_foreign_line(line);
  } else if (std::holds_alternative<at::Other>(reply)) {
    log(log::Level::kDebug, "skipped: " + std::string(line));
  }
  // Results of what was under way before the check come between the lines of its answers.
  if (task_ == Task::kBringup && bringup_) return handle_result(reply);
  if (task_ == Task::kRxMode) rx_mode_.on_reply(reply);
  if (const auto* ack = std::get_if<at::Ack>(&reply)) {
    if (task_ == Task::kAcknowledged) acknowledged_ = *ack;
  } else if (const auto* state = std::get_if<at::NetOpen>(&reply)) {
    if (task_ == Task::kWhyRefused) network_open_ = state->state == 1;
  } else if (const auto* link = std::get_if<at::OpenLink>(&reply)) {
    if (task_ == Task::kStillOpen && link->link >= 0 && link->link < at::kLinks) {
      still_open_ |= 1U << static_cast<unsigned>(link->link);
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
    on_dns_line(answer->name, answer->ip);
  } else if (std::holds_alternative<at::DnsError>(reply)) {
    on_dns_line({}, std::nullopt);
  } else if (const auto* closed = std::get_if<at::CloseResult>(&reply)) {
    Connection* connection = by_link(closed->link);
    if (connection == nullptr) links_.release(closed->link);
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
  if (task == Task::kLeave || task == Task::kCloseStray || task == Task::kNone) return;
  if (task == Task::kForeign) {
    on_foreign_answer(answer);
  } else if (task == Task::kResume) {
    on_resume_answer(answer);
  } else if (task == Task::kResolve) {
    on_resolve_answer(answer);
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
        on_send_answer(*connection, answer);
        break;
      case Task::kRead:
        on_read_answer(*connection, answer);
        break;
      case Task::kAcknowledged:
        on_acknowledged_answer(*connection, answer);
        break;
      default:
        break;
    }
  }
  if (task == Task::kSend || task == Task::kRead || task == Task::kClose) {
    distrust_new_owner(task, answer);
  }
  if (answer.final != chat::Final::kTimeout) return;
  if (task == Task::kSend) unfinished_ = chunk_size_;
  start_check("a command was not answered");
}

Connection* Modem::find(ConnectionId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
}

int Modem::link_of(ConnectionId id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? -1 : found->second.link;
}

const Connection* Modem::by_link(int link) const {
  const auto owner = links_.owner(link);
  if (!owner) return nullptr;
  const auto found = connections_.find(*owner);
  return found == connections_.end() ? nullptr : &found->second;
}

Connection* Modem::by_link(int link) {
  const auto owner = links_.owner(link);
  return owner ? find(*owner) : nullptr;
}

}  // namespace a7600::modem
