// SPDX-License-Identifier: MIT
// Fact: when the last holder of the engine's end closes it with the gate's filler unread, poll says
// IN|OUT|ERR|HUP|RDHUP on the app's end: the very bits of a TCP socket whose non-blocking connect
// was refused. Nothing is seen while another descriptor still holds the engine's end. Taking
// SO_ERROR clears ERR on both, and then read gives 0 and write EPIPE. Differs from TCP: SO_ERROR
// and a read that comes instead of it say ECONNRESET, not ECONNREFUSED, so the client answers
// SO_ERROR (and takes the kernel's with it); a write that comes instead of it says EPIPE, with
// SIGPIPE, where TCP says ECONNREFUSED. Relied on by: lib/engine (a failed open), lib/client
// (SO_ERROR). Seen on: 5.10, 6.1, 6.18.
#include <sys/epoll.h>

#include <vector>

#include "pairs.h"

using namespace platform;

namespace {

constexpr int kRefused = POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP;

int pending_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  ok(::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length), "SO_ERROR");
  return error;
}

// An edge registration made before the end came, as a program's would be.
int watch(int fd) {
  const int epoll = ok_fd(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  ok(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll ADD");
  return epoll;
}

// The bits that epoll tells within the wait, 0 for none.
int told(int epoll, int wait_ms) {
  epoll_event event{};
  ok(::epoll_wait(epoll, &event, 1, wait_ms), "epoll_wait");
  return static_cast<int>(event.events);
}

int refused_tcp() {
  sockaddr_in nobody;
  const int bound = tcp_bound(nobody);
  const int fd = ok_fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
  const int result = ::connect(fd, reinterpret_cast<sockaddr*>(&nobody), sizeof nobody);
  expect_result("connect to a closed port", result, -EINPROGRESS);
  expect_bits("TCP refused, poll", bits(fd, POLLERR), kRefused);
  expect_bits("TCP refused, epoll", told(watch(fd), kPatienceMs), kRefused);
  ::close(bound);
  return fd;
}

int refused_pair() {
  const Pair pair = unix_pair();
  set_option(pair.app, SO_SNDBUF, 16384);
  const std::vector<char> filler(1 << 18);
  ok(::send(pair.app, filler.data(), filler.size(), MSG_DONTWAIT), "send");
  const int epoll = watch(pair.app);
  const int other_holder = ok_fd(::dup(pair.engine), "dup");
  ::close(pair.engine);
  expect_bits("pair, one of two holders closed, poll", bits(pair.app), 0);
  expect_bits("pair, one of two holders closed, epoll", told(epoll, 0), 0);
  ::close(other_holder);
  expect_bits("pair refused, epoll", told(epoll, 0), kRefused);
  expect_bits("pair refused, poll", bits(pair.app), kRefused);
  ::close(epoll);
  return pair.app;
}

// `error` is what SO_ERROR says, `write_error` what a write says that comes before all else.
void ask_all(const char* what, int (*refused)(), int error, int write_error) {
  char byte;
  int fd = refused();
  expect_equal(what, pending_error(fd), error);
  expect_bits(what, bits(fd), kRefused & ~POLLERR);
  expect_result(what, ::read(fd, &byte, 1), 0);
  expect_result(what, ::write(fd, "x", 1), -EPIPE);
  ::close(fd);
  fd = refused();
  expect_result(what, ::read(fd, &byte, 1), -error);
  expect_result(what, ::read(fd, &byte, 1), 0);
  ::close(fd);
  fd = refused();
  expect_result(what, ::write(fd, "x", 1), -write_error);
  ::close(fd);
}

}  // namespace

int main() {
  begin();
  ask_all("TCP refused", refused_tcp, ECONNREFUSED, ECONNREFUSED);
  ask_all("pair refused", refused_pair, ECONNRESET, EPIPE);
}
