// SPDX-License-Identifier: MIT
#include "modem/modem.h"

#include <algorithm>
#include <utility>

#include "at/command.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr const char* kCloseNetwork = "AT+NETCLOSE";
constexpr auto kNetworkWait = 10s;
constexpr auto kLeaveWait = 2s;

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
    while (modem_.depth_ == 1 && std::exchange(modem_.asked_, false)) {
      modem_.next();
      modem_.next_on_side();
    }
    --modem_.depth_;
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  Modem& modem_;
};

Modem::Modem(Host& host, BringupConfig config)
    : host_(host),
      config_(std::move(config)),
      next_transparent_(config_.transparent),
      chat_(*this),
      lookups_(host),
      foreign_commands_(host),
      side_(*this) {}

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
  Connection* connection = find(id);
  if (connection != nullptr && !connection->close_wanted) connection->writable = true;
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
  connection->farewell_until = farewell(*connection);
  if (connection->link < 0 && !connection->moving) forget(id);
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
  lookups_.begin(id, name, deadline, now_);
}

void Modem::send_command(CommandId id, std::string text, std::chrono::milliseconds timeout,
                         chat::TimePoint now) {
  Entry entry(*this, now);
  foreign_commands_.add(id, std::move(text), timeout);
}

void Modem::configure(BringupConfig config) {
  config.pin_refused = config_.pin_refused && config.pin == config_.pin;
  next_transparent_ = std::exchange(config.transparent, config_.transparent);
  config_ = std::move(config);
}

void Modem::leave(chat::TimePoint now) {
  Entry entry(*this, now);
  if (leaving_ || bringup_ != nullptr) return;
  leaving_ = true;
  side_.leave(now);
  // Its answer may take as long as a connection may, for which nobody waits any more.
  if (!chat_.idle()) chat_.hurry(now + kLeaveWait);
}

void Modem::list_leave_commands() {
  if (!found_ || !undo_owed_) {
    if (turned_echo_off_) leave_commands_.emplace_back("ATE1");
    return;
  }
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
  ++counters_.lines_lost;
  log(log::Level::kWarn, error.text);
  if (task_ == Task::kSend) unfinished_ = chunk_.size;
  if (data_mode_.active()) leftover_data_mode_ = true;
  chat_.abandon();
  side_.close();
  side_trouble_.clear();
  forget_hints();
  host_.close_side_line();
  data_mode_.leave();
  task_ = Task::kNone;
  phase_ = Phase::kOff;
  drop_bringup();
  turned_echo_off_ = false;
  undo_owed_ = false;
  was_silent_ = false;
  leave_commands_.clear();
  leave_result_due_.reset();
  servers_.restart();
  postpone_retry();
  // In this order: what was opening waits again, and fails with the rest.
  lose_connections(error.posix, error.text);
  fail_waiting(error);
  foreign_commands_.fail();
}

void Modem::suspect_leftovers() {
  unfinished_ = at::kLargestSend;
  leftover_data_mode_ = config_.transparent;
}

bool Modem::has_leftovers() const {
  const Bringup::Leftovers left = bringup_ ? bringup_->leftovers() : Bringup::Leftovers{};
  return task_ == Task::kSend || data_mode_.active() || unfinished_ > 0 || leftover_data_mode_ ||
         left.payload > 0 || left.data_mode;
}

// ---- The line's side

void Modem::feed(std::span<const std::byte> bytes, chat::TimePoint now) {
  Entry entry(*this, now);
  const bool payload_before = chat_.in_payload();
  chat_.feed(bytes, now);
  pace_.received(bytes.size(), payload_before, chat_.in_payload(), now);
}

void Modem::feed_side(std::span<const std::byte> bytes, chat::TimePoint now) {
  Entry entry(*this, now);
  side_.feed(bytes, now);
}

void Modem::side_line_failed(std::string_view why, chat::TimePoint now) {
  Entry entry(*this, now);
  side_trouble_ = why;
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
  side_.on_time(now);
  on_data_mode_time();
  expire();
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
  // A transfer without a pause must not keep clients out.
  if ((!hints_.empty() || ended_links_.is_due(now_)) && next_still_open()) return;
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
  // Only now: the command that was in flight may have been a setting.
  if (leaving_ && !std::exchange(leave_listed_, true)) list_leave_commands();
  if (leave_commands_.empty()) return leaving_;
  std::string text = std::move(leave_commands_.front());
  leave_commands_.pop_front();
  if (text == kCloseNetwork) leave_result_due_ = now_ + kNetworkWait;
  command(Task::kLeave, 0, {.text = std::move(text), .payload = {}, .timeout = kLeaveWait});
  return true;
}

bool Modem::next_foreign() {
  auto next = foreign_commands_.next();
  if (next) command(Task::kForeign, 0, std::move(*next));
  return next.has_value();
}

bool Modem::next_resolve() {
  auto question = lookups_.next();
  if (question) command(Task::kResolve, question->id, std::move(question->command));
  return question.has_value();
}

// ---- What is known

std::string Modem::obstacle() const { return bringup_ ? bringup_->obstacle() : std::string(); }

int Modem::server_index(ServerId id) const {
  for (const auto& [server_id, server] : servers_) {
    if (server_id == id) return server.index;
  }
  return -1;
}

std::size_t Modem::unfinished() const {
  return servers_.size() + static_cast<std::size_t>(std::count_if(
                               connections_.begin(), connections_.end(),
                               [this](const auto& entry) { return !is_abandoned(entry.first); }));
}

bool Modem::is_abandoned(ConnectionId id) const {
  const auto found = connections_.find(id);
  return found != connections_.end() && found->second.state == Connection::State::kOpening &&
         found->second.close_wanted && !found->second.moving;
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
