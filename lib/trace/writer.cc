// SPDX-License-Identifier: MIT
#include "trace/writer.h"

#include <algorithm>
#include <array>

namespace a7600::trace {
namespace {

constexpr std::uint32_t kSerial = 0;
constexpr std::uint32_t kSockets = 1;

constexpr std::string_view kSecondPort = "second AT port";

constexpr std::uint8_t kSentEvent = 1;      // DATA_TX_START
constexpr std::uint8_t kReceivedEvent = 2;  // DATA_RX_START

using SerialHeader = std::array<std::byte, pcapng::kSerialHeader>;

SerialHeader serial_header(Direction direction, Time time) {
  SerialHeader out{};
  const auto seconds = static_cast<std::uint32_t>(time / 1'000'000'000);
  const auto micros = static_cast<std::uint32_t>(time / 1000 % 1'000'000);
  for (std::size_t i = 0; i < 4; ++i) {
    out[i] = static_cast<std::byte>(seconds >> (24 - 8 * i) & 0xff);
    out[4 + i] = static_cast<std::byte>(micros >> (24 - 8 * i) & 0xff);
  }
  out[8] = static_cast<std::byte>(direction == Direction::kOut ? kSentEvent : kReceivedEvent);
  return out;
}

}  // namespace

std::string file_header(std::uint64_t baud) {
  std::string out;
  pcapng::append_header(out, "a7600sock", baud);
  return out;
}

void Writer::serial(AtPort port, Direction direction, std::span<const std::byte> bytes,
                    bool is_payload, Time time) {
  // Nothing secret is said at the second port.
  if (port == AtPort::kFirst && secrets_.any() && !is_payload) {
    masked_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    secrets_.mask(direction == Direction::kOut ? Secrets::kSent : Secrets::kReceived, masked_);
    bytes = std::as_bytes(std::span(masked_));
  }
  if (payload_ == kWholePayload) return serial_packet(port, direction, bytes, bytes.size(), time);
  if (direction == Direction::kOut) {
    return serial_packet(port, direction, bytes, is_payload ? payload_ : bytes.size(), time);
  }
  for (const auto& piece : filters_[static_cast<std::size_t>(port)].cut(bytes)) {
    serial_packet(port, direction, piece.bytes, piece.payload ? payload_ : piece.bytes.size(),
                  time);
  }
}

void Writer::serial_packet(AtPort port, Direction direction, std::span<const std::byte> bytes,
                           std::size_t kept, Time time) {
  std::string* out = file_.begin_block();
  if (out == nullptr) return;
  const SerialHeader header = serial_header(direction, time);
  pcapng::append_packet(*out, kSerial, time, direction, header,
                        bytes.first(std::min(kept, bytes.size())), header.size() + bytes.size(),
                        port == AtPort::kFirst ? std::string_view() : kSecondPort);
}

void Writer::tcp_data(TcpFlow& flow, Direction direction, std::span<const std::byte> bytes,
                      Time time) {
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), kLargestSegment));
    bytes = bytes.subspan(part.size());
    ip_packet(direction, flow.segment(direction, TcpFlow::kPsh, part), part, time, {});
    if (!flow.acknowledgement_due(direction)) continue;
    tcp(flow, direction == Direction::kOut ? Direction::kIn : Direction::kOut, TcpFlow::kAck, time);
  }
}

void Writer::tcp(TcpFlow& flow, Direction direction, std::uint8_t flags, Time time,
                 std::string_view comment) {
  ip_packet(direction, flow.segment(direction, flags, {}), {}, time, comment);
}

void Writer::udp(Direction direction, const Endpoint& from, const Endpoint& to,
                 std::span<const std::byte> bytes, Time time) {
  bytes = bytes.first(std::min(bytes.size(), kLargestSegment));
  ip_packet(direction, udp_headers(from, to, bytes), bytes, time, {});
}

void Writer::ip_packet(Direction direction, const Headers& headers,
                       std::span<const std::byte> bytes, Time time, std::string_view comment) {
  std::string* out = file_.begin_block();
  if (out == nullptr) return;
  pcapng::append_packet(*out, kSockets, time, direction, headers.span(),
                        bytes.first(std::min(payload_, bytes.size())), headers.size + bytes.size(),
                        comment);
}

void Writer::name(Ipv4 address, std::string_view name) {
  if (std::string* out = file_.begin_block()) pcapng::append_name(*out, address, name);
}

void Writer::record(const Record& record) {
  std::string* out = file_.begin_block();
  if (out == nullptr) return;
  if (record.kind != Kind::kCommand) return pcapng::append_record(*out, record);
  Record shown = record;
  shown.text = masked(record.text);
  pcapng::append_record(*out, shown);
}

bool Writer::flush(Time time) {
  if (!file_.has_pending()) return true;
  if (!file_.flush()) return false;
  if (const std::uint64_t dropped = file_.take_dropped()) {
    Record note;
    note.kind = Kind::kDropped;
    note.time = time;
    note.bytes = dropped;
    record(note);
  }
  return true;
}

}  // namespace a7600::trace
