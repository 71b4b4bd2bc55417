/* SPDX-License-Identifier: MIT
 * retry IP PORT  makes sockets until one can't be made; prints the first result and the last. */
#include <poll.h>

#include "common.h"

int main(void) {
  for (int number = 0;; ++number) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
      printf("socket %s\n", errno_name(errno));
      return 0;
    }
    if (number == 0) puts("socket 0");
    fflush(stdout);
    close(fd);
    poll(NULL, 0, 20);
  }
}
