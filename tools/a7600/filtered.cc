// SPDX-License-Identifier: MIT
#include "filtered.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "base/program_file.h"
#include "options.h"
#include "seccomp/features.h"
#include "seccomp/filter.h"
#include "seccomp/hand_over.h"

namespace a7600::tool {
namespace {

constexpr int kNotIntercepted = 126;
constexpr int kNotFound = 127;

int refuse(const char* path, const std::string& why) {
  return complain(std::string(path) + " can't be intercepted: " + why, kNotIntercepted);
}

// Nothing if all is well.
std::optional<std::string> put_filter(const std::string& supervisor) {
  const seccomp::Features features = seccomp::probe(-1);
  if (auto sentence = seccomp::missing(features)) return sentence;
  const auto listener = seccomp::install_filter(features.wait_killable);
  if (!listener) return listener.error().text;
  if (auto sentence = seccomp::missing(seccomp::probe(listener.value().get()))) return sentence;
  if (const int error = seccomp::hand_over(supervisor, listener.value().get())) {
    return error == ECONNREFUSED ? "its `a7600 run` has been killed"
                                 : std::string("its `a7600 run`: ") + strerror(error);
  }
  return std::nullopt;
}

// A program that fexecve(3) or execveat(2) starts has a descriptor of itself, for us alone. A
// script's interpreter has yet to open it.
void close_own_descriptor(std::string_view path) {
  constexpr std::string_view kDescriptors = "/proc/self/fd/";
  if (!path.starts_with(kDescriptors) || interpreter_of(std::string(path)) != path) return;
  const std::string_view number = path.substr(kDescriptors.size());
  int fd = -1;
  std::from_chars(number.data(), number.data() + number.size(), fd);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace

std::vector<std::string> filtered_command(const std::string& supervisor, const std::string& path) {
  return {"a7600", "filtered", supervisor, path};
}

int become_filtered(const std::vector<char*>& words) {
  if (words.size() < 3) return complain("filtered: is for `a7600 run`", kNotIntercepted);
  const char* const path = words[1];
  if (!seccomp::is_filtered()) {
    if (const auto why = put_filter(words[0])) return refuse(path, *why);
  }
  close_own_descriptor(path);
  std::vector<char*> argv(words.begin() + 2, words.end());
  argv.push_back(nullptr);
  // Past the preload library, which would come back here.
  ::syscall(SYS_execve, path, argv.data(), environ);
  const int posix = errno;
  return complain(std::string(path) + ": " + strerror(posix),
                  posix == ENOENT ? kNotFound : kNotIntercepted);
}

}  // namespace a7600::tool
