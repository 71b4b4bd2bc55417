/* SPDX-License-Identifier: MIT
 * sanitized HOST PORT: a program that is itself built with a sanitizer. Threads look HOST up and
 * have bytes echoed, each over a socket of its own; the main thread does it too, behind a poll.
 * Prints how many were right. */
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kThreads = 4, kSize = 5000 };

static const char* host;
static const char* port;

static int connected(void) {
  const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  struct addrinfo* found = NULL;
  if (getaddrinfo(host, port, &hints, &found) != 0) return -1;
  int fd = socket(found->ai_family, found->ai_socktype, 0);
  if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
    close(fd);
    fd = -1;
  }
  freeaddrinfo(found);
  return fd;
}

static void* work(void* number) {
  char out[kSize];
  char* in = malloc(kSize);
  memset(out, 'a' + *(int*)number, sizeof out);
  size_t got = 0;
  const int fd = connected();
  if (fd >= 0 && send(fd, out, sizeof out, 0) == (ssize_t)sizeof out) {
    struct pollfd watch = {.fd = fd, .events = POLLIN};
    ssize_t part = 1;
    while (got < kSize && part > 0 && poll(&watch, 1, 20000) == 1) {
      part = recv(fd, in + got, kSize - got, 0);
      if (part > 0) got += (size_t)part;
    }
  }
  if (fd >= 0) close(fd);
  const int right = got == kSize && memcmp(in, out, kSize) == 0;
  free(in);
  *(int*)number = right;
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  host = argv[1];
  port = argv[2];
  pthread_t threads[kThreads];
  int numbers[kThreads + 1];
  for (int i = 0; i <= kThreads; ++i) numbers[i] = i;
  for (int i = 0; i < kThreads; ++i) pthread_create(&threads[i], NULL, work, &numbers[i]);
  work(&numbers[kThreads]);
  int right = numbers[kThreads];
  for (int i = 0; i < kThreads; ++i) {
    pthread_join(threads[i], NULL);
    right += numbers[i];
  }
  printf("%d\n", right);
  return right != kThreads + 1;
}
