// SPDX-License-Identifier: MIT
#include "client/spawn.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "base/sys.h"
#include "engine/place.h"

namespace a7600::client {
namespace {

constexpr const char* kIdleSeconds = "10";

bool is_executable(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

// The program's environment, without what would put this library into the engine.
std::vector<char*> engine_environment() {
  std::vector<char*> out;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry = *at;
    if (entry.starts_with("LD_PRELOAD=") || entry.starts_with("A7600_ENGINE=")) continue;
    out.push_back(*at);
  }
  out.push_back(nullptr);
  return out;
}

// Makes only system calls: other threads of the program may hold any lock.
[[noreturn]] void become(const char* command, char* const* argv, char* const* envp) {
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nowhere, 0);
  ::dup2(nowhere, 1);
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::syscall(SYS_execve, command, argv, envp);
  ::syscall(SYS_exit_group, 127);
  __builtin_unreachable();
}

}  // namespace

std::optional<std::string> find_command() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void*>(&find_command), &info) != 0 && info.dli_fname != nullptr) {
    std::string directory = info.dli_fname;
    directory.erase(directory.rfind('/') == std::string::npos ? 0 : directory.rfind('/'));
    // lib/x86_64-linux-gnu is two levels below the prefix.
    for (const char* relative : {"/../tools/a7600", "/../bin/a7600", "/../../bin/a7600"}) {
      if (std::string path = directory + relative; is_executable(path)) return path;
    }
  }
  const char* path = ::getenv("PATH");
  for (std::string_view rest = path == nullptr ? "/usr/bin:/bin" : path; !rest.empty();) {
    const std::size_t size = std::min(rest.find(':'), rest.size());
    const std::string candidate = std::string(rest.substr(0, size)) + "/a7600";
    rest.remove_prefix(std::min(size + 1, rest.size()));
    if (candidate.front() == '/' && is_executable(candidate)) return candidate;
  }
  return std::nullopt;
}

Result<std::string> spawn_engine(const config::Config& config) {
  const auto command = find_command();
  if (!command) {
    return Error{ENOENT, -1,
                 "A7600_ENGINE: \"spawn\" needs the command a7600, which is neither beside the "
                 "library nor in PATH"};
  }
  std::string ports = config.port;
  if (!config.second_port.empty()) ports += "," + config.second_port;
  std::vector<std::string> words = {*command,     "serve",  "--background", "--idle",
                                    kIdleSeconds, "--port", ports};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::vector<char*> envp = engine_environment();

  // Without an exit signal: the program's SIGCHLD handler and wait(2) never hear of it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const long pid = ::syscall(SYS_clone, CLONE_VFORK, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) become(command->c_str(), argv.data(), envp.data());
  const int failed = pid < 0 ? errno : 0;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failed != 0) return Error{failed, -1, *command + ": " + strerror(failed)};

  // It leaves a child behind, and ends, when it takes calls.
  int status = 0;
  while (::waitpid(static_cast<pid_t>(pid), &status, __WALL) < 0 && errno == EINTR) {
  }
  for (const std::string& path : engine::shared_sockets(config)) {
    if (engine::takes_calls(path)) return path;
  }
  return Error{ENETDOWN, -1, {}};
}

}  // namespace a7600::client
