/* SPDX-License-Identifier: MIT
 * confine 5.5 CMD…      as on a kernel before Linux 5.6, which has no pidfd_getfd
 * confine 5.9 CMD…      as on Linux 5.9 to 5.13, where a call is answered with a descriptor in two
 *                       steps, and signals break off what has been asked
 * confine 5.14 CMD…     as on Linux 5.14 to 5.18: the latter only
 * confine watched CMD…  under a filter that somebody else watches already
 *
 * What an older kernel doesn't know it answers with EINVAL. No filter sees a flag in memory: there
 * the program is traced, and an unknown flag is put in its place before the kernel looks. Ends with
 * CMD's status, or with 99 when "5.9" had nothing to refuse. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "common.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS _IOW('!', 4, unsigned long long)
#endif
#define UNKNOWN_FLAG 0x80000000

#define WHEN(call, argument, test, value, action)                                               \
  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),                        \
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 3),                                        \
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (argument)), \
      BPF_JUMP(BPF_JMP | (test) | BPF_K, (value), 0, 1), BPF_STMT(BPF_RET | BPF_K, (action))

#define INVALID (SECCOMP_RET_ERRNO | EINVAL)
#define SINCE_5_19                                                                   \
  WHEN(SYS_seccomp, 1, BPF_JSET, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, INVALID),   \
      WHEN(SYS_ioctl, 1, BPF_JEQ, SECCOMP_IOCTL_NOTIF_SET_FLAGS, INVALID), /* 6.6 */ \
      WHEN(SYS_pidfd_open, 1, BPF_JSET, O_EXCL, INVALID)                   /* 6.9: PIDFD_THREAD */
#define REST BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter g_5_5[] = {
    WHEN(SYS_pidfd_getfd, 0, BPF_JGE, 0, SECCOMP_RET_ERRNO | ENOSYS), REST};
static struct sock_filter g_5_9[] = {
    SINCE_5_19, WHEN(SYS_ioctl, 1, BPF_JEQ, SECCOMP_IOCTL_NOTIF_ADDFD, SECCOMP_RET_TRACE), REST};
static struct sock_filter g_5_14[] = {SINCE_5_19, REST};
static struct sock_filter g_watched[] = {REST};

static const struct {
  const char* name;
  struct sock_fprog program;
  unsigned flags;
  int traced;
} kWays[] = {
    {"5.5", {sizeof g_5_5 / sizeof *g_5_5, g_5_5}, 0, 0},
    {"5.9", {sizeof g_5_9 / sizeof *g_5_9, g_5_9}, 0, 1},
    {"5.14", {sizeof g_5_14 / sizeof *g_5_14, g_5_14}, 0, 0},
    {"watched",
     {sizeof g_watched / sizeof *g_watched, g_watched},
     SECCOMP_FILTER_FLAG_NEW_LISTENER,
     0},
};

static void become(char** words, const struct sock_fprog* program, unsigned flags) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
  if (listener < 0) fail("seccomp");
  /* The filter counts as watched as long as somebody has its listener. */
  if (flags != 0 && dup((int)listener) < 0) fail("dup");
  execvp(words[0], words);
  fail("exec");
}

/* The thread is about to give a program a descriptor. Whether it wanted to in one step. */
static int refuse_one_step(pid_t thread) {
  struct __ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) return 0;
  unsigned flags = 0;
  const struct iovec own = {&flags, sizeof flags};
  const unsigned long place = info.seccomp.args[2] + offsetof(struct seccomp_notif_addfd, flags);
  const struct iovec remote = {(void*)place, sizeof flags};
  if (process_vm_readv(thread, &own, 1, &remote, 1, 0) != sizeof flags) return 0;
  if ((flags & SECCOMP_ADDFD_FLAG_SEND) == 0) return 0;
  flags = UNKNOWN_FLAG;
  return process_vm_writev(thread, &own, 1, &remote, 1, 0) == sizeof flags;
}

/* Lets all that `child` becomes and starts run on, until none is left. Returns its status. */
static int trace(pid_t child) {
  int refused = 0;
  int out = 1;
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) {
      if (pid == child) out = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      continue;
    }
    const int event = status >> 16;
    const int signal_number = WSTOPSIG(status);
    if (event == PTRACE_EVENT_SECCOMP) refused += refuse_one_step(pid);
    const int stopped = event == PTRACE_EVENT_STOP && signal_number != SIGTRAP;
    ptrace(stopped ? PTRACE_LISTEN : PTRACE_CONT, pid, 0, event == 0 ? signal_number : 0);
  }
  if (refused > 0) return out;
  fputs("confine: no descriptor was given in one step\n", stderr);
  return 99;
}

static int run_traced(char** words, const struct sock_fprog* program) {
  int go[2];
  if (pipe2(go, O_CLOEXEC) != 0) fail("pipe");
  const pid_t child = fork();
  if (child == 0) {
    char byte;
    if (read(go[0], &byte, 1) != 1) _exit(1);
    become(words, program, 0);
  }
  const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                       PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
  if (child < 0 || ptrace(PTRACE_SEIZE, child, 0, options) != 0) fail("ptrace");
  if (write(go[1], "x", 1) != 1) fail("write");
  return trace(child);
}

int main(int argc, char** argv) {
  for (size_t i = 0; argc > 2 && i < sizeof kWays / sizeof *kWays; ++i) {
    if (strcmp(argv[1], kWays[i].name) != 0) continue;
    if (kWays[i].traced) return run_traced(argv + 2, &kWays[i].program);
    become(argv + 2, &kWays[i].program, kWays[i].flags);
  }
  fputs("usage: confine 5.5|5.9|5.14|watched CMD…\n", stderr);
  return 2;
}
