// SPDX-License-Identifier: MIT
// Fact: on a connected TCP socket recvfrom and recvmsg with room for an address return none: the
// length becomes 0. A unix stream pair does the same only while the sending end has no name: if it
// is bound (see pair_name.cc), they return that name. So the client must not hand the program's
// address buffer to the kernel for a named pair.
// Relied on by: lib/client (recvfrom, recvmsg).
// Seen on: 5.10, 6.1, 6.18.
#include "pairs.h"

using namespace platform;

namespace {

struct Lengths {
  socklen_t recvfrom;
  socklen_t recvmsg;
  socklen_t at_end;  // of a recvfrom that returns 0, the end of the stream
};

Lengths address_lengths(const Pair& pair) {
  ok(::write(pair.engine, "ab", 2), "write");
  ok(::shutdown(pair.engine, SHUT_WR), "shutdown");
  char byte;
  Name name;
  expect_result("recvfrom", ::recvfrom(pair.app, &byte, 1, 0, name.get(), &name.length), 1);
  Lengths lengths{name.length, 0, 0};

  iovec part{&byte, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_name = &name.address;
  message.msg_namelen = sizeof name.address;
  expect_result("recvmsg", ::recvmsg(pair.app, &message, 0), 1);
  lengths.recvmsg = message.msg_namelen;

  name.length = sizeof name.address;
  expect_result("the end", ::recvfrom(pair.app, &byte, 1, 0, name.get(), &name.length), 0);
  lengths.at_end = name.length;
  return lengths;
}

void expect_lengths(const char* what, const Lengths& seen, const Lengths& wanted) {
  expect_equal(what, seen.recvfrom, wanted.recvfrom);
  expect_equal(what, seen.recvmsg, wanted.recvmsg);
  expect_equal(what, seen.at_end, wanted.at_end);
}

}  // namespace

int main() {
  begin();
  expect_lengths("TCP", address_lengths(tcp_pair()), {0, 0, 0});
  expect_lengths("pair", address_lengths(unix_pair()), {0, 0, 0});

  const Name name("a7600/platform/stream_address/" + std::to_string(::getpid()));
  const socklen_t length = name.length;
  const Pair named = unix_pair();
  ok(::bind(named.engine, name.get(), name.length), "bind");
  expect_lengths("pair with a named engine end", address_lengths(named), {length, length, 0});

  const Pair own = unix_pair();
  const Name own_name("a7600/platform/own_address/" + std::to_string(::getpid()));
  ok(::bind(own.app, own_name.get(), own_name.length), "bind");
  expect_lengths("pair with a named app end", address_lengths(own), {0, 0, 0});
}
