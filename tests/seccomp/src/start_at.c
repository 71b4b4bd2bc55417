/* SPDX-License-Identifier: MIT
 * start_at HOW PROGRAM ARGV…  becomes PROGRAM by execveat(2): as its name in its folder
 * (directory), in the current one (here), as a descriptor (itself), or unless it is a link
 * (no-link). */
#include <fcntl.h>
#include <libgen.h>

#include "common.h"

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const char* how = argv[1];
  char* program = argv[2];
  char* folder = dirname(strdup(program));
  int at = AT_FDCWD;
  int flags = 0;
  if (strcmp(how, "directory") == 0) {
    at = open(folder, O_RDONLY | O_CLOEXEC);
    program = basename(program);
  } else if (strcmp(how, "here") == 0) {
    if (chdir(folder) != 0) fail("chdir");
    program = basename(program);
  } else if (strcmp(how, "itself") == 0) {
    at = open(program, O_RDONLY | O_CLOEXEC);
    program = "";
    flags = AT_EMPTY_PATH;
  } else {
    flags = AT_SYMLINK_NOFOLLOW;
  }
  execveat(at, program, argv + 3, environ, flags);
  fail("execveat");
}
