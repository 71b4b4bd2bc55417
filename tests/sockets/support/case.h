// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <string>

// What each case is made of. A case is a small program that prints what it observes of its sockets,
// line by line; it is run on the kernel's sockets and on the modem's, and the lines must be equal
// (differential_test.py). So a line holds nothing that may differ for another reason: no descriptor
// number, no time, no port that somebody picked (address.h names them).
namespace sockets {

class Case {
 public:
  Case(const char* name, void (*body)());
};

// Defines a case, and names it for the command line: its name is what it shows.
#define CASE(name)                                       \
  static void name();                                    \
  static const ::sockets::Case case_##name(#name, name); \
  static void name()

// Prints a line at once, also from a child or a thread.
[[gnu::format(printf, 1, 2)]] void say(const char* format, ...);

// Prints "LABEL: VALUE", or the name of errno if the value is -1. Returns the value.
long show(const char* label, long value);

// The call as it is written, and its result.
#define SHOW(call) ::sockets::show(#call, (errno = 0, static_cast<long>(call)))

// "ECONNREFUSED"; "0" for none.
std::string errno_name(int error);

// For what a case needs but does not study: ends the program with a word when it fails.
int need(long value, const char* what);
#define NEED(call) ::sockets::need((call), #call)

// An environment variable that the driver sets.
std::string setting(const char* name);

// The program's own path, to run it again: with the name of a case, or as below.
const char* own_path();

// What the program does instead of a case when it is started as "PATH --role NAME ARGUMENT": the
// other side of a case about exec.
class Role {
 public:
  Role(const char* name, int (*body)(const char* argument));
};
#define ROLE(name)                                       \
  static int name(const char* argument);                 \
  static const ::sockets::Role role_##name(#name, name); \
  static int name([[maybe_unused]] const char* argument)

}  // namespace sockets
