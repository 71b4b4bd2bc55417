// SPDX-License-Identifier: MIT
//
// The ends of a process, and its successors. What was written just before exit() leaves in the
// library's destructor; _exit() and exec run none, so they wait here. A child that shares its
// parent's engine waits for nothing: what it wrote is the engine's already.
//
// A program that the library can't be loaded into, or whose calls pass it by, is started by way of
// the command a7600, which puts a filter on it (lib/seccomp); only under `a7600 run`.
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <charconv>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "base/program_file.h"
#include "base/unique_fd.h"
#include "client/runtime.h"
#include "filtering.h"
#include "hook.h"

using a7600::preload::filtering;
using a7600::preload::real;

namespace {

constexpr std::size_t kPathSize = 4096;

// The engine's thread does not survive exec, so its connections end here, as far as the new program
// will take the old one's place: a call that is going to fail changes nothing.
class Exec {
 public:
  explicit Exec(bool will_succeed) : ends_(will_succeed) {
    if (ends_) a7600::client::Runtime::get().finish();
  }
  // exec has returned all the same.
  ~Exec() {
    if (ends_) a7600::client::Runtime::get().resume();
  }
  Exec(const Exec&) = delete;
  Exec& operator=(const Exec&) = delete;

 private:
  bool ends_;
};

// Whether the file may be run, and the kernel knows what to do with it. Formats that an
// administrator has added are not known here; a program of such a one starts without what was
// written last.
bool is_executable(const char* path) {
  if (path == nullptr || !a7600::is_executable_file(path)) return false;
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return true;  // may be run, but not read
  char start[4] = {};
  const bool has_start = ::read(fd, start, sizeof(start)) == sizeof(start);
  a7600::preload::real().close(fd);
  constexpr char kElf[] = {0x7f, 'E', 'L', 'F'};
  return has_start && (std::memcmp(start, kElf, 4) == 0 || std::memcmp(start, "#!", 2) == 0);
}

// As execvp() looks it up; into `found`, which has room for a path.
bool find_in_path(const char* file, char* found) {
  if (file == nullptr || std::strchr(file, '/') != nullptr) {
    if (file == nullptr || std::strlen(file) >= kPathSize) return false;
    if (!a7600::is_executable_file(file)) return false;
    std::strcpy(found, file);
    return true;
  }
  const char* path = ::getenv("PATH");
  if (path == nullptr) path = "/bin:/usr/bin";
  const std::size_t file_size = std::strlen(file) + 1;
  for (const char* at = path;;) {
    const std::size_t size = std::strcspn(at, ":");
    if (size + 1 + file_size <= kPathSize) {
      std::memcpy(found, at, size);
      char* end = found + size;
      if (size > 0) *end++ = '/';
      std::memcpy(end, file, file_size);
      if (a7600::is_executable_file(found)) return true;
    }
    if (at[size] == '\0') return false;
    at += size + 1;
  }
}

// Whether the calls of the program `path` need a filter to be seen, and it can be had. One that
// would gain rights is left alone: under a filter it wouldn't.
bool needs_filter(const char* path) {
  if (!filtering().is_on()) return false;
  if (::geteuid() != 0 && a7600::gain_of(path) != a7600::Gain::kNone) return false;
  const a7600::ProgramKind kind = a7600::program_kind(path);
  return kind == a7600::ProgramKind::kStatic || kind == a7600::ProgramKind::kGo;
}

// What execveat(2) would start: by its own path, or by a descriptor of ours, since that of a
// directory may close on exec.
class Named {
 public:
  Named(int directory, const char* path, int flags) {
    if (path == nullptr) return;
    const bool is_plain = path[0] == '/' || (directory == AT_FDCWD && path[0] != '\0');
    const int follow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? O_NOFOLLOW : 0;
    if (is_plain && follow == 0) {
      path_ = path;
      return;
    }
    if (path[0] == '\0' && (flags & AT_EMPTY_PATH) != 0) {
      file_.reset(::fcntl(directory, F_DUPFD_CLOEXEC, 0));
    } else {
      file_.reset(::openat(directory, path, O_PATH | O_CLOEXEC | follow));
    }
    if (!file_) return;
    std::to_chars(by_descriptor_ + std::strlen(by_descriptor_), std::end(by_descriptor_) - 1,
                  file_.get());
    path_ = by_descriptor_;
  }

  // Null: there is none.
  const char* path() const { return path_; }
  // The same, for the command in between, which closes the descriptor itself.
  const char* path_for_command() const {
    if (file_) ::fcntl(file_.get(), F_SETFD, 0);
    return path_;
  }

