/* SPDX-License-Identifier: MIT
 * confine old CMD…      runs CMD as on a kernel before 5.6, which has no pidfd_getfd
 * confine watched CMD…  runs CMD under a filter that somebody else watches already */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "common.h"

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int old = strcmp(argv[1], "old") == 0;
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_getfd, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, old ? SECCOMP_RET_ERRNO | ENOSYS : SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {sizeof code / sizeof code[0], code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const unsigned flags = old ? 0 : SECCOMP_FILTER_FLAG_NEW_LISTENER;
  const long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (listener < 0) fail("seccomp");
  /* The filter counts as watched as long as somebody has its listener. */
  if (!old && dup((int)listener) < 0) fail("dup");
  execvp(argv[2], argv + 2);
  fail("exec");
}
