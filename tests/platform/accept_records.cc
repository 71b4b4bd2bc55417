// SPDX-License-Identifier: MIT
// Fact: records of one size, each with one descriptor (SCM_RIGHTS), queued on a stream pair, are an
// accept queue: each recvmsg takes one record whole with its own descriptor, however many processes
// and threads take from it at once, and POLLIN is there exactly while one is queued. With no
// descriptor number free, recvmsg takes the record and loses its descriptor (MSG_CTRUNC): reserve
// one first.
// Relied on by: lib/engine (listening pair), lib/client (accept).
// Seen on: 5.10, 6.1, 6.18.
#include <sys/mman.h>
#include <sys/resource.h>

#include "pairs.h"

using namespace platform;

namespace {

constexpr int kRecords = 10000;
constexpr int kProcesses = 4;
constexpr int kThreads = 2;

// As long as a real one; what it says lets the taker prove that the descriptor is the record's own.
struct Record {
  uint64_t cookie;
  uint32_t number;
  char rest[52];
};
static_assert(sizeof(Record) == 64);

using Counters = std::atomic<int>[kRecords];

// Takes until the engine closes. Half of the takers sleep in recvmsg, as a blocking accept does,
// the others poll first and may find that somebody was faster.
void take_all(int queue, Counters& taken, bool blocking) {
  for (;;) {
    Record record{};
    int fd = -1;
    int flags = blocking ? 0 : MSG_DONTWAIT;
    if (!blocking) bits(queue, POLLIN);
    const ssize_t size = recv_with_fd(queue, &record, sizeof record, fd, flags);
    if (size == 0) return;
    if (size < 0 && errno == EAGAIN && !blocking) continue;
    expect_result("size of a record", size, sizeof record);
    if (fd < 0) fail("record %u came without its descriptor", record.number);
    if (cookie(fd) != record.cookie) fail("record %u came with another's", record.number);
    taken[record.number].fetch_add(1);
    ::close(fd);
  }
}

void send_one(int engine, uint32_t number) {
  const int fd = ok_fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  const Record record{cookie(fd), number, {}};
  expect_result("sending a record", send_with_fd(engine, &record, sizeof record, fd),
                sizeof record);
  ::close(fd);
}

void racing_takers() {
  void* shared =
      ::mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail("mmap failed");
  Counters& taken = *static_cast<Counters*>(shared);
  const Pair pair = unix_pair();
  pid_t children[kProcesses];
  for (pid_t& child : children) {
    child = start_child([&] {
      ::close(pair.engine);
      std::vector<std::thread> threads;
      for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] { take_all(pair.app, taken, thread % 2 == 0); });
      }
      for (std::thread& thread : threads) thread.join();
    });
  }
  ::close(pair.app);
  uint32_t number = 0;
  const double spent = microseconds(kRecords, [&] { send_one(pair.engine, number++); });
  ::close(pair.engine);
  for (const pid_t child : children) expect_success(child);
  for (int record = 0; record < kRecords; ++record) {
    if (taken[record] != 1) fail("record %d was taken %d times", record, taken[record].load());
  }
  std::printf("%d of %d records taken once each by %d processes of %d threads, %.1f us each\n",
              kRecords, kRecords, kProcesses, kThreads, spent);
}

void no_descriptor_free() {
  const Pair pair = unix_pair();
  expect_bits("an empty queue", bits(pair.app), POLLOUT);
  send_one(pair.engine, 1);
  send_one(pair.engine, 2);
  expect_bits("a queue of two", bits(pair.app), POLLIN | POLLOUT);
  const int reserve = ok_fd(::dup(pair.app), "dup");
  // No number below the limit is free now, whatever this process inherited.
  const rlimit limit{static_cast<rlim_t>(reserve) + 1, static_cast<rlim_t>(reserve) + 1};
  ok(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
  while (::dup(pair.app) >= 0) continue;
  Record record{};
  int fd = -1;
  int flags = 0;
  expect_result("recvmsg with no descriptor free",
                recv_with_fd(pair.app, &record, sizeof record, fd, flags), sizeof record);
  expect_equal("its descriptor", fd, -1);
  expect_equal("its MSG_CTRUNC", flags & MSG_CTRUNC, MSG_CTRUNC);
  expect_equal("the record it took", record.number, 1);
  ::close(reserve);
  flags = 0;
  ok(recv_with_fd(pair.app, &record, sizeof record, fd, flags), "recvmsg");
  expect_equal("the next record", record.number, 2);
  expect_equal("its descriptor, the reserved number", fd, reserve);
  expect_bits("the emptied queue", bits(pair.app), POLLOUT);
}

}  // namespace

int main() {
  begin();
  racing_takers();
  expect_success(start_child(no_descriptor_free));
}
