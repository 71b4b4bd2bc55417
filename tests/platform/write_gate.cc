// SPDX-License-Identifier: MIT
// Fact: an AF_UNIX stream end whose small send buffer was filled by one non-blocking send is not
// writable for anyone, and becomes writable once, for every kind of waiter that was registered
// before, when the other end reads that filler in one go. That is TCP's SYN_SENT and its end.
//   - SO_SNDBUF 16384, one MSG_DONTWAIT send: a partial count, equal to FIONREAD on the other end;
//   - poll, select and epoll show nothing, a non-blocking write says EAGAIN, a blocking one sleeps;
//   - one recv of the filler: exactly one event for edge and oneshot, also exclusive, dup'd,
//   forked;
//   - trap: a larger buffer's filler opens it two or three times for an edge waiter (131072: 2,
//     212992: 3; raise kGateBuffer to see the count), so keep 16384;
//   - trap: raising SO_SNDBUF opens the gate, so the client remembers the value and doesn't set it.
// Relied on by: lib/client (socket, connect, listen), lib/engine (pair).
// Seen on: 5.10, 6.1, 6.18.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>

#include <vector>

#include "pairs.h"

using namespace platform;

namespace {

constexpr int kGateBuffer = 16384;

size_t close_gate(const Pair& pair) {
  static const std::vector<char> filler(1 << 18);
  set_option(pair.app, SO_SNDBUF, kGateBuffer);
  const ssize_t length = ok(::send(pair.app, filler.data(), filler.size(), MSG_DONTWAIT), "send");
  if (length >= 1 << 18) fail("the filler of %zd bytes went out whole", length);
  return static_cast<size_t>(length);
}

void open_gate(const Pair& pair, size_t length) {
  std::vector<char> filler(length);
  expect_result("one recv of the filler", ::recv(pair.engine, filler.data(), length, 0),
                static_cast<long>(length));
}

void closed_gate_shows_nothing() {
  const Pair pair = unix_pair();
  const size_t length = close_gate(pair);
  expect_equal("FIONREAD on the engine's end", unread(pair.engine), static_cast<long>(length));
  expect_bits("poll at a closed gate", bits(pair.app), 0);
  fd_set writable;
  FD_ZERO(&writable);
  FD_SET(pair.app, &writable);
  timeval now{};
  expect_equal("select", ::select(pair.app + 1, nullptr, &writable, nullptr, &now), 0);
  expect_result("non-blocking send", ::send(pair.app, "x", 1, MSG_DONTWAIT), -EAGAIN);
  BlockedCall write([&] { return ::write(pair.app, "x", 1); });
  if (!write.sleeps()) fail("a blocking write returned at a closed gate: %ld", write.outcome());
  open_gate(pair, length);
  expect_equal("the blocking write after the gate opened", write.outcome(), 1);
  expect_equal("what the engine reads next", unread(pair.engine), 1);
  expect_bits("poll after it", bits(pair.app), POLLOUT);
  close_pair(pair);
}

// How a program may have registered its socket before connect(2).
struct Registration {
  const char* name;
  uint32_t flags;
  bool duplicated;
  bool forked;  // waited for in a child that inherited both descriptors
  bool awake;   // the waiter asks without pause: two events close together count as two
};

constexpr Registration kRegistrations[] = {
    {"level", 0, false, false, false},
    {"edge", EPOLLET, false, false, false},
    {"edge, awake", EPOLLET, false, false, true},
    {"oneshot", EPOLLONESHOT, false, false, false},
    {"exclusive", EPOLLEXCLUSIVE, false, false, false},
    {"exclusive edge, awake", EPOLLEXCLUSIVE | EPOLLET, false, false, true},
    {"dup'd edge", EPOLLET, true, false, false},
    {"forked level", 0, false, true, false},
    {"forked edge", EPOLLET, false, true, false},
};

// Counts the gate's events until the marker, which is raised after the gate was opened. A level
// registration is taken out at its first event: it would be told for ever.
ssize_t count_events(int epoll, int watched, bool level, bool awake) {
  for (ssize_t count = 0;;) {
    epoll_event event{};
    const int ready = ::epoll_wait(epoll, &event, 1, awake ? 0 : kPatienceMs);
    if (ready == 0 && awake) continue;
    expect_equal("epoll_wait", ready, 1);
    if (event.data.fd != watched) return count;
    expect_bits("epoll's event", static_cast<int>(event.events), POLLOUT);
    ++count;
    if (level) ok(::epoll_ctl(epoll, EPOLL_CTL_DEL, watched, nullptr), "epoll DEL");
  }
}

void gate_opens_once(const Registration& registration) {
  const Pair pair = unix_pair();
  const size_t length = close_gate(pair);
  const int watched = registration.duplicated ? ok_fd(::dup(pair.app), "dup") : pair.app;
  const int marker = ok_fd(::eventfd(0, EFD_CLOEXEC), "eventfd");
  const int epoll = ok_fd(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  epoll_event event{};
  event.events = EPOLLOUT | registration.flags;
  event.data.fd = watched;
  ok(::epoll_ctl(epoll, EPOLL_CTL_ADD, watched, &event), registration.name);
  const bool level = (registration.flags & (EPOLLET | EPOLLONESHOT)) == 0;
  const auto count = [&] { return count_events(epoll, watched, level, registration.awake); };
  const auto open_and_mark = [&] {
    open_gate(pair, length);
    event = {};
    event.events = EPOLLIN;
    event.data.fd = marker;
    ok(::epoll_ctl(epoll, EPOLL_CTL_ADD, marker, &event), "epoll ADD");
    ok(::eventfd_write(marker, 1), "eventfd_write");
  };
  if (registration.forked) {
    const pid_t child = start_child([&] { expect_equal(registration.name, count(), 1); });
    wait_until_asleep(child);
    open_and_mark();
    expect_success(child);
  } else {
    BlockedCall waiter(count);
    while (waiter.task() == 0) ::sched_yield();
    if (!registration.awake && !waiter.sleeps()) {
      fail("%s: an event at a closed gate", registration.name);
    }
    open_and_mark();
    expect_equal(registration.name, waiter.outcome(), 1);
  }
  if (registration.duplicated) ::close(watched);
  ::close(marker);
  ::close(epoll);
  close_pair(pair);
}

void raised_buffer_opens_the_gate() {
  const Pair pair = unix_pair();
  close_gate(pair);
  set_option(pair.app, SO_SNDBUF, 212992);
  expect_bits("poll after SO_SNDBUF was raised", bits(pair.app), POLLOUT);
  close_pair(pair);
}

// Unread one-byte writes until poll says no: why the buffer is not made smaller still.
int tiny_writes(int buffer) {
  const Pair pair = unix_pair();
  set_option(pair.app, SO_SNDBUF, buffer);
  int count = 0;
  while (bits(pair.app) == POLLOUT) count += static_cast<int>(ok(::write(pair.app, "x", 1), ""));
  close_pair(pair);
  return count;
}

}  // namespace

int main() {
  begin();
  closed_gate_shows_nothing();
  for (const Registration& registration : kRegistrations) {
    for (int turn = 0; turn < 20; ++turn) gate_opens_once(registration);
  }
  raised_buffer_opens_the_gate();
  const Pair pair = unix_pair();
  const size_t length = close_gate(pair);
  open_gate(pair, length);
  const double spent = microseconds(2000, [&] { open_gate(pair, close_gate(pair)); });
  std::printf(
      "filler of %zu bytes; closing and opening %.1f us; unread one-byte writes that fit: "
      "%d at SO_SNDBUF 16384, %d at 8192, %d at 4608\n",
      length, spent, tiny_writes(kGateBuffer), tiny_writes(8192), tiny_writes(4608));
}
