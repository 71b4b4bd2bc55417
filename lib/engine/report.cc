// SPDX-License-Identifier: MIT
//
// What `a7600 status` and `a7600 at` ask: the state of things, and AT commands of the user's own.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "at/foreign.h"
#include "base/sys.h"
#include "engine/engine.h"

namespace a7600::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto kFactsPatience = 3s;
constexpr auto kFactTimeout = 9s;
constexpr std::size_t kMostCommands = 64;
constexpr int kLongestCommand = 600;  // seconds

// The part of "+CSQ: 20,99" behind its colon; other lines are no answers.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (!line.starts_with(name) || !line.substr(name.size()).starts_with(':')) return std::nullopt;
  line.remove_prefix(name.size() + 1);
  while (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

std::optional<int> number_at(std::string_view list, int field) {
  for (; field > 0; --field) {
    const std::size_t comma = list.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    list.remove_prefix(comma + 1);
  }
  int value = 0;
  const auto [end, error] = std::from_chars(list.data(), list.data() + list.size(), value);
  if (error != std::errc() || end == list.data()) return std::nullopt;
  return value;
}

void read_line(Facts& facts, std::string_view command, std::string_view line) {
  if (command == "AT+CGMM" && !line.starts_with('+')) {
    facts.model = line;
  } else if (command == "AT+CGMR") {
    facts.firmware = value_of(line, "+CGMR").value_or(line);
  } else if (const auto signal = value_of(line, "+CSQ")) {
    facts.signal = number_at(*signal, 0).value_or(-1);
    facts.error_rate = number_at(*signal, 1).value_or(-1);
  } else if (const auto registration = value_of(line, "+CREG")) {
    facts.registration = number_at(*registration, 1).value_or(-1);
  } else if (const auto chosen = value_of(line, "+COPS")) {
    // "0,0,"name",7"
    const std::size_t open = chosen->find('"');
    const std::size_t close = chosen->rfind('"');
    if (open != std::string_view::npos && close > open) {
      facts.network_operator = chosen->substr(open + 1, close - open - 1);
    }
  }
}

std::uint32_t seconds_since(chat::TimePoint begin, chat::TimePoint now) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now - begin).count());
}

}  // namespace

// ---- Status

void Engine::report(UniqueFd call) {
  reports_.push_back(std::move(call));
  if (reports_.size() > 1) return;
  ask_facts();
  if (facts_.asked.empty()) answer_reports();
}

void Engine::ask_facts() {
  facts_.deadline = now_ + kFactsPatience;
  if (!port_ || finishing_ || !facts_.asked.empty()) return;
  std::vector<std::string> commands;
  if (facts_.model.empty()) commands.emplace_back("AT+CGMM");
  if (facts_.firmware.empty()) commands.emplace_back("AT+CGMR");
  for (const char* command : {"AT+COPS?", "AT+CSQ", "AT+CREG?"}) commands.emplace_back(command);
  for (const std::string& command : commands) facts_.asked.emplace_back(++last_command_, command);
  // Sent when all are noted: an answer may come from inside.
  for (const auto& [id, command] : std::vector(facts_.asked)) {
    modem_.send_command(id, command, kFactTimeout, now_);
  }
}

bool Engine::take_fact(modem::CommandId id, const modem::CommandAnswer& answer) {
  const auto asked = std::find_if(facts_.asked.begin(), facts_.asked.end(),
                                  [id](const auto& entry) { return entry.first == id; });
  if (asked == facts_.asked.end()) return false;
  if (answer.final == modem::CommandAnswer::Final::kOk) {
    for (std::size_t i = 0; i + 1 < answer.lines.size(); ++i) {
      read_line(facts_, asked->second, answer.lines[i]);
    }
  }
  facts_.asked.erase(asked);
  if (facts_.asked.empty()) answer_reports();
  return true;
}

void Engine::answer_reports() {
  if (reports_.empty()) return;
  auto file = wire::write_status(status());
  for (const UniqueFd& call : std::exchange(reports_, {})) {
    if (file) {
      reply(call, {}, file.value().get());
    } else {
      reply_error(call, file.error().posix);
    }
  }
}

