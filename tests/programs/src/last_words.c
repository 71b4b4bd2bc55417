/* SPDX-License-Identifier: MIT
 * last_words HOW IP PORT SIZE
 * Connects, writes SIZE bytes counting 0, 1, … 250, 0, 1, … and ends at once in the way named by
 * HOW: return, exit, _exit, exec (of true) or close (then return). */
#include "common.h"

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const char* how = argv[1];
  const size_t size = strtoul(argv[4], NULL, 10);
  unsigned char* data = malloc(size);
  if (data == NULL) fail("malloc");
  for (size_t i = 0; i < size; ++i) data[i] = (unsigned char)(i % 251);
  const int fd = connected_socket(argv[2], argv[3]);
  write_all(fd, data, size);
  if (strcmp(how, "exit") == 0) exit(0);
  if (strcmp(how, "_exit") == 0) _exit(0);
  if (strcmp(how, "exec") == 0) {
    execlp("true", "true", (char*)NULL);
    fail("exec");
  }
  if (strcmp(how, "close") == 0) close(fd);
  return 0;
}
