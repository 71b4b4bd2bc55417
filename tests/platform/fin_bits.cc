// SPDX-License-Identifier: MIT
// Fact: shutdown(SHUT_WR) on the engine's end looks on the app's end like a TCP peer's FIN:
// IN|OUT|RDHUP and no HUP, queued data first, then 0 for ever, and a later write still succeeds.
// A plain close of the engine's end adds HUP, which TCP doesn't, and refuses the write: so the
// engine must not close at a FIN.
// Relied on by: lib/engine (remote close).
// Seen on: 5.10, 6.1, 6.18.
#include "pairs.h"

using namespace platform;

namespace {

constexpr int kFin = POLLIN | POLLOUT | POLLRDHUP;

void reads_as_ended(const char* what, const Pair& pair, int expected_bits) {
  char text[8];
  expect_bits(what, bits(pair.app, POLLRDHUP), expected_bits);
  expect_result(what, ::read(pair.app, text, sizeof text), 4);
  expect_bits(what, bits(pair.app), expected_bits);
  expect_result(what, ::read(pair.app, text, sizeof text), 0);
  expect_result(what, ::read(pair.app, text, sizeof text), 0);
}

}  // namespace

int main() {
  begin();
  const Pair half = unix_pair();
  ok(::write(half.engine, "last", 4), "write");
  ok(::shutdown(half.engine, SHUT_WR), "shutdown");
  reads_as_ended("pair, engine's SHUT_WR", half, kFin);
  expect_result("pair, write after it", ::write(half.app, "more", 4), 4);

  const Pair tcp = tcp_pair();
  ok(::write(tcp.engine, "last", 4), "write");
  ::close(tcp.engine);
  reads_as_ended("TCP, peer closed", tcp, kFin);
  expect_result("TCP, write after it", ::write(tcp.app, "more", 4), 4);

  const Pair closed = unix_pair();
  ok(::write(closed.engine, "last", 4), "write");
  ::close(closed.engine);
  reads_as_ended("pair, engine's close", closed, kFin | POLLHUP);
  expect_result("pair, write after close", ::write(closed.app, "more", 4), -EPIPE);
}
