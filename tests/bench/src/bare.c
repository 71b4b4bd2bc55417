/* SPDX-License-Identifier: MIT
 * bare down|up SECONDS
 *     two processes that exchange over a PTY what one AT+CIPRXGET (down) or one AT+CIPSEND (up) of
 *     1500 bytes is, wait by epoll, and do nothing else. Prints the payload's bytes per second:
 * what the terminal itself allows with one command in flight. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { kPayload = 1500 };
/* Sizes there and back, in turn. */
static const size_t kDown[] = {17, kPayload + 38, 0};
static const size_t kUp[] = {18, 3, kPayload, 32, 0};

static char bytes[65536];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void receive(int fd, int epoll, size_t size) {
  while (size > 0) {
    struct epoll_event event;
    if (epoll_wait(epoll, &event, 1, -1) < 0) exit(1);
    const ssize_t got = read(fd, bytes, sizeof bytes);
    if (got <= 0 || (size_t)got > size) exit(1);
    size -= (size_t)got;
  }
}

static void send_all(int fd, size_t size) {
  while (size > 0) {
    const ssize_t put = write(fd, bytes, size);
    if (put < 0) exit(1);
    size -= (size_t)put;
  }
}

static int watch(int fd) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) exit(1);
  return epoll;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const size_t* sizes = strcmp(argv[1], "down") == 0 ? kDown : kUp;
  const double seconds = strtod(argv[2], NULL);
  const int modem = posix_openpt(O_RDWR | O_NOCTTY);
  if (modem < 0 || grantpt(modem) != 0 || unlockpt(modem) != 0) return 1;
  const int port = open(ptsname(modem), O_RDWR | O_NOCTTY);
  struct termios settings;
  if (port < 0 || tcgetattr(port, &settings) != 0) return 1;
  cfmakeraw(&settings);
  tcsetattr(port, TCSANOW, &settings);

  const pid_t child = fork();
  if (child == 0) {
    const int epoll = watch(modem);
    for (;;) {
      for (size_t i = 0; sizes[i] != 0; i += 2) {
        receive(modem, epoll, sizes[i]);
        send_all(modem, sizes[i + 1]);
      }
    }
  }
  const int epoll = watch(port);
  const double begin = now();
  double payload = 0;
  while (now() - begin < seconds) {
    for (size_t i = 0; sizes[i] != 0; i += 2) {
      send_all(port, sizes[i]);
      receive(port, epoll, sizes[i + 1]);
    }
    payload += kPayload;
  }
  printf("%.0f\n", payload / (now() - begin));
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return 0;
}
