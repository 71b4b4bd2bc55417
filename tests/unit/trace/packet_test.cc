// SPDX-License-Identifier: MIT
#include "trace/packet.h"

#include <catch2/catch.hpp>
#include <string>

using namespace a7600;
using namespace a7600::trace;

namespace {

const Endpoint kProgram{{0x0a941101}, 32768};
const Endpoint kPeer{{0xcb007107}, 80};

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string packet(const Headers& headers, const std::string& payload) {
  const auto head = headers.span();
  return std::string(reinterpret_cast<const char*>(head.data()), head.size()) + payload;
}

// RFC 1071 as it is written there: two bytes at a time.
unsigned sum(const std::string& data, unsigned start) {
  unsigned total = start;
  for (std::size_t i = 0; i < data.size(); i += 2) {
    total += static_cast<unsigned char>(data[i]) * 256U;
    if (i + 1 < data.size()) total += static_cast<unsigned char>(data[i + 1]);
    total = (total & 0xffff) + (total >> 16);
  }
  return total;
}

void check_checksums(const std::string& whole, unsigned protocol) {
  CHECK(sum(whole.substr(0, 20), 0) == 0xffff);
  const std::string transport = whole.substr(20);
  const auto size = static_cast<unsigned>(transport.size());
  CHECK(sum(whole.substr(12, 8) + transport, protocol + size) == 0xffff);
}

Parsed parsed(const std::string& whole) {
  const auto out = parse_packet(bytes(whole));
  REQUIRE(out);
  return *out;
}

}  // namespace

TEST_CASE("headers have right checksums for payloads of any length") {
  TcpFlow flow(kProgram, kPeer);
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string payload(size, '\xfe');
    check_checksums(packet(flow.segment(Direction::kOut, TcpFlow::kPsh, bytes(payload)), payload),
                    6);
    check_checksums(packet(udp_headers(kProgram, kPeer, bytes(payload)), payload), 17);
  }
  check_checksums(packet(flow.segment(Direction::kIn, TcpFlow::kSyn, {}), ""), 6);
}

TEST_CASE("a connection's numbers count its bytes") {
  TcpFlow flow(kProgram, kPeer);
  const auto syn = parsed(packet(flow.segment(Direction::kOut, TcpFlow::kSyn, {}), ""));
  CHECK(syn.flags == TcpFlow::kSyn);
  CHECK(syn.from == kProgram);
  CHECK(syn.to == kPeer);
  const auto back = parsed(packet(flow.segment(Direction::kIn, TcpFlow::kSyn, {}), ""));
  CHECK(back.flags == (TcpFlow::kSyn | TcpFlow::kAck));
  CHECK(back.from == kPeer);
  flow.segment(Direction::kOut, TcpFlow::kAck, {});
  const auto data =
      parsed(packet(flow.segment(Direction::kOut, TcpFlow::kPsh, bytes("hello")), "hello"));
  CHECK(data.sequence == syn.sequence + 1);
  CHECK(data.payload_size == 5);
  const auto fin = parsed(packet(flow.segment(Direction::kOut, TcpFlow::kFin, {}), ""));
  CHECK(fin.sequence == data.sequence + 5);
}

TEST_CASE("what is long unacknowledged is due to be acknowledged") {
  TcpFlow flow(kProgram, kPeer);
  flow.segment(Direction::kOut, TcpFlow::kSyn, {});
  flow.segment(Direction::kIn, TcpFlow::kSyn, {});
  flow.segment(Direction::kOut, TcpFlow::kAck, {});
  const std::string payload(1500, 'x');
  int sent = 0;
  while (!flow.acknowledgement_due(Direction::kIn)) {
    flow.segment(Direction::kIn, TcpFlow::kPsh, bytes(payload));
    REQUIRE(++sent < 100);
  }
  CHECK(sent > 10);
  flow.segment(Direction::kOut, TcpFlow::kAck, {});
  CHECK_FALSE(flow.acknowledgement_due(Direction::kIn));
}

TEST_CASE("a packet whose payload was limited says how long it was") {
  TcpFlow flow(kProgram, kPeer);
  const std::string payload(100, 'x');
  const auto cut = packet(flow.segment(Direction::kOut, TcpFlow::kPsh, bytes(payload)), "xxx");
  CHECK(parsed(cut).payload_size == 100);
  CHECK(parsed(cut).payload.size() == 3);
}

TEST_CASE("what is no packet is not read beyond its end") {
  TcpFlow flow(kProgram, kPeer);
  const std::string whole = packet(flow.segment(Direction::kOut, TcpFlow::kSyn, {}), "");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    parse_packet(bytes(cut));
  }
  std::string wrong = whole;
  wrong[0] = 0x46;
  CHECK_FALSE(parse_packet(bytes(wrong)));
  wrong = whole;
  wrong[32] = '\xf0';  // a header of 60 bytes
  CHECK_FALSE(parse_packet(bytes(wrong)));
}
