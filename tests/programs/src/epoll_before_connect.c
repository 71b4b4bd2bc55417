/* SPDX-License-Identifier: MIT
 * epoll_before_connect IP PORT REQUEST
 * Registers a socket with epoll (edge-triggered, as nginx does with its upstreams) before its
 * non-blocking connect, takes the first EPOLLOUT, sees that nothing follows it, sends REQUEST and
 * prints the answer up to the end of file. */
#include <sys/epoll.h>

#include "common.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const struct sockaddr_in address = address_of(argv[1], argv[2]);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("socket");
  const int ep = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                              .data.u64 = 0x1122334455667788};
  if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  if (connect(fd, (const struct sockaddr*)&address, sizeof address) == 0) {
    puts("connect 0");
  } else if (errno == EINPROGRESS) {
    puts("connect EINPROGRESS");
  } else {
    fail("connect");
  }

  int sent = 0;
  for (;;) {
    if (epoll_wait(ep, &event, 1, 20000) != 1) fail("epoll_wait");
    if (event.data.u64 != 0x1122334455667788) fail("event's data");
    if (!sent) {
      printf("first event %s\n", event.events == EPOLLOUT ? "OUT" : "another");
      int error = -1;
      socklen_t size = sizeof error;
      if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) fail("getsockopt");
      printf("SO_ERROR %s\n", errno_name(error));
      if (epoll_wait(ep, &event, 1, 100) != 0) fail("a second event");
      write_all(fd, argv[3], strlen(argv[3]));
      sent = 1;
      continue;
    }
    if (!(event.events & (EPOLLIN | EPOLLRDHUP))) continue;
    char piece[4096];
    ssize_t size;
    while ((size = read(fd, piece, sizeof piece)) > 0) fwrite(piece, 1, (size_t)size, stdout);
    if (size == 0) break;
    if (errno != EAGAIN) fail("read");
  }
  puts("\nend of file");
  return 0;
}