wire::Status Engine::status() const {
  wire::Status out;
  wire::StatusHead& head = out.head;
  head.engine_pid = ::getpid();
  if (!port_) {
    head.modem = wire::ModemState::kPortClosed;
  } else if (modem_.up()) {
    head.modem = wire::ModemState::kUp;
  } else {
    const bool starting = !modem_.obstacle().empty();
    head.modem = starting ? wire::ModemState::kStarting : wire::ModemState::kOff;
  }
  head.address = modem_.up() ? modem_.address().value : 0;
  head.uptime = seconds_since(started_, now_);
  wire::set_text(head.port, port_name() + (side_ ? "," + side_->port.name() : ""));
  wire::set_text(head.obstacle, modem_.obstacle());
  wire::set_text(head.model, facts_.model);
  wire::set_text(head.firmware, facts_.firmware);
  wire::set_text(head.network_operator, facts_.network_operator);
  head.signal = facts_.signal;
  head.error_rate = facts_.error_rate;
  head.registration = facts_.registration;
  const modem::Counters& counters = modem_.counters();
  head.commands = counters.commands;
  head.errors = counters.errors;
  head.retries = counters.retries;
  head.resets = counters.resets;
  head.checks = counters.checks;
  head.restarts = counters.restarts;
  head.networks_lost = counters.networks_lost;
  head.lines_lost = counters.lines_lost;
  head.failed_bringups = counters.failed_bringups;
  head.module_resets = counters.module_resets;
  head.refused = refused_;
  head.rx_bytes = received_;
  head.tx_bytes = sent_;

  for (const auto& [id, socket] : sockets_) {
    if (socket->is_live()) ++head.sockets;
    if (socket->is_udp()) head.dropped += socket->datagrams->dropped();
    const bool listens = socket->state == Socket::State::kListening && !socket->is_ipv6_only();
    if (listens) add_server(out, id, *socket);
    const bool connection = socket->state == Socket::State::kConnecting ||
                            socket->state == Socket::State::kConnected ||
                            socket->state == Socket::State::kFinished || socket->closing;
    if (!connection || out.links.size() >= wire::kMostStatusEntries) continue;
    wire::StatusLink link;
    link.link = modem_.link_of(id);
    if (socket->state == Socket::State::kConnecting && link.link < 0) ++head.waiting;
    link.type = socket->type;
    link.state = socket->wire_state();
    link.peer_ip = socket->peer.ip.value;
    link.peer_port = socket->peer.port;
    link.local_ip = socket->local.ip.value;
    link.local_port = socket->local.port;
    link.pid = socket->owner.pid;
    link.uid = socket->owner.uid;
    link.program = socket->owner.program;
    link.rx_bytes = socket->received.bytes();
    link.tx_bytes = socket->sent.bytes();
    link.rx_rate = socket->received.rate(now_);
    link.tx_rate = socket->sent.rate(now_);
    if (socket->state == Socket::State::kConnected && !socket->is_udp()) {
      link.tx_queued = static_cast<std::uint32_t>(socket->pair.pending());
    }
    if (!socket->is_udp()) {
      link.rx_queued = static_cast<std::uint32_t>(socket->pair.unread_by_program());
    }
    link.age = seconds_since(socket->begun, now_);
    out.links.push_back(link);
  }
  return out;
}

void Engine::add_server(wire::Status& out, modem::ServerId id, const Socket& socket) const {
  wire::StatusServer server;
  server.server = modem_.server_index(id);
  server.pid = socket.owner.pid;
  server.uid = socket.owner.uid;
  server.port = socket.local.port;
  server.program = socket.owner.program;
  if (out.servers.size() < wire::kMostStatusEntries) out.servers.push_back(server);
}

// ---- Commands of the user's own

void Engine::send_command(UniqueFd call, const wire::Request& request) {
  if (finishing_) return static_cast<void>(reply_error(call, ENETDOWN));
  const std::string text(request.text());
  if (!at::is_command_line(text)) return static_cast<void>(reply_error(call, EINVAL));
  if (commands_.size() >= kMostCommands) return static_cast<void>(reply_error(call, ENOBUFS));
  const bool forced = (request.flags & wire::kForce) != 0;
  if (const auto upsetting = at::upsets_engine(text); upsetting && !forced) {
    reply_error(call, EPERM, *upsetting + " would upset the engine");
    return;
  }
  if (const Status port = ensure_port(); !port) {
    reply_error(call, port.error().posix, port.error().text);
    return;
  }
  const modem::CommandId id = ++last_command_;
  commands_.emplace(id, std::move(call));
  const auto timeout = std::chrono::seconds(std::clamp(request.level, 1, kLongestCommand));
  modem_.send_command(id, text, timeout, now_);
}

void Engine::command_answered(modem::CommandId id, const modem::CommandAnswer& answer) {
  if (take_fact(id, answer)) return;
  const auto command = commands_.find(id);
  if (command == commands_.end()) return;
  const UniqueFd call = std::move(command->second);
  commands_.erase(command);
  wire::Reply out;
  switch (answer.final) {
    case modem::CommandAnswer::Final::kOk:
      out.value = static_cast<std::int32_t>(wire::CommandResult::kOk);
      break;
    case modem::CommandAnswer::Final::kError:
      out.value = static_cast<std::int32_t>(wire::CommandResult::kError);
      break;
    case modem::CommandAnswer::Final::kNoAnswer:
      out.value = static_cast<std::int32_t>(wire::CommandResult::kNoAnswer);
      break;
  }
  std::string text;
  for (const std::string& line : answer.lines) text += line + '\n';
  auto file = wire::write_text(text);
  if (!file) return static_cast<void>(reply_error(call, file.error().posix));
  reply(call, out, file.value().get());
}

}  // namespace a7600::engine
