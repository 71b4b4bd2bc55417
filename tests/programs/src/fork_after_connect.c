/* SPDX-License-Identifier: MIT
 * fork_after_connect IP PORT REQUEST
 * Connects, forks, and lets the child send REQUEST and print the answer up to the end of file. The
 * parent closes its copy at once and waits. */
#include <sys/wait.h>

#include "common.h"

static void talk(int fd, const char* request) {
  write_all(fd, request, strlen(request));
  char piece[4096];
  ssize_t size;
  while ((size = read(fd, piece, sizeof piece)) > 0) fwrite(piece, 1, (size_t)size, stdout);
  if (size < 0) fail("read");
  fflush(stdout);
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int fd = connected_socket(argv[1], argv[2]);
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    talk(fd, argv[3]);
    _exit(0);
  }
  close(fd);
  int status = 0;
  if (waitpid(child, &status, 0) != child) fail("waitpid");
  puts("\nparent done");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
