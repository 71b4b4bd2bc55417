// SPDX-License-Identifier: MIT
#include "engine/dns.h"

#include <algorithm>

namespace a7600::engine::dns {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMostBytes = 512;
constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kRecord = 16;  // an A record with its name as a pointer
constexpr std::uint16_t kInternet = 1;
constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kAaaa = 28;
constexpr std::uint16_t kNameAtHeader = 0xc000 | kHeader;
constexpr std::uint32_t kSeconds = 60;  // how long an answer may be kept

// The header's bits, in the bytes that hold them.
constexpr std::byte kResponse{0x80};
constexpr std::byte kOpcode{0x78};
constexpr std::byte kRecursionDesired{0x01};
constexpr std::byte kRecursionAvailable{0x80};
constexpr std::byte kServerFailure{2};
constexpr std::byte kNameError{3};

std::uint16_t number_at(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8 |
                                    std::to_integer<unsigned>(bytes[at + 1]));
}

void put(std::vector<std::byte>& out, std::uint32_t value, int size) {
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::byte>(value >> shift & 0xff));
  }
}

void set_number(std::vector<std::byte>& bytes, std::size_t at, std::size_t value) {
  bytes[at] = static_cast<std::byte>(value >> 8 & 0xff);
  bytes[at + 1] = static_cast<std::byte>(value & 0xff);
}

}  // namespace

std::optional<Query> parse_query(std::span<const std::byte> datagram) {
  if (datagram.size() < kHeader || datagram.size() > kMostBytes) return std::nullopt;
  const bool is_query = (datagram[2] & (kResponse | kOpcode)) == std::byte{0};
  const bool one_question = number_at(datagram, 4) == 1 && number_at(datagram, 6) == 0;
  if (!is_query || !one_question) return std::nullopt;
  Query out;
  std::size_t at = kHeader;
  for (;;) {
    if (at >= datagram.size()) return std::nullopt;
    const auto size = std::to_integer<std::size_t>(datagram[at++]);
    if (size == 0) break;
    // A longer one is a pointer, which a question needs not.
    if (size > kLongestLabel || at + size > datagram.size()) return std::nullopt;
    if (!out.name.empty()) out.name += '.';
    for (const std::byte each : datagram.subspan(at, size)) {
      out.name += static_cast<char>(each);
    }
    at += size;
  }
  if (out.name.size() > kLongestName || at + 4 > datagram.size()) return std::nullopt;
  const bool is_internet = number_at(datagram, at + 2) == kInternet;
  out.wants_ipv4 = is_internet && number_at(datagram, at) == kA;
  out.wants_ipv6 = is_internet && number_at(datagram, at) == kAaaa;
  const auto head = datagram.first(at + 4);
  out.head.assign(head.begin(), head.end());
  return out;
}

std::vector<std::byte> answer(const Query& query, Outcome outcome,
                              std::span<const Ipv4> addresses) {
  std::vector<std::byte> out = query.head;
  const std::size_t count = std::min(addresses.size(), (kMostBytes - out.size()) / kRecord);
  out[2] = kResponse | (out[2] & kRecursionDesired);
  out[3] = kRecursionAvailable;
  if (outcome == Outcome::kNoSuchName) out[3] |= kNameError;
  if (outcome == Outcome::kFailed) out[3] |= kServerFailure;
  set_number(out, 6, count);
  set_number(out, 8, 0);
  set_number(out, 10, 0);
  for (const Ipv4& address : addresses.first(count)) {
    put(out, kNameAtHeader, 2);
    put(out, kA, 2);
    put(out, kInternet, 2);
    put(out, kSeconds, 4);
    put(out, sizeof(address.value), 2);
    put(out, address.value, 4);
  }
  return out;
}

}  // namespace a7600::engine::dns
