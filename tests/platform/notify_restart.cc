// SPDX-License-Identifier: MIT
// Fact: a system call that seccomp has given to a supervisor is taken back by ERESTARTSYS as if the
// kernel's own code had answered so: a signal that has waited meanwhile is delivered, and the call
// is
//   made again      with SA_RESTART
//   EINTR           without
// Until then, with SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, the signal breaks nothing off.
// Relied on by: lib/seccomp (calls that wait).
// Seen on: 6.18. Before 5.19 there is no such flag, and signals break calls off by themselves.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <cstddef>

#include "check.h"

using namespace platform;

namespace {

constexpr int kRestart = 512;  // ERESTARTSYS
constexpr long kAnswer = 42;

std::atomic<int> g_handled{0};

// Asks about getppid(2), on this thread only.
int install_filter() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
  ok(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
  return static_cast<int>(::syscall(
      SYS_seccomp, SECCOMP_SET_MODE_FILTER,
      SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program));
}

seccomp_notif receive(int listener) {
  seccomp_notif out{};
  ok(::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &out), "receive");
  return out;
}

void answer(int listener, const seccomp_notif& call, long value, int error) {
  seccomp_notif_resp out{};
  out.id = call.id;
  out.val = value;
  out.error = -error;
  ok(::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &out), "answer");
}

void check(int flags, bool is_made_again) {
  g_handled = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { ++g_handled; };
  action.sa_flags = flags;
  ok(::sigaction(SIGUSR1, &action, nullptr), "sigaction");
  std::atomic<int> listener{0};
  std::thread caller([&] {
    listener = install_filter();
    listener.notify_one();
    if (listener < 0) return;
    const long result = ::syscall(SYS_getppid);
    expect_result("the call", result, is_made_again ? kAnswer : -long{EINTR});
  });
  listener.wait(0);
  if (listener < 0) {
    std::puts("this kernel has no WAIT_KILLABLE_RECV");
    ::_exit(0);
  }
  const seccomp_notif first = receive(listener);
  ok(::pthread_kill(caller.native_handle(), SIGUSR1), "kill");
  ::poll(nullptr, 0, kQuietMs);
  expect_equal("handlers that ran while the call was ours", g_handled, 0);
  answer(listener, first, 0, kRestart);
  if (is_made_again) answer(listener, receive(listener), kAnswer, 0);
  caller.join();
  expect_equal("handlers that ran", g_handled, 1);
  ::close(listener);
}

}  // namespace

int main() {
  check(SA_RESTART, true);
  check(0, false);
  return 0;
}
