/* SPDX-License-Identifier: MIT */
/* get PORT HOST SERVICE PATH
 *
 * An example of linking liba7600 directly: fetches a page over HTTP through the modem on the serial
 * device PORT and prints what the server says. Only the calls that name addresses are the
 * library's; the socket itself is a descriptor like any other. */
#include <a7600/socket.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int connect_to(const char* host, const char* service) {
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  struct addrinfo* list = NULL;
  const int failed = a7600_getaddrinfo(host, service, &hints, &list);
  if (failed != 0) {
    fprintf(stderr, "get: %s: %s\n", host, gai_strerror(failed));
    return -1;
  }
  int fd = -1;
  for (const struct addrinfo* at = list; at != NULL && fd < 0; at = at->ai_next) {
    fd = a7600_socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (fd >= 0 && a7600_connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
      const int error = errno;
      a7600_close(fd);
      errno = error;
      fd = -1;
    }
  }
  if (fd < 0) perror("get: connect");
  a7600_freeaddrinfo(list);
  return fd;
}

int main(int argc, char** argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: get PORT HOST SERVICE PATH\n");
    return 2;
  }
  const a7600_config config = {.port = argv[1], .connect_timeout = 30};
  if (a7600_open(&config) != 0) return 1;
  const int fd = connect_to(argv[2], argv[3]);
  if (fd < 0) return 1;
  if (dprintf(fd, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", argv[4], argv[2]) < 0) {
    perror("get: send");
    return 1;
  }
  char piece[4096];
  ssize_t size = 0;
  while ((size = read(fd, piece, sizeof piece)) > 0) fwrite(piece, 1, (size_t)size, stdout);
  if (size < 0) {
    perror("get: receive");
    return 1;
  }
  a7600_close(fd);
  return a7600_shutdown_engine() == 0 && fflush(stdout) == 0 ? 0 : 1;
}
