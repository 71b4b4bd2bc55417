/* SPDX-License-Identifier: MIT
 * first IP PORT COUNT
 *     connects COUNT times and once before, waits for a byte each time, and prints the seconds that
 *     socket(2) and connect(2) took and those till the byte was there, a line each. */
#include <time.h>

#include "common.h"

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int count = atoi(argv[3]);
  for (int i = 0; i <= count; ++i) {
    char byte;
    const double begin = now();
    const int fd = connected_socket(argv[1], argv[2]);
    const double connected = now();
    if (read(fd, &byte, 1) != 1) fail("read");
    const double there = now();
    close(fd);
    usleep(300000); /* the module's own close is not what is measured */
    if (i > 0) printf("%.6f %.6f\n", connected - begin, there - begin);
  }
  return 0;
}
