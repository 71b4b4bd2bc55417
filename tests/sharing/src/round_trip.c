// SPDX-License-Identifier: MIT
// round_trip CALLS: prints the median and the 99th percentile, in microseconds, of a call that asks
// the engine (getsockname on a modem socket), and of socket() with close().
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static void show(double* times, size_t count) {
  qsort(times, count, sizeof *times, compare);
  printf("%.1f %.1f\n", times[count / 2], times[count * 99 / 100]);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const size_t count = strtoul(argv[1], NULL, 10);
  double* times = calloc(count, sizeof *times);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (times == NULL || fd < 0 || count == 0) return 1;
  struct sockaddr_in address;
  for (size_t i = 0; i < count; ++i) {
    socklen_t length = sizeof address;
    const double begin = now();
    if (getsockname(fd, (struct sockaddr*)&address, &length) != 0) return 1;
    times[i] = now() - begin;
  }
  show(times, count);
  for (size_t i = 0; i < count; ++i) {
    const double begin = now();
    const int one = socket(AF_INET, SOCK_STREAM, 0);
    if (one < 0 || close(one) != 0) return 1;
    times[i] = now() - begin;
  }
  show(times, count);
  return 0;
}
