// SPDX-License-Identifier: MIT
#include "base/program_file.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/unique_fd.h"

// The linker's name for the ELF header of the program or library that this is part of.
extern "C" __attribute__((visibility("hidden"))) const ElfW(Ehdr) __ehdr_start;

namespace a7600 {
namespace {

constexpr int kMostInterpreters = 4;  // as the kernel
constexpr std::size_t kMostSegments = 64;

template <std::size_t Size>
std::string_view read_text(int file, off_t offset, std::array<char, Size>& into) {
  const ssize_t got = ::pread(file, into.data(), into.size(), offset);
  return {into.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

// Go's linker leaves a note named "Go" with the build's id in every program.
bool is_note_of_go(int file, const ElfW(Phdr) & segment) {
  std::array<char, 512> buffer{};
  std::string_view notes = read_text(file, static_cast<off_t>(segment.p_offset), buffer);
  notes = notes.substr(0, segment.p_filesz);
  const auto aligned = [](std::size_t size) { return (size + 3) & ~std::size_t{3}; };
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note{};
    std::memcpy(&note, notes.data(), sizeof(note));
    notes.remove_prefix(sizeof(note));
    if (notes.starts_with(std::string_view("Go\0", 3)) && note.n_namesz >= 3) return true;
    const std::size_t size = aligned(note.n_namesz) + aligned(note.n_descsz);
    notes.remove_prefix(std::min(size, notes.size()));
  }
  return false;
}

ProgramKind kind_of_elf(int file) {
  ElfW(Ehdr) header{};
  if (::pread(file, &header, sizeof(header), 0) != sizeof(header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return ProgramKind::kUnknown;
  }
  const bool native = header.e_ident[EI_CLASS] == __ehdr_start.e_ident[EI_CLASS] &&
                      header.e_machine == __ehdr_start.e_machine;
  if (!native) return ProgramKind::kForeign;
  std::array<ElfW(Phdr), kMostSegments> segments;
  const std::size_t count = std::min<std::size_t>(header.e_phnum, segments.size());
  const std::size_t size = count * sizeof(segments[0]);
  if (::pread(file, segments.data(), size, static_cast<off_t>(header.e_phoff)) !=
      static_cast<ssize_t>(size)) {
    return ProgramKind::kUnknown;
  }
  ProgramKind out = ProgramKind::kStatic;
  for (std::size_t i = 0; i < count; ++i) {
    const ElfW(Phdr)& segment = segments[i];
    if (segment.p_type == PT_NOTE && is_note_of_go(file, segment)) return ProgramKind::kGo;
    if (segment.p_type != PT_INTERP) continue;
    std::array<char, 256> name{};
    const std::string_view linker = read_text(file, static_cast<off_t>(segment.p_offset), name);
    const bool is_musl = linker.find("ld-musl") != std::string_view::npos;
    out = is_musl ? ProgramKind::kMusl : ProgramKind::kDynamic;
  }
  return out;
}

using Line = std::array<char, 257>;

// Opens what the kernel would run for `path`, which then leads to it: into `line`, if the path is
// that of a script.
UniqueFd open_program(const char*& path, Line& line) {
  for (int depth = 0; depth < kMostInterpreters; ++depth) {
    UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    if (!file) return {};
    Line start{};
    const ssize_t got = ::pread(file.get(), start.data(), start.size() - 1, 0);
    if (got < 2 || start[0] != '#' || start[1] != '!') return file;
    line = start;
    // "#!/usr/bin/env python3"
    char* const interpreter = line.data() + 2 + std::strspn(line.data() + 2, " \t");
    interpreter[std::strcspn(interpreter, " \t\r\n")] = '\0';
    path = interpreter;
  }
  return {};
}

}  // namespace

ProgramKind program_kind(const char* path) {
  Line line;
  const UniqueFd file = open_program(path, line);
  return file ? kind_of_elf(file.get()) : ProgramKind::kUnknown;
}

std::string interpreter_of(const std::string& path) {
  Line line;
  const char* out = path.c_str();
  // One that may be run but not read is taken on trust.
  const UniqueFd file = open_program(out, line);
  return out;
}

bool is_executable_file(const char* path) {
  struct stat status;
  return ::stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
         ::faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

Gain gain_of(const char* path) {
  Line line;
  const UniqueFd file = open_program(path, line);
  struct stat status;
  if (::stat(path, &status) != 0) return Gain::kNone;
  const uid_t user = ::geteuid();
  if ((status.st_mode & S_ISUID) != 0 && status.st_uid != user) return Gain::kUser;
  const bool setgid = (status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0;
  if (setgid && status.st_gid != ::getegid()) return Gain::kGroup;
  const bool has_capabilities = ::getxattr(path, "security.capability", nullptr, 0) > 0;
  return has_capabilities && user != 0 ? Gain::kCapabilities : Gain::kNone;
}

}  // namespace a7600
