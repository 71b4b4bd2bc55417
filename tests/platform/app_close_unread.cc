// SPDX-License-Identifier: MIT
// Fact: the engine can tell from its end how the app left, and never loses what the app had sent:
//   app's close with data unread   sent data, then ECONNRESET, then 0; ERR and HUP   -> send
//   RST-like app's plain close              sent data, then 0; HUP                            ->
//   send FIN app's shutdown(SHUT_WR)        sent data, then 0; RDHUP without HUP; sends go on ->
//   local only app's shutdown(SHUT_RD)        no bit of IN or HUP; the engine's send says EPIPE ->
//   drop what comes
// Relied on by: lib/engine (local close).
// Seen on: 5.10, 6.1, 6.18.
#include "pairs.h"

using namespace platform;

namespace {

void sent_data_comes_first(const char* what, int engine) {
  char text[8];
  expect_result(what, ::recv(engine, text, sizeof text, 0), 4);
}

}  // namespace

int main() {
  begin();
  char text[8];

  Pair pair = unix_pair();
  ok(::write(pair.app, "sent", 4), "write");
  ok(::write(pair.engine, "unread", 6), "write");
  ::close(pair.app);
  expect_bits("app closed with data unread", bits(pair.engine),
              POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
  sent_data_comes_first("app closed with data unread", pair.engine);
  expect_result("then", ::recv(pair.engine, text, sizeof text, 0), -ECONNRESET);
  expect_result("then", ::recv(pair.engine, text, sizeof text, 0), 0);
  ::close(pair.engine);

  pair = unix_pair();
  ok(::write(pair.app, "sent", 4), "write");
  ::close(pair.app);
  expect_bits("app closed", bits(pair.engine), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
  sent_data_comes_first("app closed", pair.engine);
  expect_result("then", ::recv(pair.engine, text, sizeof text, 0), 0);
  expect_result("send to a closed app", ::send(pair.engine, "x", 1, 0), -EPIPE);
  ::close(pair.engine);

  pair = unix_pair();
  ok(::write(pair.app, "sent", 4), "write");
  ok(::shutdown(pair.app, SHUT_WR), "shutdown");
  expect_bits("app's SHUT_WR", bits(pair.engine), POLLIN | POLLOUT | POLLRDHUP);
  sent_data_comes_first("app's SHUT_WR", pair.engine);
  expect_result("then", ::recv(pair.engine, text, sizeof text, 0), 0);
  expect_result("send after app's SHUT_WR", ::send(pair.engine, "more", 4, 0), 4);
  expect_result("app reads on", ::read(pair.app, text, sizeof text), 4);
  close_pair(pair);

  pair = unix_pair();
  ok(::shutdown(pair.app, SHUT_RD), "shutdown");
  expect_bits("app's SHUT_RD", bits(pair.engine), POLLOUT);
  expect_result("send after app's SHUT_RD", ::send(pair.engine, "x", 1, 0), -EPIPE);
  expect_result("app writes on", ::write(pair.app, "sent", 4), 4);
  sent_data_comes_first("app's SHUT_RD", pair.engine);
  close_pair(pair);
}
