// SPDX-License-Identifier: MIT
#include "engine/tracer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "at/reply.h"

namespace a7600::engine {
namespace {

using trace::Direction;
using trace::Kind;
using trace::Record;
using trace::State;
using trace::TcpFlow;

constexpr std::size_t kLongestAnswer = 400;
constexpr std::size_t kMostConnections = 4096;

}  // namespace

void Tracer::start(trace::Writer writer, modem::Modem& modem) {
  using std::chrono::nanoseconds;
  to_wall_clock_ = nanoseconds(std::chrono::system_clock::now().time_since_epoch()) -
                   nanoseconds(chat::Clock::now().time_since_epoch()) + left_out_;
  writer_.emplace(std::move(writer));
  modem_ = &modem;
  modem.observe(modem::Via::kFirst, &first_);
  modem.observe(modem::Via::kSide, &side_);
}

void Tracer::stop() {
  if (!on()) return;
  writer_->flush(time());
  modem_->observe(modem::Via::kFirst, nullptr);
  modem_->observe(modem::Via::kSide, nullptr);
  writer_.reset();
  connections_.clear();
  look_ups_.clear();
  first_.stop();
  side_.stop();
}

void Tracer::write_out() {
  if (writer_->flush(time())) return;
  const int posix = errno;
  const std::string name = writer_->name();
  stop();
  log(log::Level::kError, "the trace " + name + " ends here: " + strerror(posix));
}

// ---- Records

void Tracer::state(State state, modem::ConnectionId id, int error, std::string_view text) {
  Record record;
  record.kind = Kind::kState;
  record.state = state;
  record.time = time();
  record.socket = id;
  record.error = error;
  record.text = text;
  const auto known = connections_.find(id);
  if (known != connections_.end()) record.link = known->second.link;
  if (const Socket* socket = find_(id)) {
    record.local = socket->local;
    record.peer = socket->peer;
    record.udp = socket->is_udp();
    if (record.local.ip == Ipv4{}) record.local.ip = modem_->address();
  }
  writer_->record(record);
}

void Tracer::report(std::span<const std::byte> bytes, modem::ConnectionId socket) {
  if (!on()) return;
  auto record = trace::decode(bytes);
  if (!record || (record->kind != Kind::kCallBegins && record->kind != Kind::kCallEnds)) return;
  // The program's times are of the same clock, but not yet of the same day.
  record->time += to_wall_clock_.count();
  if (record->start != 0) record->start += to_wall_clock_.count();
  record->socket = socket;
  writer_->record(*record);
}

void Tracer::connecting(const Socket& socket) {
  if (!on()) return;
  if (connections_.size() >= kMostConnections) connections_.erase(connections_.begin());
  Connection& connection = connections_[socket.id];
  connection = {};
  connection.connecting_since = now_;
  state(State::kConnecting, socket.id);
}

void Tracer::closing(const Socket& socket) {
  if (!on()) return;
  connections_[socket.id].closing_since = now_;
  state(State::kClosing, socket.id);
}

void Tracer::looking_up(modem::QueryId id, std::string_view name) {
  if (on()) look_ups_[id] = {std::string(name), now_};
}

// ---- Packets

// Made when first needed: a trace may begin in the middle of a connection.
TcpFlow* Tracer::flow(modem::ConnectionId id) {
  Connection& connection = connections_[id];
  if (connection.flow) return &*connection.flow;
  const Socket* socket = find_(id);
  if (socket == nullptr || socket->is_udp()) return nullptr;
  const Ipv4 own = socket->local.ip == Ipv4{} ? modem_->address() : socket->local.ip;
  return &connection.flow.emplace(Endpoint{own, socket->local.port}, socket->peer);
}

void Tracer::data(modem::ConnectionId id, Direction direction, std::span<const std::byte> bytes) {
  if (TcpFlow* tcp = flow(id)) writer_->tcp_data(*tcp, direction, bytes, time());
}

void Tracer::finish_flow(Connection& connection, Direction direction, std::uint8_t flags,
                         std::string_view why) {
  bool& finished = direction == Direction::kIn ? connection.finished_in : connection.finished_out;
  if (!connection.flow || finished) return;
  finished = true;
  if ((flags & TcpFlow::kRst) != 0) connection.finished_in = connection.finished_out = true;
  writer_->tcp(*connection.flow, direction, flags, time(), why);
  if ((flags & TcpFlow::kRst) != 0) return;
  const Direction back = direction == Direction::kIn ? Direction::kOut : Direction::kIn;
  writer_->tcp(*connection.flow, back, TcpFlow::kAck, time());
}

// ---- modem::Host

void Tracer::opened(modem::ConnectionId id) {
  if (on()) {
    Connection& connection = connections_[id];
    connection.link = modem_->link_of(id);
    if (TcpFlow* tcp = flow(id); tcp != nullptr && connection.syn_sent) {
      writer_->tcp(*tcp, Direction::kIn, TcpFlow::kSyn, time());
      writer_->tcp(*tcp, Direction::kOut, TcpFlow::kAck, time());
    }
    state(State::kOpen, id);
  }
  next_.opened(id);
}

void Tracer::open_failed(modem::ConnectionId id, const Error& error) {
  if (on()) {
    Connection& connection = connections_[id];
    if (connection.syn_sent) finish_flow(connection, Direction::kIn, TcpFlow::kRst, error.text);
    state(State::kFailed, id, error.posix, error.text);
    connections_.erase(id);
  }
  next_.open_failed(id, error);
}

std::size_t Tracer::take(modem::ConnectionId id, std::span<std::byte> into) {
  const std::size_t size = next_.take(id, into);
  if (on() && size > 0) data(id, Direction::kOut, into.first(size));
  return size;
}

bool Tracer::give(modem::ConnectionId id, std::span<const std::byte> bytes) {
  if (on()) data(id, Direction::kIn, bytes);
  return next_.give(id, bytes);
}

std::optional<modem::Host::Datagram> Tracer::take_datagram(modem::ConnectionId id,
                                                           std::span<std::byte> into) {
  const auto taken = next_.take_datagram(id, into);
  if (!on() || !taken) return taken;
  if (const Socket* socket = find_(id)) {
    writer_->udp(Direction::kOut, {modem_->address(), socket->local.port}, taken->to,
                 into.first(taken->size), time());
  }
  return taken;
}

bool Tracer::give_datagram(modem::ConnectionId id, const Endpoint& from,
                           std::span<const std::byte> bytes) {
  if (on()) {
    if (const Socket* socket = find_(id)) {
      writer_->udp(Direction::kIn, from, {modem_->address(), socket->local.port}, bytes, time());
    }
  }
  return next_.give_datagram(id, from, bytes);
}

void Tracer::ended(modem::ConnectionId id, const modem::End& end) {
  if (on()) {
    flow(id);
    finish_flow(connections_[id], Direction::kIn, end.posix == 0 ? TcpFlow::kFin : TcpFlow::kRst,
                end.why);
    state(State::kEnded, id, end.posix, end.why);
  }
  next_.ended(id, end);
}

void Tracer::closed(modem::ConnectionId id) {
  if (on()) {
    // A link that is closed has sent its FIN and got the peer's.
    if (const auto known = connections_.find(id); known != connections_.end()) {
      finish_flow(known->second, Direction::kOut, TcpFlow::kFin, {});
      finish_flow(known->second, Direction::kIn, TcpFlow::kFin, {});
    }
    state(State::kClosed, id);
    connections_.erase(id);
  }
  next_.closed(id);
}

void Tracer::listening(modem::ServerId id) {
  if (on()) state(State::kOpen, id, 0, "listening");
  next_.listening(id);
}

void Tracer::listen_failed(modem::ServerId id, const Error& error) {
  if (on()) state(State::kFailed, id, error.posix, error.text);
  next_.listen_failed(id, error);
}

std::optional<modem::ConnectionId> Tracer::accepted(modem::ServerId id, const Endpoint& peer) {
  const auto made = next_.accepted(id, peer);
  if (!on() || !made) return made;
  if (TcpFlow* tcp = flow(*made)) {
    connections_[*made].connecting_since = now_;
    writer_->tcp(*tcp, Direction::kIn, TcpFlow::kSyn, time());
    writer_->tcp(*tcp, Direction::kOut, TcpFlow::kSyn, time());
    writer_->tcp(*tcp, Direction::kIn, TcpFlow::kAck, time());
  }
  state(State::kOpen, *made, 0, "accepted");
  return made;
}

void Tracer::command_answered(modem::CommandId id, const modem::CommandAnswer& answer) {
  next_.command_answered(id, answer);
}

void Tracer::resolved(modem::QueryId id, const Result<std::vector<Ipv4>>& answer) {
  if (const auto asked = look_ups_.find(id); on() && asked != look_ups_.end()) {
    Record record;
    record.kind = Kind::kLookUp;
    record.start = time(asked->second.since);
    record.time = time();
    record.text = asked->second.name;
    if (answer) {
      for (const Ipv4& address : answer.value()) {
        writer_->name(address, asked->second.name);
        if (!record.answer.empty()) record.answer += ' ';
        record.answer += address.to_string();
      }
    } else {
      record.error = answer.error().posix;
      record.answer = answer.error().text;
    }
    writer_->record(record);
    look_ups_.erase(asked);
  }
  next_.resolved(id, answer);
}

void Tracer::log(log::Level level, std::string_view text) {
  // Opened links have records of their own.
  const bool news =
      level <= log::Level::kWarn || (level == log::Level::kInfo && !text.starts_with("link "));
  if (on() && news) {
    Record record;
    record.kind = Kind::kLog;
    record.time = time();
    record.text = text;
    writer_->record(record);
  }
  next_.log(level, text);
}

// ---- The AT channels

// Since when the command could have been sent, had the channel been free.
chat::TimePoint Tracer::Channel::since(const chat::Command& command, modem::ConnectionId id) const {
  const std::string_view text = command.text;
  if (text.starts_with("AT+CDNSGIP")) {
    return tracer_.look_ups_.empty() ? tracer_.now_ : tracer_.look_ups_.begin()->second.since;
  }
  const auto known = tracer_.connections_.find(id);
  if (known == tracer_.connections_.end()) return tracer_.now_;
  const Connection& connection = known->second;
  chat::TimePoint begin = tracer_.now_;
  if (command.shape == chat::Shape::kSend) {
    // A program that writes faster than the line has the next chunk ready when one is done.
    begin = connection.writable_since.value_or(last_answer_);
  } else if (command.shape == chat::Shape::kRead) {
    begin = connection.readable_since.value_or(tracer_.now_);
  } else if (text.starts_with("AT+CIPOPEN")) {
    begin = connection.connecting_since;
  } else if (text.starts_with("AT+CIPCLOSE")) {
    begin = connection.closing_since;
  }
  return begin == chat::TimePoint{} ? tracer_.now_ : std::min(begin, tracer_.now_);
}

void Tracer::Channel::sent(const chat::Command& command) {
  tracer_.writer_->note_command(command.text);
  const modem::ConnectionId id = tracer_.modem_->served_connection(via_);
  shape_ = command.shape;
  payload_leaves_ = false;
  Record& record = command_.emplace();
  record.kind = Kind::kCommand;
  record.port = port_of(via_);
  record.socket = id;
  record.link = command.link >= 0 ? command.link : id != 0 ? tracer_.modem_->link_of(id) : -1;
  record.text = command.text;
  record.bytes = command.payload.size();
  record.start = tracer_.time(since(command, id));
  record.sent = tracer_.time();
  const auto known = tracer_.connections_.find(id);
  if (known == tracer_.connections_.end()) return;
  Connection& connection = known->second;
  if (command.shape == chat::Shape::kSend) connection.writable_since.reset();
  if (command.shape == chat::Shape::kRead) connection.readable_since.reset();
  if (std::string_view(command.text).starts_with("AT+CIPCLOSE")) {
    tracer_.finish_flow(connection, Direction::kOut, TcpFlow::kFin, "AT+CIPCLOSE");
  } else if (std::string_view(command.text).starts_with("AT+CIPOPEN") && !connection.syn_sent) {
    connection.link = record.link;
    if (TcpFlow* tcp = tracer_.flow(id)) {
      connection.syn_sent = true;
      tracer_.writer_->tcp(*tcp, Direction::kOut, TcpFlow::kSyn, tracer_.time(), command.text);
    }
  }
}

void Tracer::Channel::prompted() {
  payload_leaves_ = true;
  if (command_) command_->prompt = tracer_.time();
}

void Tracer::Channel::line(std::string_view line, bool asked) {
  if (asked && command_) {
    if (command_->first == 0) command_->first = tracer_.time();
    if (line == command_->text || command_->answer.size() > kLongestAnswer) return;
    if (!command_->answer.empty()) command_->answer += ' ';
    command_->answer += line;
    return;
  }
  Record record;
  record.kind = Kind::kUnsolicited;
  record.port = port_of(via_);
  record.time = tracer_.time();
  record.text = line;
  const at::Reply reply = at::parse(line);
  if (const auto* ready = std::get_if<at::DataReady>(&reply)) {
    record.link = ready->link;
    for (auto& [id, connection] : tracer_.connections_) {
      if (connection.link == ready->link) connection.readable_since.emplace(tracer_.now_);
    }
  } else if (const auto* closed = std::get_if<at::LinkClosed>(&reply)) {
    record.link = closed->link;
  } else if (const auto* opened = std::get_if<at::OpenResult>(&reply)) {
    record.link = opened->link;
  } else if (const auto* ended = std::get_if<at::CloseResult>(&reply)) {
    record.link = ended->link;
  }
  tracer_.writer_->record(record);
}

void Tracer::Channel::answered(const chat::Answer& answer) {
  payload_leaves_ = false;
  last_answer_ = tracer_.now_;
  if (!command_) return;
  Record& record = *command_;
  record.time = tracer_.time();
  if (answer.final == chat::Final::kError) record.error = -1;
  if (answer.final == chat::Final::kTimeout) record.error = ETIMEDOUT;
  if (shape_ == chat::Shape::kRead) record.bytes = answer.payload.size();
  if (answer.header && answer.header->rest > 0) {
    if (const auto known = tracer_.connections_.find(record.socket);
        known != tracer_.connections_.end()) {
      known->second.readable_since.emplace(tracer_.now_);
    }
  }
  tracer_.writer_->record(record);
  command_.reset();
}

}  // namespace a7600::engine
