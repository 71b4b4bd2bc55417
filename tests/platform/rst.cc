// SPDX-License-Identifier: MIT
// Fact: an engine that closes its end with a byte of the app's unread gives the app what TCP's RST
// gives: queued data first, then ECONNRESET once, then 0 from read and EPIPE from write; the bits
// have ERR and HUP. A byte can be held back for that: MSG_PEEK reads it while it stays queued, and
// later reads it again in front of what is new, in one call. With nothing unread,
// shutdown(SHUT_RDWR) is the nearest: 0 and EPIPE. Differs from TCP: a write before any read says
// EPIPE at once and leaves the ECONNRESET to the read; TCP gives the ECONNRESET to whichever comes
// first. Relied on by: lib/engine (remote reset, timeouts of an open link). Seen
// on: 5.10, 6.1, 6.18.
#include "pairs.h"

using namespace platform;

namespace {

constexpr int kReset = POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP;

// A connection that was reset with "last" still queued for the app.
int reset_pair() {
  const Pair pair = unix_pair();
  ok(::write(pair.app, "x", 1), "write");
  ok(::write(pair.engine, "last", 4), "write");
  ::close(pair.engine);
  return pair.app;
}

int reset_tcp() {
  const Pair pair = tcp_pair();
  ok(::write(pair.engine, "last", 4), "write");
  bits(pair.app, POLLIN);
  const linger abort{1, 0};
  ok(::setsockopt(pair.engine, SOL_SOCKET, SO_LINGER, &abort, sizeof abort), "SO_LINGER");
  ::close(pair.engine);
  return pair.app;
}

void data_then_reset_once(const char* what, int app) {
  char text[8];
  expect_bits(what, bits(app, POLLERR), kReset);
  expect_result(what, ::read(app, text, sizeof text), 4);
  expect_result(what, ::read(app, text, sizeof text), -ECONNRESET);
  expect_result(what, ::read(app, text, sizeof text), 0);
  expect_result(what, ::write(app, "x", 1), -EPIPE);
  ::close(app);
}

void write_first(const char* what, int app, int first) {
  char text[8];
  bits(app, POLLERR);
  expect_result(what, ::write(app, "x", 1), first);
  expect_result(what, ::write(app, "x", 1), -EPIPE);
  expect_result(what, ::read(app, text, sizeof text), 4);
  expect_result(what, ::read(app, text, sizeof text), first == -EPIPE ? -ECONNRESET : 0);
  ::close(app);
}

// Reads everything, in order, while the newest byte stays in the queue.
void one_byte_kept_back() {
  const Pair pair = unix_pair();
  char text[8] = {};
  ok(::write(pair.app, "abc", 3), "write");
  expect_result("peek", ::recv(pair.engine, text, sizeof text, MSG_PEEK), 3);
  expect_result("drop all but one", ::recv(pair.engine, text, 2, 0), 2);
  ok(::write(pair.app, "de", 2), "write");
  ok(::write(pair.app, "f", 1), "write");
  expect_result("peek on", ::recv(pair.engine, text, sizeof text, MSG_PEEK), 4);
  if (std::memcmp(text, "cdef", 4) != 0) fail("peeking on gave %.4s, expected cdef", text);
  expect_result("drop all but one", ::recv(pair.engine, text, 3, 0), 3);
  expect_equal("kept back", unread(pair.engine), 1);
  ::close(pair.engine);
  expect_result("read after the kept byte's close", ::read(pair.app, text, 1), -ECONNRESET);
  ::close(pair.app);
}

void nothing_unread() {
  const Pair pair = unix_pair();
  char text[8];
  ok(::shutdown(pair.engine, SHUT_RDWR), "shutdown");
  expect_bits("SHUT_RDWR", bits(pair.app), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
  expect_result("read after SHUT_RDWR", ::read(pair.app, text, 1), 0);
  expect_result("write after SHUT_RDWR", ::write(pair.app, "x", 1), -EPIPE);
  close_pair(pair);
}

}  // namespace

int main() {
  begin();
  data_then_reset_once("pair reset", reset_pair());
  data_then_reset_once("TCP reset", reset_tcp());
  write_first("pair reset, write first", reset_pair(), -EPIPE);
  write_first("TCP reset, write first", reset_tcp(), -ECONNRESET);
  one_byte_kept_back();
  nothing_unread();
}
