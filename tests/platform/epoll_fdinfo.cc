// SPDX-License-Identifier: MIT
// Fact: /proc/self/fdinfo/<epfd> lists every registration of an epoll descriptor: the number it was
// made with (tfd), the event bits with ET, ONESHOT and EXCLUSIVE, and the 64-bit data. So another
// file can be put under a registered number (dup2) and registered again just as before. The old
// registration must be deleted first: it belongs to the file and outlives the dup2 while any other
// descriptor (dup, fork) keeps that file open. A oneshot that has fired shows its bits as gone.
// Relied on by: lib/client (bypass).
// Seen on: 5.10, 6.1, 6.18.
#include <sys/epoll.h>

#include <cinttypes>

#include "pairs.h"

using namespace platform;

namespace {

struct Registration {
  uint32_t events;
  uint64_t data;
};

// False when `fd` isn't registered.
bool find_registration(int epoll, int fd, Registration& found) {
  std::FILE* file = std::fopen(("/proc/self/fdinfo/" + std::to_string(epoll)).c_str(), "re");
  if (file == nullptr) fail("no fdinfo");
  char line[256];
  bool seen = false;
  while (!seen && std::fgets(line, sizeof line, file) != nullptr) {
    int number = -1;
    unsigned events = 0;
    unsigned long long data = 0;
    seen = std::sscanf(line, "tfd: %d events: %x data: %llx", &number, &events, &data) == 3 &&
           number == fd;
    if (seen) found = {events, data};
  }
  std::fclose(file);
  return seen;
}

bool add(int epoll, int fd, const Registration& registration) {
  epoll_event event{};
  event.events = registration.events;
  event.data.u64 = registration.data;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

void moves_to_another_file(uint32_t events) {
  const int epoll = ok_fd(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  const Pair old = unix_pair();
  const Pair fresh = tcp_pair();
  const int other_holder = ok_fd(::dup(old.app), "dup");
  constexpr uint64_t kData = 0xfeedfacecafe0000;
  if (!add(epoll, old.app, {events, kData})) fail("epoll ADD failed");

  Registration listed{};
  if (!find_registration(epoll, old.app, listed)) fail("the registration is not listed");
  // ERR and HUP are always asked for; the kernel lists them.
  expect_equal("listed events", listed.events | EPOLLERR | EPOLLHUP, events | EPOLLERR | EPOLLHUP);
  if (listed.data != kData) fail("listed data %#" PRIx64, listed.data);

  ok(::epoll_ctl(epoll, EPOLL_CTL_DEL, old.app, nullptr), "epoll DEL");
  ok(::dup2(fresh.app, old.app), "dup2");
  ::close(fresh.app);
  if (!add(epoll, old.app, listed)) fail("the listed events %#x can't be added", listed.events);
  Registration again{};
  if (!find_registration(epoll, old.app, again)) fail("the new registration is not listed");
  expect_equal("events listed again", again.events, listed.events);

  ok(::write(old.engine, "x", 1), "write");  // nobody may hear of the old file
  ok(::write(fresh.engine, "x", 1), "write");
  bits(old.app, POLLIN);
  epoll_event told[2] = {};
  expect_equal("events after both were written to", ::epoll_wait(epoll, told, 2, kPatienceMs), 1);
  const epoll_event& event = told[0];
  if (event.data.u64 != kData) fail("the event has data %#" PRIx64, uint64_t{event.data.u64});
  expect_bits("the event", static_cast<int>(event.events), POLLIN);
  if ((events & EPOLLONESHOT) != 0) {
    find_registration(epoll, old.app, again);
    expect_equal("bits of a oneshot that fired", again.events & (EPOLLIN | EPOLLOUT), 0);
  }
  for (const int fd : {epoll, other_holder, old.app, old.engine, fresh.engine}) ::close(fd);
}

void stale_without_delete() {
  const int epoll = ok_fd(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  const Pair old = unix_pair();
  const Pair fresh = unix_pair();
  const int other_holder = ok_fd(::dup(old.app), "dup");
  if (!add(epoll, old.app, {EPOLLIN, 1})) fail("epoll ADD failed");
  ok(::dup2(fresh.app, old.app), "dup2");
  ok(::write(old.engine, "x", 1), "write");
  epoll_event event{};
  expect_equal("events of the file that is gone from its number", ::epoll_wait(epoll, &event, 1, 0),
               1);
  expect_result("its delete", ::epoll_ctl(epoll, EPOLL_CTL_DEL, old.app, nullptr), -ENOENT);
  for (const int fd : {epoll, other_holder, old.app, old.engine, fresh.app, fresh.engine}) {
    ::close(fd);
  }
}

}  // namespace

int main() {
  begin();
  moves_to_another_file(EPOLLIN | EPOLLRDHUP);
  moves_to_another_file(EPOLLIN | EPOLLET);
  moves_to_another_file(EPOLLIN | EPOLLONESHOT);
  moves_to_another_file(EPOLLIN | EPOLLEXCLUSIVE);
  stale_without_delete();

  const int epoll = ok_fd(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  int last = -1;
  for (uint64_t turn = 0; turn < 100; ++turn) {
    last = unix_pair().app;
    if (!add(epoll, last, {EPOLLIN, turn})) fail("epoll ADD failed");
  }
  Registration found{};
  const double spent = microseconds(100, [&] { find_registration(epoll, last, found); });
  std::printf("finding the last of 100 registrations: %.0f us\n", spent);
}
