/* SPDX-License-Identifier: MIT
 * undumpable          forbids that it is looked into, and makes a socket; prints the result
 * undumpable IP PORT  has a connection to an echo server before, and uses it after */
#include <sys/prctl.h>

#include "common.h"

int main(int argc, char** argv) {
  const int connected = argc == 3 ? connected_socket(argv[1], argv[2]) : -1;
  prctl(PR_SET_DUMPABLE, 0);
  if (connected >= 0) {
    char data[5];
    write_all(connected, "hello", sizeof data);
    if (recv(connected, data, sizeof data, MSG_WAITALL) != sizeof data) fail("recv");
    puts("echoed 5");
  }
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  printf("socket %s\n", fd < 0 ? errno_name(errno) : "0");
  return 0;
}
