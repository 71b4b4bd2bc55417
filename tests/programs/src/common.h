/* SPDX-License-Identifier: MIT
 * What the small test programs share. They are plain C over POSIX sockets and know nothing of the
 * library. Each prints what it saw in names, not numbers, so that a test can compare lines. */
#ifndef TESTS_PROGRAMS_COMMON_H_
#define TESTS_PROGRAMS_COMMON_H_

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static inline const char* errno_name(int error) {
  return error == 0 ? "0" : strerrorname_np(error);
}

/* Ends the program with status 1 and "what ERRNO". */
static inline void fail(const char* what) {
  printf("%s %s\n", what, errno_name(errno));
  fflush(stdout);
  exit(1);
}

static inline struct sockaddr_in address_of(const char* ip, const char* port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
  if (inet_pton(AF_INET, ip, &address.sin_addr) != 1) {
    printf("not an address: %s\n", ip);
    exit(2);
  }
  return address;
}

/* A blocking socket, connected. */
static inline int connected_socket(const char* ip, const char* port) {
  const struct sockaddr_in address = address_of(ip, port);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) fail("socket");
  if (connect(fd, (const struct sockaddr*)&address, sizeof address) != 0) fail("connect");
  return fd;
}

static inline void write_all(int fd, const void* data, size_t size) {
  const char* at = data;
  while (size > 0) {
    const ssize_t written = write(fd, at, size);
    if (written < 0) fail("write");
    at += written;
    size -= (size_t)written;
  }
}

#endif
