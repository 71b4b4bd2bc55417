/* SPDX-License-Identifier: MIT
 * undumpable  forbids that it is looked into, and makes a socket; prints the result. */
#include <sys/prctl.h>

#include "common.h"

int main(void) {
  prctl(PR_SET_DUMPABLE, 0);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  printf("socket %s\n", fd < 0 ? errno_name(errno) : "0");
  return 0;
}
