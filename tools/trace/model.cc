// SPDX-License-Identifier: MIT
#include "model.h"

#include <algorithm>

#include "trace/packet.h"

namespace a7600::tracer {

using trace::Kind;
using trace::Record;
using trace::State;

void LineUse::add(trace::Time time, trace::Direction direction, std::uint64_t bytes) {
  if (buckets_.empty()) begin_ = time;
  // A clock that was set back meanwhile.
  const trace::Time since = std::max<trace::Time>(time - begin_, 0);
  while (since / width_ >= static_cast<trace::Time>(kBuckets)) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      if (i % 2 == 0) {
        buckets_[i / 2] = buckets_[i];
      } else {
        buckets_[i / 2].in += buckets_[i].in;
        buckets_[i / 2].out += buckets_[i].out;
      }
    }
    buckets_.resize((buckets_.size() + 1) / 2);
    width_ *= 2;
  }
  const auto index = static_cast<std::size_t>(since / width_);
  if (index >= buckets_.size()) buckets_.resize(index + 1);
  (direction == trace::Direction::kIn ? buckets_[index].in : buckets_[index].out) += bytes;
}

void Model::add(const trace::Item& item) {
  const bool is_call =
      item.kind == trace::Item::Kind::kRecord && item.record.kind == Kind::kCallEnds;
  const trace::Time from = is_call ? item.record.start : item.time;
  if (begin == 0 || from < begin) begin = from;
  end = std::max(end, item.time);
  if (item.kind == trace::Item::Kind::kSerial) {
    (item.direction == trace::Direction::kIn ? bytes_in : bytes_out) += item.size;
    line.add(item.time, item.direction, item.size);
    return;
  }
  if (item.kind == trace::Item::Kind::kPacket) return add_packet(item);
  const Record& record = item.record;
  switch (record.kind) {
    case Kind::kCallBegins:
      return;
    case Kind::kCallEnds:
      calls.push_back(record);
      return;
    case Kind::kCommand:
      commands.push_back(record);
      if (record.text.starts_with("AT+CIPOPEN") && record.socket != 0) {
        Connection& connection = current(record.socket);
        if (connection.opening == 0) connection.opening = record.sent;
      }
      return;
    case Kind::kDropped:
      dropped += record.bytes;
      return;
    case Kind::kState:
      add_state(record);
      break;
    case Kind::kLookUp:
      if (record.error == 0) {
        look_ups_[record.answer.substr(0, record.answer.find(' '))] = record;
      }
      break;
    default:
      break;
  }
  events.push_back(record);
}

Connection& Model::current(std::uint32_t socket) {
  const auto found = current_.find(socket);
  if (found != current_.end()) return connections[found->second];
  current_[socket] = connections.size();
  Connection& fresh = connections.emplace_back();
  fresh.socket = socket;
  return fresh;
}

void Model::add_state(const Record& record) {
  // A socket may connect again after a failure, and a datagram socket gets one link after another.
  const auto known = current_.find(record.socket);
  const bool again = known != current_.end() && connections[known->second].over &&
                     record.state == State::kConnecting;
  if (again) current_.erase(known);
  Connection& connection = current(record.socket);
  if (record.link >= 0) connection.link = record.link;
  if (record.peer != Endpoint{}) connection.peer = record.peer;
  if (record.local != Endpoint{}) connection.local = record.local;
  connection.udp = connection.udp || record.udp;
  connection.end = record.time;
  switch (record.state) {
    case State::kConnecting: {
      connection.connecting = record.time;
      const auto asked = look_ups_.find(record.peer.ip.to_string());
      if (asked == look_ups_.end()) break;
      connection.name = asked->second.text;
      // Only the first connection has waited for it.
      connection.looked_up_from = std::exchange(asked->second.start, 0);
      connection.looked_up_to = connection.looked_up_from == 0 ? 0 : asked->second.time;
      break;
    }
    case State::kOpen:
      connection.open = record.time;
      connection.accepted = record.text == "accepted";
      connection.listens = record.text == "listening";
      flows_.add(record);
      break;
    case State::kFailed:
    case State::kEnded:
      connection.error = record.error;
      connection.why = record.text;
      connection.over = true;
      break;
    case State::kClosed:
      connection.over = true;
      break;
    case State::kNone:
    case State::kClosing:
      break;
  }
}

void Model::add_packet(const trace::Item& item) {
  const auto packet = trace::parse_packet(item.bytes);
  if (!packet || packet->payload_size == 0) return;
  const bool sends = item.direction == trace::Direction::kOut;
  const Endpoint& local = sends ? packet->from : packet->to;
  const Endpoint& peer = sends ? packet->to : packet->from;
  const auto socket = flows_.socket(packet->udp, local, peer);
  if (!socket) return;
  Connection& connection = current(*socket);
  if (packet->udp && connection.peer == Endpoint{}) connection.peer = peer;
  connection.end = item.time;
  if (sends) {
    connection.bytes_out += packet->payload_size;
    return;
  }
  connection.bytes_in += packet->payload_size;
  if (connection.first_byte == 0) connection.first_byte = item.time;
}

}  // namespace a7600::tracer
