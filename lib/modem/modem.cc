// SPDX-License-Identifier: MIT
#include "modem/modem.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "at/command.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kCloseWait = 30s;
constexpr auto kBusyPause = 200ms;
constexpr int kOpenAttempts = 12;  // every link once, and a little patience with <err> 8
constexpr auto kResolveWait = 60s;
constexpr std::chrono::seconds kFirstRetry = 5s;
constexpr std::chrono::seconds kLongestRetry = 60s;
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

void Modem::close(ConnectionId id, chat::TimePoint now) {
  Entry entry(*this, now);
  Connection* connection = find(id);
  if (connection == nullptr) return;
  connection->close_wanted = true;
  connection->writable = false;
  if (connection->link < 0) forget(id);
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
  queries_.push_back({id, name, deadline});
}

void Modem::send_command(CommandId id, std::string text, std::chrono::milliseconds timeout,
                         chat::TimePoint now) {
  Entry entry(*this, now);
  foreign_.push_back({id, std::move(text), timeout});
}

void Modem::leave(chat::TimePoint now) {
  Entry entry(*this, now);
  if (leaving_) return;
  leaving_ = true;
  if (phase_ != Phase::kUp || !found_) return;
  for (std::string& text : rx_mode_.undo()) leave_commands_.push_back(std::move(text));
  if (found_->push == rx_mode_.buffered()) {
    leave_commands_.emplace_back(found_->push ? "AT+CIPRXGET=0" : "AT+CIPRXGET=1");
  }
  if (found_->echo) leave_commands_.emplace_back("ATE1");
}

void Modem::line_failed(const Error& error, chat::TimePoint now) {
  Entry entry(*this, now);
  chat_.abandon();
  task_ = Task::kNone;
  phase_ = Phase::kOff;
  drop_bringup();
  leave_commands_.clear();
  servers_.restart();
  retry_pause_ = std::clamp(retry_pause_ * 2, kFirstRetry, kLongestRetry);
  retry_at_ = now_ + retry_pause_;
  // In this order: what was opening waits again, and fails with the rest.
  lose_connections(error.posix, error.text);
  fail_waiting(error);
  fail_foreign();
}

// ---- The line's side

void Modem::feed(std::span<const std::byte> bytes, chat::TimePoint now) {
  Entry entry(*this, now);
  chat_.feed(bytes, now);
}

void Modem::on_time(chat::TimePoint now) {
  Entry entry(*this, now);
  chat_.on_time(now);
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
  for (const auto& [id, connection] : connections_) {
    if (connection.state == Connection::State::kWaiting) consider(connection.deadline);
    if (connection.not_before && *connection.not_before > now_) consider(connection.not_before);
    consider(connection.result_due);
    consider(connection.poll_at);
  }
  for (const auto& [id, server] : servers_) {
    consider(server.stop_due);
    if (server.announced || server.state != Server::State::kWaiting) continue;
    consider(server.deadline);
  }
  if (phase_ == Phase::kOff && !servers_.empty() && now_ < retry_at_) consider(retry_at_);
  if (phase_ == Phase::kUp) consider(rx_mode_.wake(now_));
  for (const Query& query : queries_) consider(query.deadline);
  return soonest;
}

