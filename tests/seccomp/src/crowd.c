/* SPDX-License-Identifier: MIT
 * crowd accept PORT       600 threads wait for a client at once, until the listener is shut
 * crowd receive SECONDS   600 threads wait for a datagram at once, each for so long
 * crowd connect IP PORT   600 threads connect at once
 * Prints what each was told, a line for each answer: how many, and the answer. While they wait, the
 * first thread goes on making sockets. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/time.h>

#include "common.h"

#define CROWD 600

static int (*g_call)(void);
static int g_socket;
static struct sockaddr_in g_address;
static int g_errors[CROWD];
static atomic_int g_answered;

static int wait_for_client(void) { return accept(g_socket, NULL, NULL); }

static int wait_for_datagram(void) {
  char byte;
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  return (int)recvfrom(g_socket, &byte, 1, 0, (struct sockaddr*)&from, &size);
}

static int connect_one(void) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return fd;
  const int result = connect(fd, (const struct sockaddr*)&g_address, sizeof g_address);
  const int error = errno;
  close(fd);
  errno = error;
  return result;
}

static void* call(void* error) {
  *(int*)error = g_call() < 0 ? errno : 0;
  ++g_answered;
  return NULL;
}

static void make_socket(int type) {
  g_socket = socket(AF_INET, type, 0);
  if (g_socket < 0) fail("socket");
}

static void go_on(void) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in name;
  socklen_t size = sizeof name;
  if (fd < 0) fail("socket of the first thread");
  if (getsockname(fd, (struct sockaddr*)&name, &size) != 0) fail("getsockname");
  close(fd);
}

static void print_answers(void) {
  for (int error = 0; error < 200; ++error) {
    int count = 0;
    for (int i = 0; i < CROWD; ++i) count += g_errors[i] == error;
    if (count > 0) printf("%d %s\n", count, errno_name(error));
  }
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int accepts = strcmp(argv[1], "accept") == 0;
  if (accepts) {
    g_call = wait_for_client;
    g_address = address_of("0.0.0.0", argv[2]);
    make_socket(SOCK_STREAM);
    if (bind(g_socket, (const struct sockaddr*)&g_address, sizeof g_address) != 0) fail("bind");
    if (listen(g_socket, 16) != 0) fail("listen");
  } else if (strcmp(argv[1], "receive") == 0) {
    g_call = wait_for_datagram;
    make_socket(SOCK_DGRAM);
    const struct timeval patience = {.tv_sec = atoi(argv[2])};
    setsockopt(g_socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  } else {
    g_call = connect_one;
    g_address = address_of(argv[2], argv[3]);
  }
  pthread_t threads[CROWD];
  for (int i = 0; i < CROWD; ++i) {
    if (pthread_create(&threads[i], NULL, call, &g_errors[i]) != 0) fail("pthread_create");
  }
  /* Those that find no room are answered at once, the others never. */
  while (accepts && g_answered < CROWD - 500) go_on();
  for (int i = 0; i < 20; ++i) go_on();
  if (accepts && shutdown(g_socket, SHUT_RDWR) != 0) fail("shutdown");
  for (int i = 0; i < CROWD; ++i) pthread_join(threads[i], NULL);
  print_answers();
  return 0;
}
