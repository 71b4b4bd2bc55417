// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.h"

namespace a7600::tool {

// Finds `name` as execvp(3) does and makes sure that LD_PRELOAD will reach it. Returns its path.
// ENOENT: not found. Otherwise a sentence that says why it can't be run (EACCES), or can't be
// intercepted (EPERM): a static program, a setuid one, one for another machine or C library. What
// a script names in its first line is looked at in its place.
Result<std::string> find_program(const std::string& name);

// The preload library that belongs to this command: ../preload in a build tree, the installed one
// otherwise. ENOENT when there is none.
Result<std::string> find_library();

// `before`, an LD_PRELOAD (empty: none), with `library` in it.
std::string add_to_preload(const std::string& before, const std::string& library);

}  // namespace a7600::tool
