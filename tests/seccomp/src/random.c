/* SPDX-License-Identifier: MIT
 * random SECONDS SEED  makes calls of every kind that is asked about, with random pointers, lengths
 *                      and memory behind them. Prints "begun", how many, and "done". */
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "common.h"

#define PAGE 4096

static const int kCalls[] = {
    SYS_socket,      SYS_connect,     SYS_bind,       SYS_listen,     SYS_accept4, SYS_shutdown,
    SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_sendto,  SYS_recvfrom,
    SYS_sendmsg,     SYS_recvmsg,     SYS_sendmmsg,   SYS_recvmmsg,   SYS_ioctl};
static const unsigned long kLengths[] = {
    0,    1,    2,     4,     8,       15,         16,         28,         110,         128, 129,
    4096, 4097, 65536, 65537, 1 << 20, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, -1UL};
static const unsigned long kNowhere[] = {
    0,    1,   8, 0xdeadbeef, 0x7fffffffe000, 0x7fffffffffff, 0x800000000000, 0xffff800000000000,
    -8UL, -1UL};

static unsigned long long g_state;
static char* g_page; /* between two that are none */
static int g_sockets[8];

static unsigned long next(void) {
  g_state ^= g_state << 13;
  g_state ^= g_state >> 7;
  g_state ^= g_state << 17;
  return (unsigned long)g_state;
}

static unsigned long one_of(const unsigned long* all, size_t count) { return all[next() % count]; }
#define ONE_OF(all) one_of(all, sizeof all / sizeof *all)

static unsigned long any_length(void) { return next() % 4 == 0 ? next() : ONE_OF(kLengths); }

/* Within the page, near its end, or nowhere. */
static unsigned long any_pointer(void) {
  switch (next() % 4) {
    case 0:
      return ONE_OF(kNowhere);
    case 1:
      return (unsigned long)g_page + PAGE - next() % 64;
    default:
      return (unsigned long)g_page + (next() % (PAGE / 8)) * 8;
  }
}

static unsigned long any_argument(void) {
  const unsigned long kind = next() % 3;
  if (kind == 2) return next() % 2 ? 0 : next() % 64;
  return kind == 0 ? any_pointer() : any_length();
}

/* Addresses, lengths and message headers to be found by the pointers above. */
static void fill_page(void) {
  unsigned long* words = (unsigned long*)g_page;
  for (size_t i = 0; i < PAGE / sizeof *words; ++i) words[i] = any_argument();
  for (int i = 0; i < 32; ++i) {
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)(next() % 64)),
                                        .sin_addr.s_addr = htonl(0xcb007107)};
    memcpy(g_page + (next() % (PAGE / 8 - 2)) * 8, &address, sizeof address);
    const struct iovec part = {(void*)any_pointer(), any_length()};
    memcpy(g_page + (next() % (PAGE / 8 - 2)) * 8, &part, sizeof part);
    const struct msghdr message = {(void*)any_pointer(), (socklen_t)any_length(),
                                   (void*)any_pointer(), next() % 4,
                                   (void*)any_pointer(), any_length(),
                                   (int)next()};
    memcpy(g_page + (next() % (PAGE / 8 - 8)) * 8, &message, sizeof message);
  }
}

static void fill_sockets(void) {
  const int kinds[] = {SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_DGRAM};
  closefrom(3);
  for (int i = 0; i < 8; ++i) {
    g_sockets[i] = i < 6 ? socket(i % 2 ? AF_INET : AF_INET6, kinds[i % 4] | SOCK_NONBLOCK, 0)
                         : socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  }
}

static void call_one(void) {
  const int number = kCalls[next() % (sizeof kCalls / sizeof *kCalls)];
  const unsigned long fd = next() % 16 == 0 ? any_argument() : (unsigned long)g_sockets[next() % 8];
  unsigned long words[5];
  for (int i = 0; i < 5; ++i) words[i] = any_argument();
  if (number == SYS_ioctl) words[0] = next() % 2 ? SIOCOUTQ : SIOCOUTQNSD;
  if (number == SYS_socket) {
    syscall(SYS_socket, next() % 2 ? AF_INET : AF_INET6, words[0] | SOCK_NONBLOCK, words[1]);
    return;
  }
  syscall(number, fd, words[0], words[1], words[2], words[3], words[4]);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  signal(SIGPIPE, SIG_IGN);
  g_state = strtoull(argv[2], NULL, 10) * 2 + 1;
  g_page = (char*)mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + PAGE;
  if (mprotect(g_page, PAGE, PROT_READ | PROT_WRITE) != 0) fail("mprotect");
  const struct rlimit few = {64, 64};
  setrlimit(RLIMIT_NOFILE, &few);
  const time_t end = time(NULL) + atoi(argv[1]);
  long made = 0;
  puts("begun");
  fflush(stdout);
  while (time(NULL) < end) {
    fill_sockets();
    for (int round = 0; round < 8; ++round) {
      fill_page();
      for (int i = 0; i < 50; ++i, ++made) call_one();
    }
  }
  printf("%ld calls\ndone\n", made);
  return 0;
}
