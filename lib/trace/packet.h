// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/ipv4.h"
#include "trace/pcapng.h"

namespace a7600::trace {

// The headers that a packet on the wire would have: IPv4, and TCP or UDP, with right checksums.
struct Headers {
  std::array<std::byte, 60> bytes{};
  std::size_t size = 0;
  std::span<const std::byte> span() const { return std::span(bytes).first(size); }
};

// A payload must fit into an IPv4 packet.
inline constexpr std::size_t kLargestSegment = 32'768;

Headers udp_headers(const Endpoint& from, const Endpoint& to, std::span<const std::byte> payload);

// One TCP connection as a capture beside the module would have seen it. The module hides its
// segments, so the numbers are made up, but consistent: they count the bytes that were carried.
class TcpFlow {
 public:
  enum Flags : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16 };

  TcpFlow() = default;
  // `out` is the program's side.
  TcpFlow(const Endpoint& program, const Endpoint& peer) : program_(program), peer_(peer) {}

  // The headers of the next segment in `direction`. A SYN offers a window that is never full, since
  // nothing is known of the real one.
  Headers segment(Direction direction, std::uint8_t flags, std::span<const std::byte> payload);

  // Whether the receiver of `direction` would have acknowledged by now what it got.
  bool acknowledgement_due(Direction direction) const;

 private:
  struct Side {
    std::uint32_t next = 1'000'000;          // sequence number
    std::uint32_t acknowledged = 1'000'000;  // of the other side's
    bool heard = false;                      // the other side's numbers are known
  };
  Side& side(Direction direction) { return sides_[direction == Direction::kOut ? 0 : 1]; }
  const Side& side(Direction direction) const {
    return sides_[direction == Direction::kOut ? 0 : 1];
  }

  Endpoint program_;
  Endpoint peer_;
  std::array<Side, 2> sides_;
};

// A packet of a trace taken apart again. nullopt if it is not one of those above.
struct Parsed {
  bool udp = false;
  Endpoint from;
  Endpoint to;
  std::uint8_t flags = 0;  // TCP
  std::uint32_t sequence = 0;
  std::size_t payload_size = 0;        // as the headers say
  std::span<const std::byte> payload;  // as far as it was captured
};
std::optional<Parsed> parse_packet(std::span<const std::byte> packet);

}  // namespace a7600::trace
