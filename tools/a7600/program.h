// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.h"

namespace a7600::tool {

// How a program's calls are reached: by the preload library, by the filter for static programs
// (lib/seccomp), or each as the program needs it.
enum class Via { kPreload, kSeccomp, kAuto };

struct Program {
  std::string path;
  bool filtered = false;  // by the filter
};

// Finds `name` as execvp(3) does and makes sure that it will be reached. ENOENT: not found.
// Otherwise a sentence that says why it can't be run (EACCES), or can't be intercepted (EPERM): a
// setuid program, one for another machine; with `via` kPreload a static one, too. What a script
// names in its first line is looked at in its place.
Result<Program> find_program(const std::string& name, Via via);

// The preload library that belongs to this command: ../preload in a build tree, the installed one
// otherwise. ENOENT when there is none.
Result<std::string> find_library();

// `before`, an LD_PRELOAD (empty: none), with `library` in it.
std::string add_to_preload(const std::string& before, const std::string& library);

}  // namespace a7600::tool
