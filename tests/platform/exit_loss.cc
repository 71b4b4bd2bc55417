// SPDX-License-Identifier: MIT
// Fact: what a process wrote into its end of a pair just before it ended, in whatever way, stays
// readable on the other end when another process holds that: with a shared engine nothing is lost
// at exit, not even by SIGKILL. Also when the dead process left data of its own unread: then
// ECONNRESET follows the data, else 0.
// Relied on by: lib/engine (shared), a7600 run and serve, the advice in the manual pages.
// Seen on: 5.10, 6.1, 6.18.
#include <vector>

#include "pairs.h"

using namespace platform;

namespace {

constexpr size_t kLast = 16384;

struct Ending {
  const char* name;
  void (*end)();
  bool leaves_unread;
};

constexpr Ending kEndings[] = {
    {"exit", [] { std::exit(0); }, false},
    {"_exit", [] { ::_exit(0); }, false},
    {"_exit with data unread", [] { ::_exit(0); }, true},
    {"exec", [] { ::execl("/bin/true", "true", nullptr); }, false},
    {"abort", [] { std::abort(); }, false},
    {"SIGKILL", [] { ::kill(::getpid(), SIGKILL); }, false},
    {"SIGKILL with data unread", [] { ::kill(::getpid(), SIGKILL); }, true},
};

void stays_readable(const Ending& ending) {
  const Pair pair = unix_pair();
  if (ending.leaves_unread) ok(::write(pair.engine, "unread", 6), "write");
  const pid_t child = start_child([&] {
    ::close(pair.engine);
    ::prctl(PR_SET_DUMPABLE, 0);  // abort must leave no core file
    const std::vector<char> last(kLast, 'z');
    expect_result("the last write", ::write(pair.app, last.data(), last.size()), kLast);
    ending.end();
  });
  ::close(pair.app);
  wait_for(child);
  std::vector<char> read(2 * kLast);
  size_t total = 0;
  ssize_t count = 0;
  while ((count = ::recv(pair.engine, read.data() + total, read.size() - total, 0)) > 0) {
    total += static_cast<size_t>(count);
  }
  expect_result(ending.name, count, ending.leaves_unread ? -ECONNRESET : 0);
  expect_equal(ending.name, static_cast<long>(total), kLast);
  ::close(pair.engine);
}

}  // namespace

int main() {
  begin();
  for (const Ending& ending : kEndings) stays_readable(ending);
}