void Modem::expire() {
  std::vector<ConnectionId> waiting_too_long;
  for (auto& [id, connection] : connections_) {
    if (connection.poll_at && now_ >= *connection.poll_at) safety_poll(connection);
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
  // Also the one in flight: its answer is nobody's then.
  for (;;) {
    const auto expired = std::find_if(queries_.begin(), queries_.end(), [this](const Query& query) {
      return now_ >= query.deadline;
    });
    if (expired == queries_.end()) break;
    const QueryId id = expired->id;
    Error error{ETIMEDOUT, -1, "look up " + expired->name.text() + ": no answer in time"};
    if (phase_ != Phase::kUp) error = not_up();
    queries_.erase(expired);
    host_.resolved(id, error);
  }
}

Error Modem::not_up() const {
  return {ENETDOWN, -1, bringup_ ? bringup_->obstacle() : "the module is not up"};
}

// ---- Scheduling

void Modem::command(Task task, ConnectionId id, chat::Command command) {
  task_ = task;
  task_id_ = id;
  ++counters_.commands;
  chat_.send(std::move(command), now_);
}

void Modem::next() {
  if (!chat_.idle() || next_leave()) return;
  if (phase_ == Phase::kOff && wanted()) {
    start_bringup(network_lost_ ? Bringup::Start::kRebuild : Bringup::Start::kFresh);
  }
  if (phase_ == Phase::kBringup || phase_ == Phase::kCheck) next_bringup();
  if (!chat_.idle() || (bringup_ && !bringup_->is_searching())) return;
  if (next_foreign() || phase_ != Phase::kUp) return;
  if (next_rx_mode() || next_refused() || next_stray() || next_server() || next_open() ||
      next_close() || next_resolve()) {
    return;
  }
  next_transfer();
}

bool Modem::next_leave() {
  if (leave_commands_.empty()) return leaving_;
  std::string text = std::move(leave_commands_.front());
  leave_commands_.pop_front();
  command(Task::kLeave, 0, {.text = std::move(text), .payload = {}, .timeout = 2s});
  return true;
}

void Modem::next_bringup() {
  if (phase_ == Phase::kBringup && !wanted()) {
    phase_ = Phase::kOff;
    drop_bringup();
    return;
  }
  task_ = Task::kBringup;
  bringup_->advance(chat_, now_);
  if (!chat_.idle()) ++counters_.commands;
  after_bringup_answer();
}

bool Modem::next_open() {
  const auto link = links_.pick();
  if (!link) return false;
  // The map is ordered by id, and ids are given in order: first come, first served.
  for (auto& [id, connection] : connections_) {
    if (connection.state != Connection::State::kWaiting) continue;
    if (connection.not_before && now_ < *connection.not_before) continue;
    connection.not_before.reset();
    connection.state = Connection::State::kOpening;
    connection.link = *link;
    connection.link_open = false;
    connection.opened = false;
    connection.displaced = false;
    // Of an attempt before, on a link that was a stranger's.
    connection.readable = false;
    connection.early.clear();
    early_data_[static_cast<std::size_t>(*link)] = false;
    ++connection.open_attempts;
    links_.assign(*link, id);
    command(Task::kOpen, id,
            {.text = connection.udp ? at::open_udp(*link, connection.local_port.value_or(0))
                                    : at::open_tcp(*link, connection.to, connection.local_port),
             .payload = {},
             .timeout = config_.connect_timeout + 5s});
    return true;
  }
  return false;
}

bool Modem::next_close() {
  for (auto& [id, connection] : connections_) {
    const bool settled = connection.state == Connection::State::kOpen ||
                         connection.state == Connection::State::kDraining ||
                         connection.state == Connection::State::kEnded;
    const bool due = connection.close_wanted || connection.state == Connection::State::kEnded;
    if (!settled || !due || connection.link < 0) continue;
    if (!connection.unsent.empty() && connection.state == Connection::State::kOpen) continue;
    if (!connection.link_open) {
      release_link(connection);
      return next_close();
    }
    connection.state = Connection::State::kClosing;
    connection.poll_at.reset();
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
  command(Task::kCloseStray, 0, {.text = at::close(link), .payload = {}, .timeout = kCloseWait});
  return true;
}

bool Modem::next_refused() {
  for (auto& [id, connection] : connections_) {
    if (connection.state != Connection::State::kRefused) continue;
    network_open_.reset();
    command(Task::kWhyRefused, id, {.text = "AT+NETOPEN?", .payload = {}});
    return true;
  }
  return false;
}

bool Modem::next_resolve() {
  if (queries_.empty()) return false;
  addresses_.clear();
  command(Task::kResolve, queries_.front().id,
          {.text = at::resolve(queries_.front().name), .payload = {}, .timeout = kResolveWait});
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
  } else {
    handle_result(reply);
  }
}

void Modem::on_line(const at::Reply& reply, std::string_view line) {
  // Results of what was under way before the check come between the lines of its answers.
  if (task_ == Task::kBringup && bringup_) return handle_result(reply);
  if (task_ == Task::kForeign) on_foreign_line(line);
  if (task_ == Task::kRxMode) rx_mode_.on_reply(reply);
  if (const auto* answer = std::get_if<at::DnsAnswer>(&reply)) {
    if (task_ == Task::kResolve) addresses_.push_back(answer->ip);
  } else if (const auto* state = std::get_if<at::NetOpen>(&reply)) {
    if (task_ == Task::kWhyRefused) network_open_ = state->value == 1;
  } else if (const auto* stopped = std::get_if<at::ServerStop>(&reply)) {
    on_server_stop(*stopped);
  } else if (std::holds_alternative<at::Other>(reply)) {
    log(log::Level::kDebug, "skipped: " + std::string(line));
  } else {
    handle_result(reply);
  }
}

// Result lines that may come behind the final result of their command.
void Modem::handle_result(const at::Reply& reply) {
  if (bringup_) bringup_->on_reply(reply, now_);
  if (const auto* opened = std::get_if<at::OpenResult>(&reply)) {
    on_open_result(*opened);
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
  if (task == Task::kLeave || task == Task::kCloseStray || task == Task::kNone) return;
  if (task == Task::kForeign) {
    on_foreign_answer(answer);
  } else if (task == Task::kResolve) {
    on_resolve_answer(answer);
  } else if (task == Task::kRxMode) {
    const bool must_read = rx_mode_.on_answer(answer);
    for (auto& [id, connection] : connections_) {
      if (must_read && connection.link >= 0) connection.readable = true;
    }
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
      default:
        break;
    }
  }
  if (answer.final == chat::Final::kTimeout) start_check("a command was not answered");
}

// ---- Phases

bool Modem::wanted() const {
  if (!queries_.empty()) return true;
  for (const auto& [id, server] : servers_) {
    if (!server.announced || now_ >= retry_at_) return true;
  }
  return std::any_of(connections_.begin(), connections_.end(), [](const auto& entry) {
    return entry.second.state == Connection::State::kWaiting;
  });
}

void Modem::start_bringup(Bringup::Start start) {
  phase_ = start == Bringup::Start::kCheck ? Phase::kCheck : Phase::kBringup;
  bringup_ = std::make_unique<Bringup>(config_, start);
}

void Modem::drop_bringup() {
  if (bringup_) config_.pin_refused = bringup_->pin_refused();
  bringup_.reset();
}

void Modem::start_check(std::string_view why) {
  if (phase_ != Phase::kUp) return;
  log(log::Level::kWarn, "checking the module: " + std::string(why));
  start_bringup(Bringup::Start::kCheck);
}

void Modem::after_bringup_answer() {
  if (phase_ == Phase::kCheck && bringup_->found_network_closed()) {
    lose_connections(ENETDOWN, "the module has lost its network");
    links_.clear();
    servers_.restart();
    phase_ = Phase::kBringup;
  }
  if (bringup_->state() == Bringup::State::kUp) {
    bringup_up();
  } else if (bringup_->state() == Bringup::State::kFailed) {
    const Error error = bringup_->error();
    drop_bringup();
    phase_ = Phase::kOff;
    task_ = Task::kNone;
    log(log::Level::kWarn, error.text);
    lose_connections(error.posix, error.text);
    links_.clear();
    servers_.restart();
    retry_pause_ = std::clamp(retry_pause_ * 2, kFirstRetry, kLongestRetry);
    retry_at_ = now_ + retry_pause_;
    fail_waiting(error);
  }
}

void Modem::bringup_up() {
  const bool checked = phase_ == Phase::kCheck;
  const unsigned open_links = bringup_->open_links();
  address_ = bringup_->address();
  if (!found_) found_ = bringup_->found();
  drop_bringup();
  task_ = Task::kNone;
  phase_ = Phase::kUp;
  rx_mode_.reset();
  network_lost_ = false;
  retry_pause_ = 0s;
  log(log::Level::kInfo, "the network is up, address " + address_.to_string());
  if (!checked) {
    links_.clear();
    strays_.clear();
    return;
  }
  for (auto& [id, connection] : connections_) {
    if (connection.link < 0) continue;
    const bool open = (open_links >> static_cast<unsigned>(connection.link) & 1U) != 0;
    switch (connection.state) {
      case Connection::State::kOpen:
        // What the module holds for it is read even if the link has closed meanwhile.
        connection.readable = true;
        if (!open) on_link_closed({connection.link, 1});
        break;
      case Connection::State::kClosing:
        connection.state = Connection::State::kEnded;
        connection.result_due.reset();
        connection.link_open = open;
        break;
      case Connection::State::kDraining:
      case Connection::State::kEnded:
        connection.link_open = open;
        break;
      default:
        break;
    }
  }
}

void Modem::network_lost(std::string_view why) {
  network_lost_ = true;
  lose_connections(ENETDOWN, why);
  links_.clear();
  servers_.restart();
  drop_bringup();
  phase_ = Phase::kOff;
}

// Every connection that has a link, or is about to get one, is gone; those that still wait for one
// go on waiting.
void Modem::lose_connections(int posix, std::string_view why) {
  std::vector<ConnectionId> lost;
  for (const auto& [id, connection] : connections_) {
    if (connection.state != Connection::State::kWaiting) lost.push_back(id);
  }
  for (const ConnectionId id : lost) {
    Connection* connection = find(id);
    if (connection == nullptr) continue;
    links_.release(connection->link);
    connection->link = -1;
    connection->link_open = false;
    connection->poll_at.reset();
    connection->result_due.reset();
    if (connection->close_wanted) {
      forget(id);
    } else if (connection->state == Connection::State::kOpening ||
               connection->state == Connection::State::kRefused) {
      // Nobody has been told yet that it is open: it may have another try.
      connection->state = Connection::State::kWaiting;
    } else if (connection->state == Connection::State::kClosing) {
      // The host knows its end already, and has not closed it yet.
      connection->state = Connection::State::kEnded;
    } else if (connection->state != Connection::State::kEnded) {
      ++counters_.resets;
      connection->state = Connection::State::kEnded;
      host_.ended(id, connection->end.posix != 0 ? connection->end : End{posix, why});
    }
  }
}

void Modem::fail_waiting(const Error& error) {
  std::vector<ConnectionId> waiting;
  for (const auto& [id, connection] : connections_) {
    if (connection.state == Connection::State::kWaiting) waiting.push_back(id);
  }
  for (const ConnectionId id : waiting) {
    if (connections_.erase(id) > 0) host_.open_failed(id, error);
  }
  std::vector<ServerId> unstarted;
  for (const auto& [id, server] : servers_) {
    if (!server.announced) unstarted.push_back(id);
  }
  for (const ServerId id : unstarted) {
    if (servers_.find(id) == nullptr) continue;
    servers_.remove(id);
    host_.listen_failed(id, error);
  }
  for (const Query& query : std::exchange(queries_, {})) host_.resolved(query.id, error);
}

// ---- Opening

void Modem::on_open_answer(Connection& connection, const chat::Answer& answer) {
  // The result line came first, and everything is done.
  if (connection.state != Connection::State::kOpening) return;
  if (connection.displaced) return retry_open(connection, 0ms);
  switch (answer.final) {
    case chat::Final::kOk:
      if (connection.opened) return on_opened(connection);
      connection.result_due = now_ + config_.connect_timeout + 5s;
      break;
    case chat::Final::kError:
      // Not ours: the late success of somebody who had the link before.
      if (connection.opened) {
        strays_.push_back(connection.link);
        links_.mark_foreign(connection.link);
        connection.link = -1;
        return retry_open(connection, kBusyPause);
      }
      if (answer.info == at::ErrInfo::kNetworkNotOpened) {
        on_open_result({connection.link, static_cast<int>(at::Err::kNetworkNotOpened)});
      } else {
        open_failed(connection, answer.info == at::ErrInfo::kInvalidParameter ? EINVAL : EIO, -1,
                    answer.text.empty() ? "ERROR" : answer.text);
      }
      break;
    case chat::Final::kTimeout:
      open_failed(connection, ETIMEDOUT, -1, "the module gave no answer");
      break;
  }
}

void Modem::on_open_result(const at::OpenResult& result) {
  Connection* connection = by_link(result.link);
  if (connection == nullptr || connection->state != Connection::State::kOpening) {
    if (connection == nullptr && result.err == 0 && phase_ == Phase::kUp && result.link >= 0 &&
        result.link < at::kLinks) {
      links_.mark_foreign(result.link);
      strays_.push_back(result.link);
    }
    return;
  }
  connection->result_due.reset();
  switch (static_cast<at::Err>(result.err)) {
    case at::Err::kSuccess:
      // Before its OK: only that tells that the answer is ours.
      if (task_ == Task::kOpen && task_id_ == connection->id) {
        connection->opened = true;
        return;
      }
      return on_opened(*connection);
    case at::Err::kNetworkFailure:
      connection->state = Connection::State::kRefused;
      return;
    case at::Err::kNetworkNotOpened:
      if (connection->open_attempts > 2) break;
      return network_lost("+CIPOPEN: network not opened");
    case at::Err::kNotSupported:
    case at::Err::kSocketsOpened:
      if (connection->open_attempts >= kOpenAttempts) break;
      links_.mark_foreign(connection->link);
      connection->link = -1;
      return retry_open(*connection, 0ms);
    case at::Err::kBusy:
      if (connection->open_attempts >= kOpenAttempts) break;
      return retry_open(*connection, kBusyPause);
    default:
      break;
  }
  const at::ErrRow& row = at::err_row(result.err);
  open_failed(*connection, row.posix, result.err, std::string(row.text));
}

void Modem::on_opened(Connection& connection) {
  connection.state = Connection::State::kOpen;
  connection.link_open = true;
  expect_first_data(connection);
  log(log::Level::kInfo,
      "link " + std::to_string(connection.link) + " is open to " + connection.to.to_string());
  if (connection.close_wanted) return;
  host_.opened(connection.id);
  const std::vector<std::byte> early = std::exchange(connection.early, {});
  if (!early.empty()) give(connection, connection.to, early);
}

void Modem::retry_open(Connection& connection, std::chrono::milliseconds pause) {
  links_.release(connection.link);
  connection.link = -1;
  if (connection.close_wanted) return forget(connection.id);
  connection.state = Connection::State::kWaiting;
  connection.not_before = now_ + pause;
}

void Modem::open_failed(Connection& connection, int posix, int err, std::string text) {
  const ConnectionId id = connection.id;
  const std::string what = "connect to " + connection.to.to_string() + ": " + text;
  log(log::Level::kInfo, what);
  // One report says that a link was open after a time-out all the same (MODEM-NOTES): close it.
  const bool maybe_open = posix == ETIMEDOUT;
  const bool tell = !connection.close_wanted;
  connection.failed = tell;
  connection.link_open = maybe_open;
  connection.close_wanted = true;
  connection.state = Connection::State::kEnded;
  if (!maybe_open) release_link(connection);
  if (tell) host_.open_failed(id, Error{posix, err, what});
}

void Modem::on_refused_answer(Connection& connection, const chat::Answer& answer) {
  if (connection.state != Connection::State::kRefused) return;
  if (answer.final == chat::Final::kOk && network_open_ == false) {
    const ConnectionId id = connection.id;
    open_failed(connection, ENETDOWN, 1, "the network is closed");
    if (Connection* left = find(id)) left->link_open = false;
    return network_lost("AT+NETOPEN?: the network is closed");
  }
  const at::ErrRow& row = at::err_row(static_cast<int>(at::Err::kNetworkFailure));
  open_failed(connection, row.posix, static_cast<int>(row.err), std::string(row.text));
}

// ---- Closing

void Modem::on_link_closed(const at::LinkClosed& closed) {
  Connection* connection = by_link(closed.link);
  if (connection == nullptr) return links_.release(closed.link);
  switch (connection->state) {
    case Connection::State::kOpen:
      connection->state = Connection::State::kDraining;
      connection->link_open = false;
      // Everything that was pushed is here already.
      connection->readable = rx_mode_.buffered() || rx_mode_.changing();
      connection->writable = false;
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
      break;
    default:
      // While opening it is the late farewell of the link's last owner; while closing,
      // "+CIPCLOSE:" follows.
      break;
  }
}

void Modem::on_close_answer(Connection& connection, const chat::Answer& answer) {
  if (connection.state != Connection::State::kClosing) return;
  if (answer.final == chat::Final::kOk && connection.link_open) {
    connection.result_due = now_ + kCloseWait;
    return;
  }
  connection.link_open = false;
  release_link(connection);
}

void Modem::release_link(Connection& connection) {
  links_.release(connection.link);
  connection.link = -1;
  connection.link_open = false;
  connection.poll_at.reset();
  connection.result_due.reset();
  connection.state = Connection::State::kEnded;
  if (connection.close_wanted) forget(connection.id);
}

void Modem::forget(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  links_.release(found->second.link);
  const bool tell = !found->second.failed;
  connections_.erase(found);
  if (tell) host_.closed(id);
}

// ---- Look-ups

void Modem::on_resolve_answer(const chat::Answer& answer) {
  const QueryId id = task_id_;
  const auto asked = std::find_if(queries_.begin(), queries_.end(),
                                  [id](const Query& query) { return query.id == id; });
  if (asked == queries_.end()) return;
  const std::string what = "look up " + asked->name.text() + ": ";
  queries_.erase(asked);
  if (answer.final == chat::Final::kOk && !addresses_.empty()) {
    host_.resolved(id, std::exchange(addresses_, {}));
  } else if (answer.final == chat::Final::kTimeout) {
    host_.resolved(id, Error{ETIMEDOUT, -1, what + "not answered"});
  } else {
    host_.resolved(id, Error{ENOENT, -1, what + "no address"});
  }
}

Connection* Modem::find(ConnectionId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
}

int Modem::link_of(ConnectionId id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? -1 : found->second.link;
}

Connection* Modem::by_link(int link) {
  const auto owner = links_.owner(link);
  return owner ? find(*owner) : nullptr;
}

}  // namespace a7600::modem
