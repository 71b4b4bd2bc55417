// SPDX-License-Identifier: MIT
// churn SECONDS: opens and closes modem sockets; prints how many, and how many failed.
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const time_t end = time(NULL) + atoi(argv[1]);
  unsigned long good = 0, bad = 0;
  while (time(NULL) < end) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && close(fd) == 0) {
      ++good;
    } else {
      ++bad;
    }
  }
  printf("%lu %lu\n", good, bad);
  return 0;
}
