/* SPDX-License-Identifier: MIT
 * rights  prints whose rights it has, whether a filter is on it, and whether it gets a socket. */
#include <sys/prctl.h>

#include "common.h"

int main(void) {
  const int filtered = prctl(PR_GET_SECCOMP) == 2;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  printf("user %u, %s, socket %s\n", geteuid(), filtered ? "filtered" : "not filtered",
         errno_name(fd < 0 ? errno : 0));
  return 0;
}
