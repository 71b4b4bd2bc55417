/* SPDX-License-Identifier: MIT
 * Clocks that a test can set: put before a program by LD_PRELOAD, it adds to what the wall clock
 * and the monotonic clock say two numbers of nanoseconds, in the file CLOCK_SHIFT, at any time. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct shift {
  volatile long long wall, monotonic;
};

static const struct shift* shift;

__attribute__((constructor)) static void find_shift(void) {
  const char* path = getenv("CLOCK_SHIFT");
  const int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void* mapped = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) shift = mapped;
  close(fd);
}

int clock_gettime(clockid_t clock, struct timespec* time) {
  if (syscall(SYS_clock_gettime, clock, time) != 0) return -1;
  if (shift == NULL) return 0;
  const long long second = 1000000000;
  long long by = 0;
  if (clock == CLOCK_REALTIME) by = shift->wall;
  if (clock == CLOCK_MONOTONIC) by = shift->monotonic;
  const long long sum = time->tv_sec * second + time->tv_nsec + by;
  time->tv_sec = (time_t)(sum / second);
  time->tv_nsec = (long)(sum % second);
  return 0;
}
