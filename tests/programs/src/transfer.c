/* SPDX-License-Identifier: MIT
 * transfer receive IP PORT SIZE    reads SIZE bytes and prints "BYTES SECONDS", from the first byte
 *                                  to the last
 * transfer send IP PORT SIZE       writes SIZE bytes and waits for the peer's end of file */
#include <time.h>

#include "common.h"

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static char piece[65536];

static int receive(int fd, size_t size) {
  double first = 0;
  size_t got = 0;
  ssize_t part;
  while (got < size && (part = read(fd, piece, sizeof piece)) > 0) {
    if (got == 0) first = now();
    got += (size_t)part;
  }
  printf("%zu %.6f\n", got, now() - first);
  return got != size;
}

static int send_all(int fd, size_t size) {
  for (size_t left = size; left > 0;) {
    const size_t part = left < sizeof piece ? left : sizeof piece;
    write_all(fd, piece, part);
    left -= part;
  }
  return read(fd, piece, 1) != 0;
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int fd = connected_socket(argv[2], argv[3]);
  const size_t size = strtoul(argv[4], NULL, 10);
  return strcmp(argv[1], "receive") == 0 ? receive(fd, size) : send_all(fd, size);
}
