/* SPDX-License-Identifier: MIT
 * dying IP PORT  children that are killed while they make a call of each kind, and while they sleep
 *                in those that can; at PORT nobody answers. Prints "done" at the end. */
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "common.h"

static struct sockaddr_in g_nobody;
static struct sockaddr_in g_name;
static socklen_t g_length;
static char g_byte[16];
static int g_value;

static int new_socket(int type) { return socket(AF_INET, type, 0); }

static void call_socket(int fd) {
  (void)fd;
  close(new_socket(SOCK_STREAM));
}
static void call_connect(int fd) {
  connect(fd, (const struct sockaddr*)&g_nobody, sizeof g_nobody);
}
static void call_bind(int fd) {
  const struct sockaddr_in any = {.sin_family = AF_INET};
  bind(fd, (const struct sockaddr*)&any, sizeof any);
}
static void call_listen(int fd) {
  const int fresh = new_socket(SOCK_STREAM);
  (void)fd;
  call_bind(fresh);
  listen(fresh, 4);
  close(fresh);
}
static void call_accept(int fd) {
  call_bind(fd);
  listen(fd, 4);
  accept(fd, (struct sockaddr*)&g_name, &g_length);
}
static void call_shutdown(int fd) { shutdown(fd, SHUT_WR); }
static void call_getsockname(int fd) { getsockname(fd, (struct sockaddr*)&g_name, &g_length); }
static void call_getpeername(int fd) { getpeername(fd, (struct sockaddr*)&g_name, &g_length); }
static void call_getsockopt(int fd) {
  socklen_t size = sizeof g_value;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &g_value, &size);
}
static void call_setsockopt(int fd) {
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &g_value, sizeof g_value);
}
static void call_ioctl(int fd) { ioctl(fd, SIOCOUTQ, &g_value); }
static void call_sendto(int fd) {
  sendto(fd, g_byte, sizeof g_byte, 0, (const struct sockaddr*)&g_nobody, sizeof g_nobody);
}
static void call_recvfrom(int fd) {
  recvfrom(fd, g_byte, sizeof g_byte, 0, (struct sockaddr*)&g_name, &g_length);
}

static struct iovec g_part = {g_byte, sizeof g_byte};

static struct mmsghdr message_with(void* name) {
  return (struct mmsghdr){
      .msg_hdr = {
          .msg_name = name, .msg_namelen = sizeof g_name, .msg_iov = &g_part, .msg_iovlen = 1}};
}
static void call_sendmsg(int fd) {
  const struct mmsghdr message = message_with(&g_nobody);
  sendmsg(fd, &message.msg_hdr, 0);
}
static void call_recvmsg(int fd) {
  struct mmsghdr message = message_with(&g_name);
  recvmsg(fd, &message.msg_hdr, 0);
}
static void call_sendmmsg(int fd) {
  struct mmsghdr messages[] = {message_with(&g_nobody), message_with(&g_nobody)};
  sendmmsg(fd, messages, 2, 0);
}
static void call_recvmmsg(int fd) {
  struct mmsghdr messages[] = {message_with(&g_name), message_with(&g_name)};
  recvmmsg(fd, messages, 2, 0, NULL);
}

static const struct {
  void (*call)(int fd);
  int type;
} kKinds[] = {
    {call_socket, SOCK_STREAM},      {call_connect, SOCK_STREAM},    {call_bind, SOCK_STREAM},
    {call_listen, SOCK_STREAM},      {call_accept, SOCK_STREAM},     {call_shutdown, SOCK_STREAM},
    {call_getsockname, SOCK_STREAM}, {call_getpeername, SOCK_DGRAM}, {call_getsockopt, SOCK_STREAM},
    {call_setsockopt, SOCK_STREAM},  {call_ioctl, SOCK_STREAM},      {call_sendto, SOCK_DGRAM},
    {call_recvfrom, SOCK_DGRAM},     {call_sendmsg, SOCK_DGRAM},     {call_recvmsg, SOCK_DGRAM},
    {call_sendmmsg, SOCK_DGRAM},     {call_recvmmsg, SOCK_DGRAM},
};

/* Killed `delay` milliseconds after its first call, most likely in the middle of one. */
static void kill_in(void (*call)(int fd), int type, int delay) {
  int begun[2];
  if (pipe(begun) != 0) fail("pipe");
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    const int fd = new_socket(type);
    g_length = sizeof g_name;
    if (fd < 0 || write(begun[1], "x", 1) != 1) _exit(1);
    for (;;) call(fd);
  }
  close(begun[1]);
  char byte;
  if (read(begun[0], &byte, 1) != 1) fail("the child's socket");
  close(begun[0]);
  poll(NULL, 0, delay);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) fail("a child has ended by itself");
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  g_nobody = address_of(argv[1], argv[2]);
  for (size_t i = 0; i < sizeof kKinds / sizeof *kKinds; ++i) {
    for (int delay = 0; delay < 16; delay += 5) kill_in(kKinds[i].call, kKinds[i].type, delay);
  }
  puts("done");
  return 0;
}
