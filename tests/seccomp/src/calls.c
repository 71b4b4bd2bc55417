/* SPDX-License-Identifier: MIT
 * calls COUNT  prints what some calls cost, a line each: nanoseconds per call and its name. */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <time.h>

#include "common.h"

static int g_count;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

#define MEASURE(name, call)                                \
  do {                                                     \
    const double start_ = now();                           \
    for (int i = 0; i < g_count; ++i) {                    \
      if ((call) < 0) fail(name);                          \
    }                                                      \
    printf("%.0f %s\n", (now() - start_) / g_count, name); \
  } while (0)

static int make_socket(void) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  return fd < 0 ? fd : close(fd);
}

static ssize_t exchange(const int* pair) {
  char byte = 0;
  return send(pair[0], &byte, 1, 0) < 0 ? -1 : recv(pair[1], &byte, 1, 0);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  g_count = atoi(argv[1]);
  const int internet = socket(AF_INET, SOCK_STREAM, 0);
  int pair[2];
  if (internet < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) fail("socket");
  const int zero = open("/dev/zero", O_RDONLY);
  struct sockaddr_storage name;
  socklen_t size = sizeof name;
  const int on = 1;
  int value = 0;
  socklen_t value_size = sizeof value;
  char byte;
  MEASURE("socket and close", make_socket());
  MEASURE("setsockopt", setsockopt(internet, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  MEASURE("getsockname", getsockname(internet, (struct sockaddr*)&name, &size));
  MEASURE("getsockopt of a kernel socket",
          getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &value, &value_size));
  MEASURE("getsockopt that the kernel answers",
          getsockopt(internet, SOL_SOCKET, SO_RCVLOWAT, &value, &value_size));
  MEASURE("read", read(zero, &byte, 1));
  MEASURE("send and recv", exchange(pair));
  return 0;
}
