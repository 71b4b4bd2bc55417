// SPDX-License-Identifier: MIT
//
// The ends of a process. What was written just before exit() leaves in the library's destructor;
// _exit() and exec run none, so they wait here. A child that shares its parent's engine waits for
// nothing: what it wrote is the engine's already.
#include <cstdarg>
#include <cstddef>

#include "client/runtime.h"
#include "hook.h"

extern "C" char** environ;  // NOLINT(readability-redundant-declaration)

using a7600::preload::real;

namespace {

void before_exec() { a7600::client::Runtime::get().flush(); }

std::size_t count_arguments(va_list list) {
  std::size_t count = 1;
  va_list copy;
  va_copy(copy, list);
  while (va_arg(copy, char*) != nullptr) ++count;
  va_end(copy);
  return count;
}

// The arguments of execl() and its like as an array of count + 1 elements.
void collect_arguments(const char* first, va_list list, std::size_t count, char** out) {
  out[0] = const_cast<char*>(first);
  for (std::size_t i = 1; i <= count; ++i) out[i] = va_arg(list, char*);
}

}  // namespace

A7600_HOOK __attribute__((noreturn)) void _exit(int status) {
  const auto& libc = real();
  a7600::client::Runtime::get().finish();
  libc._exit(status);
  __builtin_unreachable();
}

A7600_HOOK __attribute__((noreturn)) void _Exit(int status) { _exit(status); }

A7600_HOOK int execve(const char* path, char* const* argv, char* const* envp) {
  const auto& libc = real();
  before_exec();
  return libc.execve(path, argv, envp);
}

A7600_HOOK int execv(const char* path, char* const* argv) {
  const auto& libc = real();
  before_exec();
  return libc.execv(path, argv);
}

A7600_HOOK int execvp(const char* file, char* const* argv) {
  const auto& libc = real();
  before_exec();
  return libc.execvp(file, argv);
}

A7600_HOOK int execvpe(const char* file, char* const* argv, char* const* envp) {
  const auto& libc = real();
  before_exec();
  return libc.execvpe(file, argv, envp);
}

A7600_HOOK int fexecve(int fd, char* const* argv, char* const* envp) {
  const auto& libc = real();
  before_exec();
  return libc.fexecve(fd, argv, envp);
}

// On the stack, as in the C library: exec may be called where no memory can be allocated.
A7600_HOOK int execl(const char* path, const char* argument, ...) {
  va_list list;
  va_start(list, argument);
  const std::size_t count = count_arguments(list);
  auto** argv = static_cast<char**>(__builtin_alloca((count + 1) * sizeof(char*)));
  collect_arguments(argument, list, count, argv);
  va_end(list);
  return execv(path, argv);
}

A7600_HOOK int execlp(const char* file, const char* argument, ...) {
  va_list list;
  va_start(list, argument);
  const std::size_t count = count_arguments(list);
  auto** argv = static_cast<char**>(__builtin_alloca((count + 1) * sizeof(char*)));
  collect_arguments(argument, list, count, argv);
  va_end(list);
  return execvp(file, argv);
}

A7600_HOOK int execle(const char* path, const char* argument, ...) {
  va_list list;
  va_start(list, argument);
  const std::size_t count = count_arguments(list);
  auto** argv = static_cast<char**>(__builtin_alloca((count + 1) * sizeof(char*)));
  collect_arguments(argument, list, count, argv);
  char** envp = va_arg(list, char**);
  va_end(list);
  return execve(path, argv, envp);
}
