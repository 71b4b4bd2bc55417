// SPDX-License-Identifier: MIT
// Fact: a thread that calls close_range(3, ~0U, CLOSE_RANGE_UNSHARE) has a descriptor table of its
// own, while it shares memory as before:
//   - it no longer holds what the process had open: a pipe ends when the process closes it;
//   - what it opens, the process can't see or close, not even by close_range(3, ~0U, 0), and a
//   child
//     that the process forks doesn't inherit;
//   - SCM_RIGHTS over a socket moves a descriptor from the thread's table to the process's.
// Relied on by: lib/engine (the thread in the program).
// Seen on: 5.10, 6.1, 6.18.
#include <sys/syscall.h>

#include "pairs.h"

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif

using namespace platform;

namespace {

constexpr int kThreadsNumber = 700;  // a number that nothing else here uses

long close_range_from_3(unsigned flags) { return ::syscall(SYS_close_range, 3U, ~0U, flags); }

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

// A socket with a name is the only way back in: the thread has lost every descriptor.
int listen_at(const Name& name) {
  const int fd = ok_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  ok(::bind(fd, name.get(), name.length), "bind");
  ok(::listen(fd, 1), "listen");
  return fd;
}

// The thread: a table of its own, then a pipe whose reading end it sends over and whose writing
// end it keeps under a known number until told to leave.
ssize_t live_apart(const Name& name, int program_pipe) {
  ok(close_range_from_3(CLOSE_RANGE_UNSHARE), "close_range(CLOSE_RANGE_UNSHARE)");
  if (is_open(program_pipe)) fail("the program's pipe is still open in the thread");
  const int control = ok_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  ok(::connect(control, name.get(), name.length), "connect");
  int ends[2];
  ok(::pipe2(ends, O_CLOEXEC), "pipe2");
  ok(::dup3(ends[1], kThreadsNumber, O_CLOEXEC), "dup3");
  ::close(ends[1]);
  ok(send_with_fd(control, "x", 1, ends[0]), "sendmsg");
  ::close(ends[0]);
  char byte;
  expect_result("waiting for the end", ::read(control, &byte, 1), 0);
  if (!is_open(kThreadsNumber)) fail("the program closed the thread's descriptor");
  ::close(kThreadsNumber);
  return 0;
}

}  // namespace

int main() {
  begin();
  const Name name("a7600/platform/own_table/" + std::to_string(::getpid()));
  const int listener = listen_at(name);
  int ends[2];
  ok(::pipe2(ends, O_CLOEXEC), "pipe2");

  BlockedCall thread([&] { return live_apart(name, ends[0]); });
  const int control = ok_fd(::accept(listener, nullptr, nullptr), "accept");
  char byte;
  int reader = -1;
  int flags = 0;
  expect_result("message from the thread", recv_with_fd(control, &byte, 1, reader, flags), 1);
  if (!is_open(reader)) fail("no descriptor came from the thread's table");

  if (!is_open(ends[0])) fail("the thread's close_range closed the program's descriptors");
  ::close(ends[1]);
  expect_bits("the program's pipe after its only writer closed", bits(ends[0]), POLLHUP);
  if (is_open(kThreadsNumber)) fail("the program sees the thread's descriptor");

  // The child lives until it is told, and so would hold the thread's pipe, had it inherited it.
  const Pair leash = unix_pair();
  const pid_t child = start_child([&] {
    if (is_open(kThreadsNumber)) fail("a child inherited the thread's descriptor");
    ::close(leash.engine);
    ::close(control);
    ok(::write(leash.app, "x", 1), "write");
    ok(::read(leash.app, &byte, 1), "read");
  });
  ok(::read(leash.engine, &byte, 1), "read");
  expect_result("close of the thread's number", ::close(kThreadsNumber), -EBADF);
  expect_bits("the thread's pipe while the thread lives", bits(reader), 0);
  const int kept_reader = ok_fd(::dup2(reader, STDIN_FILENO), "dup2");
  const int kept_leash = ok_fd(::dup2(leash.engine, STDOUT_FILENO), "dup2");
  ok(close_range_from_3(0), "close_range");  // the thread's connection ends by this, too
  expect_equal("the thread", thread.outcome(), 0);
  expect_bits("the thread's pipe after the thread", bits(kept_reader), POLLHUP);
  ::close(kept_leash);
  expect_success(child);
}
