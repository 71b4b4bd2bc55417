/* SPDX-License-Identifier: MIT
 * hostile pointers        every call with addresses that lead nowhere and lengths beyond all reason
 * hostile vanish IP PORT  children and threads that die in the middle of a call
 * hostile swap IP PORT    threads that exchange the descriptor while calls use it
 * Prints "done" at the end; what the calls return is their own business, but "pointers" prints what
 * is not the kernel's own answer. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "common.h"

static const unsigned long kBad[] = {0, 1, 0xdeadbeef, 0x7fffffffffff, 0xffff800000000000, -1UL};
static const long kLengths[] = {0, 1, 16, 128, 129, 65536, 0x7fffffff, -1, 0x100000000};

static void expect(const char* what, long result, int error, int wanted) {
  if (result != -1 || error != wanted) {
    printf("%s: %ld %s instead of %s\n", what, result, errno_name(error), errno_name(wanted));
  }
}

/* errno is read after the call, whatever the compiler does first. */
#define EXPECT(what, call, wanted)        \
  do {                                    \
    const long result_ = (call);          \
    expect(what, result_, errno, wanted); \
  } while (0)

static int modem_socket(int type) {
  const int fd = socket(AF_INET, type, 0);
  if (fd < 0) fail("socket");
  return fd;
}

static void try_all(int fd) {
  static const int kCalls[] = {SYS_connect,    SYS_bind,    SYS_getsockname, SYS_getpeername,
                               SYS_sendmsg,    SYS_recvmsg, SYS_sendmmsg,    SYS_recvmmsg,
                               SYS_getsockopt, SYS_sendto,  SYS_recvfrom,    SYS_accept4,
                               SYS_setsockopt, SYS_listen,  SYS_shutdown};
  fcntl(fd, F_SETFL, O_NONBLOCK);
  for (size_t call = 0; call < sizeof kCalls / sizeof kCalls[0]; ++call) {
    for (size_t pointer = 0; pointer < sizeof kBad / sizeof kBad[0]; ++pointer) {
      for (size_t length = 0; length < sizeof kLengths / sizeof kLengths[0]; ++length) {
        const long size = kLengths[length];
        const unsigned long bad = kBad[pointer];
        syscall(kCalls[call], fd, bad, size, MSG_DONTWAIT, bad, size);
        syscall(kCalls[call], fd, SOL_SOCKET, SO_LINGER, bad, size, bad);
      }
    }
  }
}

static int pointers(void) {
  const int fd = modem_socket(SOCK_STREAM);
  const struct sockaddr_in address = address_of("203.0.113.7", "9");
  struct sockaddr_storage storage;
  socklen_t size = sizeof storage;
  int value = 0;
  EXPECT("connect with no address", connect(fd, (const struct sockaddr*)1, sizeof address), EFAULT);
  EXPECT("connect with a long address", connect(fd, (const struct sockaddr*)&address, 0x7fffffff),
         EINVAL);
  EXPECT("connect with a short address", connect(fd, (const struct sockaddr*)&address, 4), EINVAL);
  EXPECT("getsockname with no length", syscall(SYS_getsockname, fd, &storage, 1), EFAULT);
  size = (socklen_t)-1;
  EXPECT("getsockname with a negative length", getsockname(fd, (struct sockaddr*)&storage, &size),
         EINVAL);
  size = sizeof value;
  EXPECT("getsockopt with no place", syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, 1, &size),
         EFAULT);
  EXPECT("setsockopt with no value",
         setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, (void*)1, sizeof value), EFAULT);
  EXPECT("setsockopt with a negative length",
         setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, (socklen_t)-1), EINVAL);
  /* An address that ends where its page does. */
  char* page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page + 4096, 4096);
  memcpy(page + 4096 - 8, &address, 8);
  EXPECT("connect with an address cut off",
         connect(fd, (const struct sockaddr*)(page + 4096 - 8), sizeof address), EFAULT);
  const int udp = modem_socket(SOCK_DGRAM);
  struct iovec part = {(void*)1, 100};
  struct msghdr message = {.msg_name = (void*)&address,
                           .msg_namelen = sizeof address,
                           .msg_iov = &part,
                           .msg_iovlen = 1};
  EXPECT("sendmsg of nothing", sendmsg(udp, &message, 0), EFAULT);
  message.msg_iovlen = 5000;
  EXPECT("sendmsg of 5000 parts", sendmsg(udp, &message, 0), EMSGSIZE);
  EXPECT("sendto of 1 MB",
         sendto(udp, page, 1 << 20, 0, (const struct sockaddr*)&address, sizeof address), EMSGSIZE);
  close(fd);
  close(udp);
  for (int type = SOCK_STREAM; type <= SOCK_DGRAM; ++type) try_all(modem_socket(type));
  return 0;
}

static struct sockaddr_in g_address;

static void* accept_for_ever(void* listener) {
  accept(*(int*)listener, NULL, NULL);
  return NULL;
}

static void* connect_once(void* unused) {
  (void)unused;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  connect(fd, (const struct sockaddr*)&g_address, sizeof g_address);
  close(fd);
  return NULL;
}

/* Threads of a process that is killed while they sleep, or are being served. */
static int vanish(void) {
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      int listener = modem_socket(SOCK_DGRAM);
      pthread_t thread;
      for (int n = 0; n < 4; ++n) pthread_create(&thread, NULL, connect_once, NULL);
      pthread_create(&thread, NULL, accept_for_ever, &listener);
      for (;;) {
        char byte;
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        recvfrom(listener, &byte, 1, i % 2 ? MSG_DONTWAIT : 0, (struct sockaddr*)&from, &size);
        close(modem_socket(SOCK_STREAM));
      }
    }
    poll(NULL, 0, i * 3);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
  }
  return 0;
}

static int g_swapped;
static volatile int g_over;

static void* exchange_descriptors(void* unused) {
  (void)unused;
  while (!g_over) {
    const int fresh = socket(AF_INET, SOCK_STREAM, 0);
    if (fresh >= 0) {
      dup2(fresh, g_swapped);
      close(fresh);
    }
  }
  return NULL;
}

/* The bypassed destination puts a kernel socket under a number that others are busy with. */
static int swap(void) {
  g_swapped = modem_socket(SOCK_STREAM);
  fcntl(g_swapped, F_SETFL, O_NONBLOCK);
  pthread_t thread;
  pthread_create(&thread, NULL, exchange_descriptors, NULL);
  for (int i = 0; i < 300; ++i) {
    connect(g_swapped, (const struct sockaddr*)&g_address, sizeof g_address);
  }
  g_over = 1;
  pthread_join(thread, NULL);
  return 0;
}

int main(int argc, char** argv) {
  int status = 2;
  signal(SIGPIPE, SIG_IGN);
  if (argc == 4) g_address = address_of(argv[2], argv[3]);
  if (argc == 2 && strcmp(argv[1], "pointers") == 0) status = pointers();
  if (argc == 4 && strcmp(argv[1], "vanish") == 0) status = vanish();
  if (argc == 4 && strcmp(argv[1], "swap") == 0) status = swap();
  if (status == 0) puts("done");
  return status;
}
