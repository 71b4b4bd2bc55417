// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace a7600 {

// What a program's file says of how its calls can be reached.
enum class ProgramKind {
  kUnknown,  // can't be read, or is no ELF file
  kDynamic,  // by a library that the dynamic linker loads into it
  kGo,       // it makes its system calls itself, dynamically linked or not
  kStatic,   // no dynamic linker
  kMusl,     // its C library is another one than ours
  kForeign,  // for another machine
};

// Of what the kernel would run for `path`: of a script's interpreter, if it is a script. Makes only
// system calls: it is used between fork and exec.
ProgramKind program_kind(const char* path);

// The path of what the kernel would run for `path`.
std::string interpreter_of(const std::string& path);

// Whether this process may run the file `path`, whatever is in it.
bool is_executable_file(const char* path);

// What a process gains by running a file: then the dynamic linker drops LD_PRELOAD, and under a
// filter that an ordinary user has set nothing is gained.
enum class Gain { kNone, kUser, kGroup, kCapabilities };

// By running `path`, or what the kernel would run for it. As program_kind(), system calls alone.
Gain gain_of(const char* path);

}  // namespace a7600
