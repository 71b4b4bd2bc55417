// SPDX-License-Identifier: MIT
// Fact: SO_COOKIE names one kernel socket: no other socket, of whatever family, gets the same
// value, also not after the first was closed and its descriptor number used again; every descriptor
// of that socket gives the same value: dup'd, forked, kept across exec, passed by SCM_RIGHTS. Unix
// sockets have one, too, and the two ends of a pair differ.
// Relied on by: lib/client (identity), lib/engine (the key of its sockets).
// Seen on: 5.10, 6.1, 6.18.
#include <cinttypes>
#include <set>

#include "pairs.h"

using namespace platform;

namespace {

void unique_among_many() {
  std::set<uint64_t> seen;
  constexpr int kSockets = 3000;
  for (int turn = 0; turn < kSockets; ++turn) {
    static constexpr int kKinds[][2] = {{AF_UNIX, SOCK_STREAM},
                                        {AF_UNIX, SOCK_DGRAM},
                                        {AF_INET, SOCK_STREAM},
                                        {AF_INET, SOCK_DGRAM}};
    const auto& kind = kKinds[turn % 4];
    const int fd = ok_fd(::socket(kind[0], kind[1], 0), "socket");
    const uint64_t value = cookie(fd);
    if (value == 0 || !seen.insert(value).second) fail("cookie %" PRIu64 " was given twice", value);
    ::close(fd);
  }
  const Pair pair = unix_pair();
  seen.insert(cookie(pair.app));
  seen.insert(cookie(pair.engine));
  expect_equal("different cookies", static_cast<long>(seen.size()), kSockets + 2);
  close_pair(pair);
}

void same_through_every_descriptor(const char* self) {
  const Pair pair = unix_pair();
  const Pair road = unix_pair();
  const uint64_t value = cookie(pair.app);
  const int twin = ok_fd(::dup(pair.app), "dup");
  expect_equal("after dup", static_cast<long>(cookie(twin)), static_cast<long>(value));

  expect_success(start_child([&] {
    expect_equal("after fork", static_cast<long>(cookie(pair.app)), static_cast<long>(value));
    ok(send_with_fd(road.app, "x", 1, pair.app), "sendmsg");
  }));
  char byte;
  int passed = -1;
  int flags = 0;
  ok(recv_with_fd(road.engine, &byte, 1, passed, flags), "recvmsg");
  expect_equal("after SCM_RIGHTS", static_cast<long>(cookie(passed)), static_cast<long>(value));

  expect_success(start_child([&] {
    ok(::fcntl(pair.app, F_SETFD, 0), "F_SETFD");
    const std::string fd = std::to_string(pair.app);
    ::execl("/proc/self/exe", self, fd.c_str(), std::to_string(value).c_str(), nullptr);
    fail("exec failed");
  }));
  const double spent = microseconds(20000, [&] { cookie(pair.app); });
  std::printf("%.2f us per getsockopt(SO_COOKIE)\n", spent);
}

}  // namespace

int main(int argc, char** argv) {
  begin();
  if (argc == 3) {
    expect_equal("after exec", static_cast<long>(cookie(std::atoi(argv[1]))), std::atol(argv[2]));
    return 0;
  }
  unique_among_many();
  same_through_every_descriptor(argv[0]);
}
