// SPDX-License-Identifier: MIT
#include "text_view.h"

#include <algorithm>

#include "format.h"
#include "trace/packet.h"

namespace a7600::tracer {
namespace {

using trace::Kind;
using trace::Record;
using trace::State;

constexpr trace::Time kPatience = 500'000'000;
constexpr std::size_t kMostHeld = 1000;

constexpr const char* kRed = "31";
constexpr const char* kDim = "2";
constexpr const char* kBold = "1";

const char* port_text(const Record& record) {
  return record.port == trace::AtPort::kFirst ? "" : " (second port)";
}

}  // namespace

std::string TextView::painted(const char* colour, const std::string& text) const {
  if (!options_.colour || *colour == '\0') return text;
  return std::string("\x1b[") + colour + 'm' + text + "\x1b[0m";
}

std::string TextView::stamp(trace::Time time) const {
  return options_.clock ? clock_text(time) + ' ' : std::string();
}

bool TextView::waits() const {
  return std::any_of(calls_.begin(), calls_.end(),
                     [](const auto& entry) { return !entry.second.shown; });
}

void TextView::release() {
  if (waits()) return;
  for (const std::string& line : held_) out_ += line;
  held_.clear();
}

void TextView::call_line(trace::Time time, const Record& record, const std::string& text) {
  if (first_pid_ == 0) first_pid_ = record.pid;
  out_ += stamp(time);
  if (record.pid != first_pid_) out_ += "[pid " + std::to_string(record.pid) + "] ";
  out_ += text;
  out_ += '\n';
}

void TextView::modem_line(trace::Time time, int link, const std::string& text, const char* colour) {
  const std::string mark = link >= 0 ? '[' + std::to_string(link) + "] " : std::string();
  const std::string line = stamp(time) + "  " + mark + painted(colour, text) + '\n';
  if (!waits()) {
    out_ += line;
    return;
  }
  held_.push_back(line);
  if (held_.size() <= kMostHeld) return;
  for (auto& [key, call] : calls_) show_unfinished(call);
  release();
}

int TextView::link_of(std::uint32_t socket) const {
  const auto found = links_.find(socket);
  return found == links_.end() ? -1 : found->second;
}

void TextView::show_unfinished(OpenCall& call) {
  if (std::exchange(call.shown, true)) return;
  if (!options_.filter.shows_call(call.record)) return;
  call_line(call.record.time, call.record, one_line(call.record.text) + " <unfinished ...>");
}

void TextView::pass_time(trace::Time time) {
  for (auto& [key, call] : calls_) {
    if (time - call.record.time > kPatience) show_unfinished(call);
  }
  release();
}

void TextView::finish() {
  for (auto& [key, call] : calls_) show_unfinished(call);
  release();
}

void TextView::show(const trace::Item& item) {
  if (item.kind == trace::Item::Kind::kSerial) return;
  const Record& record = item.record;
  if (item.kind == trace::Item::Kind::kPacket) return show_packet(item);
  if (record.kind != Kind::kCallBegins && record.kind != Kind::kCallEnds) pass_time(item.time);
  switch (record.kind) {
    case Kind::kCallBegins:
      calls_[{record.pid, record.tid, record.time}] = {record, false};
      break;
    case Kind::kCallEnds:
      show_call_end(record);
      break;
    case Kind::kCommand:
      show_command(record);
      break;
    case Kind::kUnsolicited:
      if (options_.filter.shows_urc(record.link)) {
        modem_line(record.time, record.link, one_line(record.text) + port_text(record), kDim);
      }
      break;
    case Kind::kState:
      show_state(record);
      break;
    case Kind::kLookUp:
      if (options_.filter.shows_rest()) {
        modem_line(record.time, -1, one_line(record.text) + " is " + one_line(record.answer),
                   record.error != 0 ? kRed : "");
      }
      break;
    case Kind::kLog:
      if (options_.filter.shows_rest()) modem_line(record.time, -1, one_line(record.text), kDim);
      break;
    case Kind::kDropped:
      modem_line(record.time, -1, std::to_string(record.bytes) + " blocks were left out here",
                 kRed);
      break;
  }
}

void TextView::show_call_end(const Record& record) {
  const auto begun = calls_.find({record.pid, record.tid, record.start});
  const bool resumed = begun != calls_.end() && begun->second.shown;
  if (begun != calls_.end()) calls_.erase(begun);
  if (options_.filter.shows_call(record)) {
    std::string text =
        resumed ? "<... " + std::string(call_name(record)) + " resumed>" : one_line(record.text);
    text += " = " + painted(has_failed(record) ? kRed : kBold, result_text(record));
    text += " <" + seconds(record.time - record.start) + '>';
    call_line(resumed ? record.time : record.start, record, text);
  }
  release();
}

void TextView::show_command(const Record& record) {
  if (!options_.filter.shows_command(record.link)) return;
  std::string answer = one_line(record.answer);
  if (record.error > 0) answer = answer.empty() ? "no answer" : answer + ", then no answer";
  if (answer.empty() && record.error < 0) answer = "ERROR";
  modem_line(record.time, record.link,
             one_line(record.text) + port_text(record) + " -> " + answer + "  " +
                 steps_text(steps_of(record)),
             record.error != 0 ? kRed : "");
}

void TextView::show_state(const Record& record) {
  if (record.link >= 0) links_[record.socket] = record.link;
  if (record.state == State::kConnecting || record.state == State::kOpen) {
    flows_.forget_if_many();
    flows_.add(record);
  }
  const int link = record.link >= 0 ? record.link : link_of(record.socket);
  if (!options_.filter.shows_link(link)) return;
  std::string text(name(record.state));
  if (record.state == State::kOpen) {
    const bool listens = record.text == "listening";
    text = record.text.empty() ? "open" : one_line(record.text);
    text += listens ? " on port " + std::to_string(record.local.port)
                    : ' ' + record.local.to_string() + (record.udp ? " (UDP)" : " to ");
    if (!listens && !record.udp) text += record.peer.to_string();
  } else if (record.state == State::kEnded && record.error == 0) {
    text = "closed by the peer";
  } else if (record.error != 0) {
    text += ": " + error_name(record.error) + ' ' + one_line(record.text);
  } else if (record.state == State::kConnecting || record.state == State::kClosing) {
    return;  // the call and the command say so
  }
  modem_line(record.time, link, text, record.error != 0 ? kRed : "");
}

void TextView::show_packet(const trace::Item& item) {
  const auto packet = trace::parse_packet(item.bytes);
  if (!packet) return;
  const bool sends = item.direction == trace::Direction::kOut;
  const Endpoint& local = sends ? packet->from : packet->to;
  const Endpoint& peer = sends ? packet->to : packet->from;
  const int link = link_of(flows_.socket(packet->udp, local, peer).value_or(0));
  if ((packet->payload_size == 0 && !packet->udp) || !options_.filter.shows_link(link)) return;
  pass_time(item.time);
  std::string text = sends ? "sends " : "receives ";
  text += std::to_string(packet->payload_size) + " bytes";
  if (packet->udp) text += (sends ? " to " : " from ") + peer.to_string();
  if (options_.shown_bytes > 0 && !packet->payload.empty()) {
    text += ' ' + quoted(packet->payload, options_.shown_bytes);
    if (packet->payload.size() <= options_.shown_bytes &&
        packet->payload.size() < packet->payload_size) {
      text += "...";
    }
  }
  modem_line(item.time, link, text);
}

}  // namespace a7600::tracer
