/* SPDX-License-Identifier: MIT
 * handler IP PORT  connects where nobody answers; SIGUSR1 has a handler, without SA_RESTART. */
#include <signal.h>

#include "common.h"

static void handle(int signal_number) {
  (void)signal_number;
  static const char kText[] = "handled, then ";
  if (write(STDOUT_FILENO, kText, sizeof kText - 1) < 0) _exit(1);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const struct sigaction action = {.sa_handler = handle};
  sigaction(SIGUSR1, &action, NULL);
  const struct sockaddr_in address = address_of(argv[1], argv[2]);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) fail("socket");
  if (connect(fd, (const struct sockaddr*)&address, sizeof address) == 0) return 1;
  puts(errno_name(errno));
  return errno == EINTR ? 0 : 1;
}
