// SPDX-License-Identifier: MIT
#include "program.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/program_file.h"

namespace a7600::tool {
namespace {

Error cannot(const std::string& path, const std::string& why) {
  return {EPERM, -1, path + " can't be intercepted: " + why};
}

Result<std::string> find_in_path(const std::string& name) {
  const Error missing{ENOENT, -1, name + ": command not found"};
  const Error forbidden{EACCES, -1, name + ": permission denied"};
  struct stat status;
  if (name.find('/') != std::string::npos) {
    if (::stat(name.c_str(), &status) != 0) return errno == EACCES ? forbidden : missing;
    if (S_ISDIR(status.st_mode)) return Error{EACCES, -1, name + ": is a directory"};
    return is_executable_file(name.c_str()) ? Result<std::string>(name) : forbidden;
  }
  const char* path = ::getenv("PATH");
  bool seen = false;
  for (std::string_view rest = path == nullptr ? "/bin:/usr/bin" : path;;) {
    const std::size_t size = std::min(rest.find(':'), rest.size());
    const std::string directory(rest.substr(0, size));
    const std::string candidate = (directory.empty() ? "." : directory) + '/' + name;
    if (is_executable_file(candidate.c_str())) return candidate;
    seen = seen || (::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode));
    if (size == rest.size()) return seen ? forbidden : missing;
    rest.remove_prefix(size + 1);
  }
}

Status check_rights(const std::string& path, Via via) {
  if (via == Via::kSeccomp && ::geteuid() == 0) return Done{};
  const auto refused = [&](const std::string& what) {
    return cannot(path, what + (via == Via::kSeccomp
                                    ? ", and under a filter such programs don't get their rights"
                                    : ", and for such programs the system ignores LD_PRELOAD"));
  };
  switch (gain_of(path.c_str())) {
    case Gain::kNone:
      return Done{};
    case Gain::kUser:
      return refused("it is setuid");
    case Gain::kGroup:
      return refused("it is setgid");
    case Gain::kCapabilities:
      return refused("it has capabilities of its own");
  }
  return Done{};
}

// Whether the filter is needed, or a sentence that says why nothing helps.
Result<bool> needs_filter(const std::string& path, Via via) {
  const ProgramKind kind = program_kind(path.c_str());
  if (kind == ProgramKind::kForeign) {
    return cannot(path, "it is built for another machine than the library");
  }
  if (via == Via::kSeccomp) return true;
  switch (kind) {
    case ProgramKind::kStatic:
      if (via == Via::kAuto) return true;
      return cannot(path,
                    "it is statically linked, so there is no dynamic linker that could load the "
                    "library into it; --via auto needs none");
    case ProgramKind::kGo:
      if (via == Via::kAuto) return true;
      return cannot(path,
                    "it is written in Go, and makes its system calls past the library; --via auto "
                    "sees them");
    case ProgramKind::kMusl:
      return cannot(path,
                    "it is built for the C library musl, and the library is for glibc; --via "
                    "seccomp needs none");
    default:
      return false;
  }
}

}  // namespace

Result<Program> find_program(const std::string& name, Via via) {
  auto found = find_in_path(name);
  if (!found) return found.error();
  const std::string path = interpreter_of(found.value());
  if (const Status rights = check_rights(path, via); !rights) return rights.error();
  const auto filtered = needs_filter(path, via);
  if (!filtered) return filtered.error();
  return Program{found.value(), filtered.value()};
}

Result<std::string> find_library() {
  std::array<char, 4096> self{};
  const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size());
  std::string directory(self.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  directory.erase(std::min(directory.rfind('/'), directory.size()));
  for (const char* relative : {"../preload/liba7600sock.so", A7600_LIBRARY_FROM_BINDIR}) {
    char* real = ::realpath((directory + '/' + relative).c_str(), nullptr);
    if (real == nullptr) continue;
    std::string out(real);
    ::free(real);
    return out;
  }
  return Error{ENOENT, -1, "liba7600sock.so is not there: it belongs beside " + directory};
}

std::string add_to_preload(const std::string& before, const std::string& library) {
  // Last, since a sanitizer's runtime must stay first.
  if (before.find(library) != std::string::npos) return before;
  return before.empty() ? library : before + ' ' + library;
}

}  // namespace a7600::tool
