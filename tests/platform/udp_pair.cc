// SPDX-License-Identifier: MIT
// Fact: an unconnected, auto-bound AF_UNIX datagram socket does for a UDP socket, when each remote
// ip:port has a sending socket whose name encodes it:
//   - read gives the plain payload, recvfrom also the name; zero-length datagrams, MSG_TRUNC's
//     return value and FIONREAD are UDP's;
//   - sendto a name goes to its socket; to a name that nobody has, ECONNREFUSED (make it, repeat);
//   - after a kernel connect to a name, write goes there, and others' sends fail with EPERM: UDP's
//     peer filter (the engine drops what was refused so);
//   - net.unix.max_dgram_qlen + 1 = 11 datagrams are queued, then EAGAIN; but the socket that the
//     app is connected to has no such limit, only its own SO_SNDBUF;
//   - an unconnected write says ENOTCONN, where UDP says EDESTADDRREQ: the client mends it.
// Relied on by: lib/client (UDP), lib/engine (UDP).
// Seen on: 5.10, 6.1, 6.18.
#include "pairs.h"

using namespace platform;

namespace {

Name remote_name(const char* remote) {
  return Name("a7600/platform/" + std::to_string(::getpid()) + "/" + remote);
}

int datagram_socket() {
  return ok_fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
}

int remote_socket(const char* remote) {
  const int fd = datagram_socket();
  const Name name = remote_name(remote);
  ok(::bind(fd, name.get(), name.length), "bind");
  return fd;
}

// An address of just the family asks the kernel for a name.
Name auto_bind(int fd) {
  Name name;
  name.address.sun_family = AF_UNIX;
  ok(::bind(fd, name.get(), sizeof name.address.sun_family), "autobind");
  ok(::getsockname(fd, name.get(), &name.length), "getsockname");
  if (name.bytes().empty()) fail("autobind gave no name");
  return name;
}

ssize_t deliver(int remote, const Name& app, const char* data, size_t size) {
  return ::sendto(remote, data, size, 0, app.get(), app.length);
}

long queued_until_refused(int remote, const Name& app) {
  for (long count = 0; count < 10000; ++count) {
    if (deliver(remote, app, "data", 4) == 4) continue;
    expect_equal("errno of a full queue", errno, EAGAIN);
    return count;
  }
  fail("10,000 datagrams were queued");
}

long system_limit() {
  long limit = 10;
  std::FILE* file = std::fopen("/proc/sys/net/unix/max_dgram_qlen", "re");
  if (file != nullptr && std::fscanf(file, "%ld", &limit) != 1)
    fail("max_dgram_qlen has no number");
  if (file != nullptr) std::fclose(file);
  return limit + 1;
}

}  // namespace

int main() {
  begin();
  char text[16];
  const int app = datagram_socket();
  const int one = remote_socket("192.0.2.1:53");
  const int two = remote_socket("192.0.2.2:53");
  const Name app_name = auto_bind(app);

  expect_result("write to nobody", ::write(app, "x", 1), -ENOTCONN);
  const int udp = ok_fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  expect_result("UDP's write to nobody", ::write(udp, "x", 1), -EDESTADDRREQ);

  expect_result("delivery", deliver(one, app_name, "data", 4), 4);
  expect_result("delivery", deliver(two, app_name, "more", 4), 4);
  expect_equal("FIONREAD: the first only", unread(app), 4);
  expect_result("read", ::read(app, text, sizeof text), 4);
  if (std::memcmp(text, "data", 4) != 0) fail("read gave %.4s, expected data", text);
  Name from;
  expect_result("recvfrom", ::recvfrom(app, text, 2, MSG_TRUNC, from.get(), &from.length), 4);
  if (from.bytes() != remote_name("192.0.2.2:53").bytes()) fail("it came from another name");
  expect_result("the empty queue", ::recv(app, text, sizeof text, 0), -EAGAIN);

  expect_result("delivery of nothing", deliver(one, app_name, "", 0), 0);
  expect_bits("with a zero-length datagram", bits(app), POLLIN | POLLOUT);
  expect_result("its recv", ::recv(app, text, sizeof text, 0), 0);
  expect_result("the empty queue", ::recv(app, text, sizeof text, 0), -EAGAIN);

  const Name unknown = remote_name("192.0.2.3:53");
  const auto send_to_unknown = [&] {
    return ::sendto(app, "ask", 3, 0, unknown.get(), unknown.length);
  };
  expect_result("sendto a name of nobody", send_to_unknown(), -ECONNREFUSED);
  const double spent = microseconds(2000, [&] {
    const int made = remote_socket("192.0.2.3:53");
    expect_result("sendto the name of a new socket", send_to_unknown(), 3);
    ::close(made);
  });

  const long limit = queued_until_refused(one, app_name);
  expect_equal("datagrams queued for an unconnected app", limit, system_limit());
  while (::recv(app, text, sizeof text, 0) >= 0) continue;

  const Name peer = remote_name("192.0.2.1:53");
  ok(::connect(app, peer.get(), peer.length), "connect");
  expect_result("delivery by another than the peer", deliver(two, app_name, "evil", 4), -EPERM);
  expect_result("delivery by the peer", deliver(one, app_name, "good", 4), 4);
  expect_result("read", ::read(app, text, sizeof text), 4);
  expect_result("write", ::write(app, "answer", 6), 6);
  expect_result("the peer's recvfrom", ::recvfrom(one, text, 16, 0, from.get(), &from.length), 6);
  if (from.bytes() != app_name.bytes()) fail("it came from another name than the app's");
  const long connected_limit = queued_until_refused(one, app_name);
  if (connected_limit <= limit) fail("a connected peer queued only %ld", connected_limit);
  while (::recv(app, text, sizeof text, 0) >= 0) continue;

  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  ok(::connect(app, &nobody, sizeof nobody), "disconnect");
  expect_result("delivery by anyone again", deliver(two, app_name, "data", 4), 4);
  std::printf("queued: %ld, from the connected peer %ld; socket, bind, sendto, close %.1f us\n",
              limit, connected_limit, spent);
}
