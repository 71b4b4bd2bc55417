/* SPDX-License-Identifier: MIT
 * datagrams IP PORT
 * Talks to an echo server by every call that takes an address, and prints what comes back and from
 * where: from IP and PORT as "the peer". */
#include <sys/uio.h>

#include "common.h"

static struct sockaddr_in g_peer;

static void show(const char* call, ssize_t size, const char* data, const struct sockaddr_in* from,
                 socklen_t length) {
  if (size < 0) fail(call);
  const int is_peer = length == sizeof *from && from->sin_family == AF_INET &&
                      from->sin_port == g_peer.sin_port &&
                      from->sin_addr.s_addr == g_peer.sin_addr.s_addr;
  printf("%s %zd %.*s %s\n", call, size, (int)size, data, is_peer ? "from the peer" : "elsewhere");
}

static void by_sendto(int fd) {
  char data[100];
  struct sockaddr_in from;
  socklen_t length = sizeof from;
  if (sendto(fd, "one", 3, 0, (const struct sockaddr*)&g_peer, sizeof g_peer) != 3) fail("sendto");
  const ssize_t size = recvfrom(fd, data, sizeof data, 0, (struct sockaddr*)&from, &length);
  show("recvfrom", size, data, &from, length);
}

static void by_sendmsg(int fd) {
  char data[100] = {0};
  struct sockaddr_in from;
  struct iovec parts[] = {{(char[]){"tw"}, 2}, {(char[]){"o"}, 1}};
  struct msghdr message = {
      .msg_name = &g_peer, .msg_namelen = sizeof g_peer, .msg_iov = parts, .msg_iovlen = 2};
  if (sendmsg(fd, &message, 0) != 3) fail("sendmsg");
  struct iovec places[] = {{data, 1}, {data + 1, 99}};
  message = (struct msghdr){
      .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = places, .msg_iovlen = 2};
  const ssize_t size = recvmsg(fd, &message, 0);
  show("recvmsg", size, data, &from, message.msg_namelen);
}

static void by_sendmmsg(int fd) {
  char data[2][100];
  struct sockaddr_in from[2];
  struct iovec parts[2] = {{(char[]){"three"}, 5}, {(char[]){"four"}, 4}};
  struct mmsghdr messages[2] = {0};
  for (int i = 0; i < 2; ++i) {
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &g_peer, .msg_namelen = sizeof g_peer, .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  if (sendmmsg(fd, messages, 2, 0) != 2) fail("sendmmsg");
  for (int i = 0; i < 2; ++i) {
    parts[i] = (struct iovec){data[i], sizeof data[i]};
    messages[i].msg_hdr.msg_name = &from[i];
  }
  if (recvmmsg(fd, messages, 2, 0, NULL) != 2) fail("recvmmsg");
  for (int i = 0; i < 2; ++i) {
    show("recvmmsg", (ssize_t)messages[i].msg_len, data[i], &from[i],
         messages[i].msg_hdr.msg_namelen);
  }
}

static void connected(int fd) {
  char data[100];
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  if (connect(fd, (const struct sockaddr*)&g_peer, sizeof g_peer) != 0) fail("connect");
  if (write(fd, "five", 4) != 4) fail("write");
  const ssize_t size = read(fd, data, sizeof data);
  if (getpeername(fd, (struct sockaddr*)&name, &length) != 0) fail("getpeername");
  show("read", size, data, &name, length);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  g_peer = address_of(argv[1], argv[2]);
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) fail("socket");
  by_sendto(fd);
  by_sendmsg(fd);
  by_sendmmsg(fd);
  connected(fd);
  return 0;
}
