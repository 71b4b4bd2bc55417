/* SPDX-License-Identifier: MIT
 * flow down|up|both IP PORT WARM SECONDS LINKS
 *     moves bytes over so many connections as fast as they go, and looks at SECONDS of it, from
 * WARM seconds after the first byte on. Prints the bytes per second received in that time (from one
 * arrival to another, so that chunks are not cut), the bytes written, and the CPU seconds of the
 * whole process, which the library's engine is a part of. Ends by SIGKILL, since nobody wants the
 * rest. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "common.h"

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds_of(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

enum { kMostLinks = 10 };
static char piece[65536];

int main(int argc, char** argv) {
  const int links = argc == 7 ? atoi(argv[6]) : 0;
  if (links < 1 || links > kMostLinks) return 2;
  const int down = strcmp(argv[1], "up") != 0;
  const int up = strcmp(argv[1], "down") != 0;
  const double warm = strtod(argv[4], NULL);
  const double seconds = strtod(argv[5], NULL);
  struct pollfd wait[kMostLinks];
  for (int i = 0; i < links; ++i) {
    const int fd = connected_socket(argv[2], argv[3]);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    wait[i] =
        (struct pollfd){.fd = fd, .events = (short)((down ? POLLIN : 0) | (up ? POLLOUT : 0))};
  }

  double first = 0, begin = 0, last = 0, spent = 0;
  double received = 0, written = 0;
  for (;;) {
    poll(wait, (nfds_t)links, -1);
    ssize_t got = 0, put = 0;
    for (int i = 0; i < links; ++i) {
      const short events = wait[i].revents;
      if (events == 0) continue;
      const ssize_t in = (events & POLLIN) != 0 ? read(wait[i].fd, piece, sizeof piece) : 0;
      const ssize_t out = (events & POLLOUT) != 0 ? write(wait[i].fd, piece, sizeof piece) : 0;
      if ((in <= 0 && out <= 0) || (events & (POLLERR | POLLHUP)) != 0) return 1;
      if (in > 0) got += in;
      if (out > 0) put += out;
    }
    const double time = now();
    if (first == 0) first = time;
    if (time - first < warm) continue;
    if (begin == 0) {
      begin = last = time;
      spent = cpu();
      continue;
    }
    if (got > 0) {
      received += (double)got;
      last = time;
    }
    if (put > 0) written += (double)put;
    if (time - begin >= seconds) break;
  }
  printf("%.1f %.0f %.0f %.4f\n", last > begin ? received / (last - begin) : 0.0, received, written,
         cpu() - spent);
  fflush(stdout);
  kill(getpid(), SIGKILL);
  return 0;
}