 private:
  a7600::UniqueFd file_;
  char by_descriptor_[32] = "/proc/self/fd/";
  const char* path_ = nullptr;
};

std::size_t count_words(char* const* argv) {
  std::size_t count = 0;
  while (argv != nullptr && argv[count] != nullptr) ++count;
  return count;
}

constexpr std::size_t kOwnWords = 4;

// The words of the command that starts the program `path` under a filter: kOwnWords, and its own.
void put_filtered_words(const char* path, char* const* argv, std::size_t count, char** out) {
  const char* const own[kOwnWords] = {"a7600", "filtered", filtering().supervisor, path};
  for (std::size_t i = 0; i < kOwnWords; ++i) out[i] = const_cast<char*>(own[i]);
  for (std::size_t i = 0; i < count; ++i) out[kOwnWords + i] = argv[i];
  out[kOwnWords + count] = nullptr;
}

int exec_filtered(const char* path, char* const* argv, char* const* envp) {
  const std::size_t count = count_words(argv);
  auto** words = static_cast<char**>(__builtin_alloca((kOwnWords + count + 1) * sizeof(char*)));
  put_filtered_words(path, argv, count, words);
  return real().execve(filtering().command, words, envp);
}

int spawn_filtered(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                   const posix_spawnattr_t* attributes, char* const* argv, char* const* envp) {
  const std::size_t count = count_words(argv);
  auto** words = static_cast<char**>(__builtin_alloca((kOwnWords + count + 1) * sizeof(char*)));
  put_filtered_words(path, argv, count, words);
  return real().posix_spawn(pid, filtering().command, actions, attributes, words, envp);
}

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
  const bool executable = is_executable(path);
  const Exec exec(executable);
  if (executable && needs_filter(path)) return exec_filtered(path, argv, envp);
  return libc.execve(path, argv, envp);
}

A7600_HOOK int execv(const char* path, char* const* argv) {
  const auto& libc = real();
  const bool executable = is_executable(path);
  const Exec exec(executable);
  if (executable && needs_filter(path)) return exec_filtered(path, argv, environ);
  return libc.execv(path, argv);
}

A7600_HOOK int execvp(const char* file, char* const* argv) {
  const auto& libc = real();
  char path[kPathSize];
  const bool executable = find_in_path(file, path);
  const Exec exec(executable);
  if (executable && needs_filter(path)) return exec_filtered(path, argv, environ);
  return libc.execvp(file, argv);
}

A7600_HOOK int execvpe(const char* file, char* const* argv, char* const* envp) {
  const auto& libc = real();
  char path[kPathSize];
  const bool executable = find_in_path(file, path);
  const Exec exec(executable);
  if (executable && needs_filter(path)) return exec_filtered(path, argv, envp);
  return libc.execvpe(file, argv, envp);
}

A7600_HOOK int fexecve(int fd, char* const* argv, char* const* envp) {
  const auto& libc = real();
  const Named program(fd, "", AT_EMPTY_PATH);
  const bool executable = is_executable(program.path());
  const Exec exec(executable);
  if (executable && needs_filter(program.path())) {
    return exec_filtered(program.path_for_command(), argv, envp);
  }
  return libc.fexecve(fd, argv, envp);
}

A7600_HOOK int execveat(int directory, const char* path, char* const* argv, char* const* envp,
                        int flags) {
  const auto& libc = real();
  const Named program(directory, path, flags);
  const bool executable = is_executable(program.path());
  const Exec exec(executable);
  if (executable && needs_filter(program.path())) {
    return exec_filtered(program.path_for_command(), argv, envp);
  }
  return libc.execveat(directory, path, argv, envp, flags);
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

A7600_HOOK int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                           const posix_spawnattr_t* attributes, char* const* argv,
                           char* const* envp) {
  const auto& libc = real();
  if (is_executable(path) && needs_filter(path)) {
    return spawn_filtered(pid, path, actions, attributes, argv, envp);
  }
  return libc.posix_spawn(pid, path, actions, attributes, argv, envp);
}

A7600_HOOK int posix_spawnp(pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
                            const posix_spawnattr_t* attributes, char* const* argv,
                            char* const* envp) {
  const auto& libc = real();
  char path[kPathSize];
  if (filtering().is_on() && find_in_path(file, path) && needs_filter(path)) {
    return spawn_filtered(pid, path, actions, attributes, argv, envp);
  }
  return libc.posix_spawnp(pid, file, actions, attributes, argv, envp);
}
