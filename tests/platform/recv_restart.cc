// SPDX-License-Identifier: MIT
// Fact: a blocking recv on a unix socket meets signals exactly as a blocking TCP connect does, so a
// wait inside one has connect's behaviour with no code (poll never restarts, it always says EINTR):
//   no timeout set, handler with SA_RESTART      sleeps on
//   no timeout set, handler without              EINTR
//   SO_RCVTIMEO / SO_SNDTIMEO set, SA_RESTART    EINTR all the same
//   that timeout over                            recv EAGAIN, connect EINPROGRESS: to be mapped
// Relied on by: lib/client (blocking waits).
// Seen on: 5.10, 6.1, 6.18.
#include <sys/syscall.h>
#include <sys/time.h>

#include <functional>

#include "pairs.h"

using namespace platform;

namespace {

int g_handled[2];  // a pipe: one byte per signal

void install_handler(int flags) {
  struct sigaction action {};
  action.sa_handler = [](int) { ok(::write(g_handled[1], "x", 1), "write"); };
  action.sa_flags = flags;
  ok(::sigaction(SIGUSR1, &action, nullptr), "sigaction");
}

// A call that sleeps, on a socket of its own; `finish` makes it return.
struct Sleeper {
  int fd;
  int timeout_option;
  std::function<ssize_t()> call;
  std::function<void()> finish;
};

Sleeper sleeping_recv() {
  const Pair pair = unix_pair();
  const auto call = [fd = pair.app] {
    char byte;
    return ::recv(fd, &byte, 1, 0);
  };
  return {pair.app, SO_RCVTIMEO, call, [fd = pair.engine] { ok(::write(fd, "x", 1), "write"); }};
}

// A listener with a backlog of 0 takes one connection and leaves the next in SYN_SENT.
Sleeper sleeping_connect() {
  static sockaddr_in address;
  const int listener = tcp_bound(address);
  ok(::listen(listener, 0), "listen");
  const auto connect = [](int fd) {
    return ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  };
  ok(connect(ok_fd(::socket(AF_INET, SOCK_STREAM, 0), "socket")), "connect");
  const int fd = ok_fd(::socket(AF_INET, SOCK_STREAM, 0), "socket");
  return {fd, SO_SNDTIMEO, [=] { return ssize_t{connect(fd)}; },
          [fd] { ok(::shutdown(fd, SHUT_RDWR), "shutdown"); }};  // ECONNABORTED
}

void set_timeout(const Sleeper& sleeper, timeval value) {
  ok(::setsockopt(sleeper.fd, SOL_SOCKET, sleeper.timeout_option, &value, sizeof value), "timeout");
}

// 0 when the call sleeps on after a signal, or its negated errno.
long after_signal(const Sleeper& sleeper, int handler_flags) {
  install_handler(handler_flags);
  BlockedCall call(sleeper.call);
  if (!call.sleeps()) fail("the call didn't sleep: %ld", call.outcome());
  ok(::syscall(SYS_tgkill, ::getpid(), call.task(), SIGUSR1), "tgkill");
  char byte;
  ok(::read(g_handled[0], &byte, 1), "read");
  if (!call.sleeps()) return call.outcome();
  sleeper.finish();
  call.outcome();
  return 0;
}

void compare(const char* name, Sleeper (*make)(), long timed_out) {
  char what[64];
  const auto check = [&](const char* kase, long seen, long wanted) {
    std::snprintf(what, sizeof what, "%s, %s", name, kase);
    expect_equal(what, seen, wanted);
  };
  check("SA_RESTART", after_signal(make(), SA_RESTART), 0);
  check("no SA_RESTART", after_signal(make(), 0), -EINTR);
  Sleeper sleeper = make();
  set_timeout(sleeper, {10, 0});
  check("SA_RESTART with a timeout", after_signal(sleeper, SA_RESTART), -EINTR);
  sleeper = make();
  set_timeout(sleeper, {0, 20000});
  check("timeout over", BlockedCall(sleeper.call).outcome(), timed_out);
}

}  // namespace

int main() {
  begin();
  ok(::pipe2(g_handled, O_CLOEXEC), "pipe2");
  compare("recv", sleeping_recv, -EAGAIN);
  compare("connect", sleeping_connect, -EINPROGRESS);
}
