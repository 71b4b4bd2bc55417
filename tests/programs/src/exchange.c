/* SPDX-License-Identifier: MIT
 * exchange IP PORT SIZE
 * Connects, sends its standard input and at the same time copies what arrives to its standard
 * output, until SIZE bytes have arrived or the peer ends the connection. */
#include <poll.h>

#include "common.h"

/* What is still to be sent of one piece of standard input. */
struct outgoing {
  char data[16384];
  ssize_t size, sent;
};

/* Returns 0 at the end of standard input. */
static int send_more(int fd, struct outgoing* out) {
  if (out->sent == out->size) {
    out->sent = 0;
    out->size = read(STDIN_FILENO, out->data, sizeof out->data);
    if (out->size <= 0) return 0;
  }
  const ssize_t size =
      send(fd, out->data + out->sent, (size_t)(out->size - out->sent), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (size > 0) out->sent += size;
  if (size < 0 && errno != EAGAIN) fail("send");
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  static struct outgoing out;
  const int fd = connected_socket(argv[1], argv[2]);
  size_t left = strtoul(argv[3], NULL, 10);
  int sending = 1;
  while (left > 0) {
    struct pollfd watch = {.fd = fd, .events = (short)(POLLIN | (sending ? POLLOUT : 0))};
    if (poll(&watch, 1, -1) != 1) fail("poll");
    if (watch.revents & (POLLIN | POLLHUP | POLLERR)) {
      char piece[16384];
      const ssize_t size = read(fd, piece, left < sizeof piece ? left : sizeof piece);
      if (size < 0) fail("read");
      if (size == 0) break;
      fwrite(piece, 1, (size_t)size, stdout);
      left -= (size_t)size;
    }
    if (sending && watch.revents & POLLOUT) sending = send_more(fd, &out);
  }
  return fflush(stdout) == 0 ? 0 : 1;
}
