/* SPDX-License-Identifier: MIT
 * survivor killed PORT COUNT     before each accept, a child is killed that sleeps in accept of the
 *                                same listener
 * survivor signalled PORT COUNT  in each accept, a handler runs and the accept starts again
 * Prints a line each time that happens, and sends each client a byte. */
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "common.h"

static const char kLine[] = "now\n";

static void handle(int signal_number) {
  (void)signal_number;
  if (write(STDOUT_FILENO, kLine, sizeof kLine - 1) < 0) _exit(1);
}

static void kill_another(int listener) {
  int begun[2];
  if (pipe(begun) != 0) fail("pipe");
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    if (write(begun[1], "x", 1) == 1) accept(listener, NULL, NULL);
    _exit(0);
  }
  char byte;
  if (read(begun[0], &byte, 1) != 1) fail("read");
  close(begun[0]);
  close(begun[1]);
  poll(NULL, 0, 20); /* until it sleeps, most likely */
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  handle(SIGKILL);
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int killed = strcmp(argv[1], "killed") == 0;
  const struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  const struct sockaddr_in address = address_of("0.0.0.0", argv[2]);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (const struct sockaddr*)&address, sizeof address) != 0) fail("bind");
  if (listen(listener, 4) != 0) fail("listen");
  for (int i = 0; i < atoi(argv[3]); ++i) {
    const struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    if (killed) kill_another(listener);
    if (!killed) setitimer(ITIMER_REAL, &soon, NULL);
    const int fd = accept(listener, NULL, NULL);
    if (fd < 0) fail("accept");
    write_all(fd, "x", 1);
    close(fd);
  }
  puts("done");
  return 0;
}
