/* SPDX-License-Identifier: MIT
 * orphans IP PORT  threads that sleep in connect (at PORT nobody answers), accept and recvfrom;
 *                  prints what each was told, in that order, and what a new socket is told then. */
#include <pthread.h>

#include "common.h"

static struct sockaddr_in g_nobody;
static int g_sockets[3];
static int g_errors[3];

static void* wait_in_connect(void* unused) {
  (void)unused;
  g_errors[0] =
      connect(g_sockets[0], (const struct sockaddr*)&g_nobody, sizeof g_nobody) == 0 ? 0 : errno;
  return NULL;
}

static void* wait_in_accept(void* unused) {
  (void)unused;
  g_errors[1] = accept(g_sockets[1], NULL, NULL) >= 0 ? 0 : errno;
  return NULL;
}

static void* wait_in_recvfrom(void* unused) {
  (void)unused;
  char byte;
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  g_errors[2] =
      recvfrom(g_sockets[2], &byte, 1, 0, (struct sockaddr*)&from, &size) >= 0 ? 0 : errno;
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  g_nobody = address_of(argv[1], argv[2]);
  void* (*const waits[])(void*) = {wait_in_connect, wait_in_accept, wait_in_recvfrom};
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) {
    g_sockets[i] = socket(AF_INET, i == 2 ? SOCK_DGRAM : SOCK_STREAM, 0);
    if (g_sockets[i] < 0) fail("socket");
  }
  if (listen(g_sockets[1], 4) != 0) fail("listen");
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], NULL, waits[i], NULL);
  puts("waiting");
  fflush(stdout);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
  for (int i = 0; i < 3; ++i) puts(errno_name(g_errors[i]));
  puts(socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno_name(errno) : "0");
  return 0;
}
