// SPDX-License-Identifier: MIT
#include "program.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace a7600::tool {
namespace {

constexpr int kMostInterpreters = 4;  // as the kernel
constexpr std::size_t kMostHeaders = 64;

Error cannot(const std::string& path, const std::string& why) {
  return {EPERM, -1, path + " can't be intercepted: " + why};
}

bool is_program(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

Result<std::string> find_in_path(const std::string& name) {
  const Error missing{ENOENT, -1, name + ": command not found"};
  const Error forbidden{EACCES, -1, name + ": permission denied"};
  struct stat status;
  if (name.find('/') != std::string::npos) {
    if (::stat(name.c_str(), &status) != 0) return errno == EACCES ? forbidden : missing;
    if (S_ISDIR(status.st_mode)) return Error{EACCES, -1, name + ": is a directory"};
    return is_program(name) ? Result<std::string>(name) : forbidden;
  }
  const char* path = ::getenv("PATH");
  bool seen = false;
  for (std::string_view rest = path == nullptr ? "/bin:/usr/bin" : path;;) {
    const std::size_t size = std::min(rest.find(':'), rest.size());
    const std::string directory(rest.substr(0, size));
    const std::string candidate = (directory.empty() ? "." : directory) + '/' + name;
    if (is_program(candidate)) return candidate;
    seen = seen || (::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode));
    if (size == rest.size()) return seen ? forbidden : missing;
    rest.remove_prefix(size + 1);
  }
}

// The dynamic linker drops LD_PRELOAD for programs that gain rights.
Status check_rights(int file, const std::string& path) {
  struct stat status;
  if (::fstat(file, &status) != 0) return Done{};
  if ((status.st_mode & S_ISUID) != 0 && status.st_uid != ::geteuid()) {
    return cannot(path, "it is setuid, and for such programs the system ignores LD_PRELOAD");
  }
  const bool setgid = (status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0;
  if (setgid && status.st_gid != ::getegid()) {
    return cannot(path, "it is setgid, and for such programs the system ignores LD_PRELOAD");
  }
  if (::geteuid() != 0 && ::fgetxattr(file, "security.capability", nullptr, 0) > 0) {
    return cannot(path,
                  "it has capabilities of its own, and for such programs the system ignores "
                  "LD_PRELOAD");
  }
  return Done{};
}

Status check_elf(int file, const std::string& path) {
  ElfW(Ehdr) own{};
  const UniqueFd self(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (::pread(self.get(), &own, sizeof(own), 0) != sizeof(own)) return Done{};
  ElfW(Ehdr) header{};
  if (::pread(file, &header, sizeof(header), 0) != sizeof(header) ||
      header.e_ident[EI_CLASS] != own.e_ident[EI_CLASS] || header.e_machine != own.e_machine) {
    return cannot(path, "it is built for another machine than the library");
  }
  std::vector<ElfW(Phdr)> segments(std::min<std::size_t>(header.e_phnum, kMostHeaders));
  const auto size = static_cast<ssize_t>(segments.size() * sizeof(ElfW(Phdr)));
  if (::pread(file, segments.data(), static_cast<std::size_t>(size),
              static_cast<off_t>(header.e_phoff)) != size) {
    return Done{};
  }
  const auto interpreter =
      std::find_if(segments.begin(), segments.end(),
                   [](const ElfW(Phdr) & segment) { return segment.p_type == PT_INTERP; });
  if (interpreter == segments.end()) {
    return cannot(path,
                  "it is statically linked, so there is no dynamic linker that could load "
                  "the library into it");
  }
  std::array<char, 256> name{};
  const std::size_t length = std::min<std::size_t>(interpreter->p_filesz, name.size() - 1);
  if (::pread(file, name.data(), length, static_cast<off_t>(interpreter->p_offset)) > 0 &&
      std::string_view(name.data()).find("ld-musl") != std::string_view::npos) {
    return cannot(path, "it is built for the C library musl, and the library is for glibc");
  }
  return Done{};
}

// The program in "#!/usr/bin/env python3".
std::string interpreter_of(std::string_view first_line) {
  first_line.remove_prefix(2);
  first_line.remove_prefix(std::min(first_line.find_first_not_of(" \t"), first_line.size()));
  return std::string(first_line.substr(0, first_line.find_first_of(" \t\r")));
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
  auto found = find_in_path(name);
  if (!found) return found;
  std::string path = found.value();
  for (int depth = 0; depth < kMostInterpreters; ++depth) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    // One that may be run but not read is taken on trust.
    if (!file) return found;
    std::array<char, 256> start{};
    const ssize_t got = ::pread(file.get(), start.data(), start.size(), 0);
    const std::string_view text(start.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    if (text.starts_with("#!")) {
      path = interpreter_of(text.substr(0, text.find('\n')));
      if (!is_program(path)) return found;
      continue;
    }
    if (const Status rights = check_rights(file.get(), path); !rights) return rights.error();
    if (text.starts_with(std::string_view(ELFMAG, SELFMAG))) {
      if (const Status elf = check_elf(file.get(), path); !elf) return elf.error();
    }
    return found;
  }
  return found;
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
