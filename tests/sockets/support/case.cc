// SPDX-License-Identifier: MIT
#include "support/case.h"

#include <signal.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>

namespace sockets {
namespace {

constexpr unsigned kSeconds = 25;

// Made at first use, as the cases are registered by constructors.
std::map<std::string_view, void (*)()>& cases() {
  static std::map<std::string_view, void (*)()> all;
  return all;
}

std::map<std::string_view, int (*)(const char*)>& roles() {
  static std::map<std::string_view, int (*)(const char*)> all;
  return all;
}

void put(const std::string& line) {
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t put = ::write(STDOUT_FILENO, line.data() + at, line.size() - at);
    if (put < 0 && errno != EINTR) ::_exit(3);
    if (put > 0) at += static_cast<std::size_t>(put);
  }
}

}  // namespace

Case::Case(const char* name, void (*body)()) { cases().emplace(name, body); }
Role::Role(const char* name, int (*body)(const char*)) { roles().emplace(name, body); }

void say(const char* format, ...) {
  const int saved = errno;
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  put(std::string(line) + "\n");
  errno = saved;
}

std::string errno_name(int error) {
  if (error == 0) return "0";
  const char* name = ::strerrorname_np(error);
  return name != nullptr ? name : "errno " + std::to_string(error);
}

long show(const char* label, long value) {
  const int error = errno;
  say("%s: %s", label, value == -1 ? errno_name(error).c_str() : std::to_string(value).c_str());
  errno = error;
  return value;
}

int need(long value, const char* what) {
  if (value >= 0) return static_cast<int>(value);
  say("%s failed: %s", what, errno_name(errno).c_str());
  ::_exit(2);
}

std::string setting(const char* name) {
  const char* value = ::getenv(name);
  if (value == nullptr) need(-1, name);
  return value;
}

const char* own_path() { return "/proc/self/exe"; }

}  // namespace sockets

int main(int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word == "--list") {
    for (const auto& [name, body] : sockets::cases()) std::puts(name.data());
    return 0;
  }
  ::alarm(sockets::kSeconds);  // a wait that should have ended ends the program
  if (word == "--role" && argc == 4) {
    const auto role = sockets::roles().find(argv[2]);
    return role == sockets::roles().end() ? 2 : role->second(argv[3]);
  }
  const auto found = sockets::cases().find(word);
  if (found == sockets::cases().end()) {
    std::fprintf(stderr, "usage: %s --list | CASE\n", argv[0]);
    return 2;
  }
  found->second();
  return 0;
}
