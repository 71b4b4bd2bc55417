// SPDX-License-Identifier: MIT
#include "trace/packet.h"

#include <bit>
#include <cstring>

namespace a7600::trace {
namespace {

constexpr std::size_t kIpHeader = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kTcpHeader = 20;
constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint32_t kAcknowledgeEvery = 32'768;

void put8(Headers& out, unsigned value) { out.bytes[out.size++] = static_cast<std::byte>(value); }
void put16(Headers& out, std::size_t value) {
  put8(out, static_cast<unsigned>(value >> 8 & 0xff));
  put8(out, static_cast<unsigned>(value & 0xff));
}
void put32(Headers& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

void set16(Headers& out, std::size_t at, std::uint16_t value) {
  out.bytes[at] = static_cast<std::byte>(value >> 8);
  out.bytes[at + 1] = static_cast<std::byte>(value & 0xff);
}

// The internet checksum's sum (RFC 1071), which is independent of the byte order: it is kept in
// the machine's and turned at the end. Eight bytes at a time, with the carries folded in.
std::uint64_t add(std::uint64_t sum, std::span<const std::byte> bytes) {
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof(word));
    sum += word;
    if (sum < word) ++sum;
    bytes = bytes.subspan(8);
  }
  std::uint64_t rest = 0;
  if (!bytes.empty()) std::memcpy(&rest, bytes.data(), bytes.size());
  sum += rest;
  if (sum < rest) ++sum;
  return sum;
}

std::uint16_t finish(std::uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  auto folded = static_cast<std::uint16_t>(~sum & 0xffff);
  if constexpr (std::endian::native == std::endian::little) {
    folded = static_cast<std::uint16_t>(folded << 8 | folded >> 8);
  }
  return folded;
}

void put_ip(Headers& out, std::uint8_t protocol, const Endpoint& from, const Endpoint& to,
            std::size_t size) {
  put8(out, 0x45);
  put8(out, 0);
  put16(out, kIpHeader + size);
  put16(out, 0);
  put16(out, 0x4000);  // don't fragment
  put8(out, 64);
  put8(out, protocol);
  put16(out, 0);
  put32(out, from.ip.value);
  put32(out, to.ip.value);
  set16(out, 10, finish(add(0, out.span())));
}

// Of the transport header behind `begin`, with the pseudo header before it.
std::uint16_t transport_checksum(const Headers& out, std::uint8_t protocol,
                                 std::span<const std::byte> payload) {
  Headers pseudo;
  put8(pseudo, 0);
  put8(pseudo, protocol);
  put16(pseudo, out.size - kIpHeader + payload.size());
  std::uint64_t sum = add(0, out.span().subspan(12));  // both addresses and the header itself
  sum = add(sum, pseudo.span());
  return finish(add(sum, payload));
}

std::uint16_t get16(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(bytes[at]) << 8 |
                                    static_cast<unsigned>(bytes[at + 1]));
}
std::uint32_t get32(std::span<const std::byte> bytes, std::size_t at) {
  return std::uint32_t{get16(bytes, at)} << 16 | get16(bytes, at + 2);
}

}  // namespace

Headers udp_headers(const Endpoint& from, const Endpoint& to, std::span<const std::byte> payload) {
  Headers out;
  const std::size_t size = kUdpHeader + payload.size();
  put_ip(out, kProtocolUdp, from, to, size);
  put16(out, from.port);
  put16(out, to.port);
  put16(out, size);
  put16(out, 0);
  const std::uint16_t sum = transport_checksum(out, kProtocolUdp, payload);
  set16(out, kIpHeader + 6, sum == 0 ? std::uint16_t{0xffff} : sum);
  return out;
}

Headers TcpFlow::segment(Direction direction, std::uint8_t flags,
                         std::span<const std::byte> payload) {
  const bool out_bound = direction == Direction::kOut;
  Side& sender = side(direction);
  Side& receiver = side(out_bound ? Direction::kIn : Direction::kOut);
  const bool syn = (flags & kSyn) != 0;
  const std::size_t options = syn ? 8 : 0;

  Headers out;
  put_ip(out, kProtocolTcp, out_bound ? program_ : peer_, out_bound ? peer_ : program_,
         kTcpHeader + options + payload.size());
  put16(out, out_bound ? program_.port : peer_.port);
  put16(out, out_bound ? peer_.port : program_.port);
  put32(out, sender.next);
  if (sender.heard) {
    flags = static_cast<std::uint8_t>(flags | kAck);
    sender.acknowledged = receiver.next;
  }
  put32(out, sender.heard ? sender.acknowledged : 0);
  put8(out, static_cast<unsigned>((kTcpHeader + options) / 4) << 4);
  put8(out, flags);
  put16(out, 65535);
  put16(out, 0);
  put16(out, 0);
  if (syn) {
    put32(out, 0x020405b4);  // MSS 1460
    put32(out, 0x0103030e);  // window scale 14
  }
  set16(out, kIpHeader + 16, transport_checksum(out, kProtocolTcp, payload));

  const bool counts = (flags & (kSyn | kFin)) != 0;
  sender.next += static_cast<std::uint32_t>(payload.size()) + (counts ? 1 : 0);
  receiver.heard = true;
  if (syn) receiver.acknowledged = sender.next;
  return out;
}

bool TcpFlow::acknowledgement_due(Direction direction) const {
  const Side& sender = side(direction);
  const Side& receiver = side(direction == Direction::kOut ? Direction::kIn : Direction::kOut);
  return sender.next - receiver.acknowledged >= kAcknowledgeEvery;
}

std::optional<Parsed> parse_packet(std::span<const std::byte> packet) {
  if (packet.size() < kIpHeader + kUdpHeader || packet[0] != std::byte{0x45}) return std::nullopt;
  const std::size_t total = get16(packet, 2);
  const auto protocol = static_cast<std::uint8_t>(packet[9]);
  Parsed out;
  out.udp = protocol == kProtocolUdp;
  if (!out.udp && protocol != kProtocolTcp) return std::nullopt;
  out.from = {{get32(packet, 12)}, get16(packet, 20)};
  out.to = {{get32(packet, 16)}, get16(packet, 22)};
  std::size_t header = kIpHeader + kUdpHeader;
  if (!out.udp) {
    if (packet.size() < kIpHeader + kTcpHeader) return std::nullopt;
    header = kIpHeader + static_cast<std::size_t>(packet[32] >> 4) * 4;
    out.sequence = get32(packet, 24);
    out.flags = static_cast<std::uint8_t>(packet[33]);
  }
  if (header > packet.size() || header > total) return std::nullopt;
  out.payload_size = total - header;
  out.payload = packet.subspan(header);
  if (out.payload.size() > out.payload_size) out.payload = out.payload.first(out.payload_size);
  return out;
}

}  // namespace a7600::trace
