/* SPDX-License-Identifier: MIT */
/* serve DEVICE PORT
 *
 * An example of linking liba7600 directly: a server on the modem's TCP port PORT that answers one
 * connection with what it sends, in capitals, and ends. */
#include <a7600/socket.h>
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: serve DEVICE PORT\n");
    return 2;
  }
  const a7600_config config = {.port = argv[1]};
  if (a7600_open(&config) != 0) return 1;
  const int listener = a7600_socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)atoi(argv[2]))};
  if (listener < 0 || a7600_bind(listener, (struct sockaddr*)&address, sizeof address) != 0 ||
      a7600_listen(listener, 1) != 0) {
    perror("serve");
    return 1;
  }
  printf("listening\n");
  fflush(stdout);
  socklen_t length = sizeof address;
  const int fd = a7600_accept(listener, (struct sockaddr*)&address, &length);
  if (fd < 0) {
    perror("serve: accept");
    return 1;
  }
  printf("from %s\n", inet_ntoa(address.sin_addr));
  char piece[4096];
  ssize_t size = 0;
  while ((size = read(fd, piece, sizeof piece)) > 0) {
    for (ssize_t i = 0; i < size; ++i) piece[i] = (char)toupper((unsigned char)piece[i]);
    if (write(fd, piece, (size_t)size) != size) return 1;
  }
  a7600_close(fd);
  a7600_close(listener);
  return size < 0 ? 1 : 0;
}
