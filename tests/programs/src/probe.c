/* SPDX-License-Identifier: MIT
 * probe connect IP PORT       a blocking connect
 * probe connect-nb IP PORT    a non-blocking connect, then poll and SO_ERROR
 * probe resolve NAME          getaddrinfo
 * probe resolve-old NAME      gethostbyname
 * Prints one line per call with its result; ends with status 0 when the last one succeeded. */
#include <netdb.h>
#include <poll.h>

#include "common.h"

static int probe_connect(const char* ip, const char* port) {
  const struct sockaddr_in address = address_of(ip, port);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) fail("socket");
  if (connect(fd, (const struct sockaddr*)&address, sizeof address) != 0) fail("connect");
  puts("connect 0");
  return close(fd);
}

static int probe_connect_nonblocking(const char* ip, const char* port) {
  const struct sockaddr_in address = address_of(ip, port);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("socket");
  if (connect(fd, (const struct sockaddr*)&address, sizeof address) != 0 && errno != EINPROGRESS) {
    fail("connect");
  }
  puts("connect EINPROGRESS");
  fflush(stdout);
  struct pollfd watch = {.fd = fd, .events = POLLOUT};
  if (poll(&watch, 1, -1) != 1) fail("poll");
  /* A pair's end whose peer has just gone says ERR and HUP a moment before OUT, TCP never does. It
   * is of no matter to a program, so it gets that moment. */
  for (int i = 0; i < 1000 && !(watch.revents & POLLOUT); ++i) {
    poll(NULL, 0, 1);
    if (poll(&watch, 1, -1) != 1) fail("poll");
  }
  printf("poll%s%s%s\n", watch.revents & POLLOUT ? " OUT" : "",
         watch.revents & POLLERR ? " ERR" : "", watch.revents & POLLHUP ? " HUP" : "");
  int error = -1;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) fail("getsockopt");
  printf("SO_ERROR %s\n", errno_name(error));
  return error != 0;
}

#define NAMED(code) \
  { code, #code }

static const char* eai_name(int code) {
  static const struct {
    int code;
    const char* name;
  } kNames[] = {{0, "0"},          NAMED(EAI_AGAIN),  NAMED(EAI_FAIL),   NAMED(EAI_FAMILY),
                NAMED(EAI_MEMORY), NAMED(EAI_NODATA), NAMED(EAI_NONAME), NAMED(EAI_SERVICE)};
  for (size_t i = 0; i < sizeof kNames / sizeof kNames[0]; ++i) {
    if (kNames[i].code == code) return kNames[i].name;
  }
  return "another EAI code";
}

static int probe_resolve(const char* name) {
  const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo* found = NULL;
  const int code = getaddrinfo(name, "80", &hints, &found);
  if (code == EAI_SYSTEM) fail("getaddrinfo EAI_SYSTEM");
  printf("getaddrinfo %s\n", eai_name(code));
  for (struct addrinfo* each = found; each != NULL; each = each->ai_next) {
    char host[NI_MAXHOST];
    if (getnameinfo(each->ai_addr, each->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST) ==
        0) {
      puts(host);
    }
  }
  if (found != NULL) freeaddrinfo(found);
  return code != 0;
}

static int probe_resolve_old(const char* name) {
  const struct hostent* found = gethostbyname(name);
  printf("gethostbyname %s\n", found != NULL               ? "0"
                               : h_errno == HOST_NOT_FOUND ? "HOST_NOT_FOUND"
                               : h_errno == TRY_AGAIN      ? "TRY_AGAIN"
                                                           : "another h_errno");
  if (found == NULL) return 1;
  for (char** each = found->h_addr_list; *each != NULL; ++each) {
    char host[INET_ADDRSTRLEN];
    puts(inet_ntop(found->h_addrtype, *each, host, sizeof host));
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "connect") == 0) return probe_connect(argv[2], argv[3]);
  if (argc == 4 && strcmp(argv[1], "connect-nb") == 0) {
    return probe_connect_nonblocking(argv[2], argv[3]);
  }
  if (argc == 3 && strcmp(argv[1], "resolve") == 0) return probe_resolve(argv[2]);
  if (argc == 3 && strcmp(argv[1], "resolve-old") == 0) return probe_resolve_old(argv[2]);
  fputs("usage: probe connect|connect-nb IP PORT | probe resolve|resolve-old NAME\n", stderr);
  return 2;
}
