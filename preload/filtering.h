// SPDX-License-Identifier: MIT
#pragma once

namespace a7600::preload {

// How programs that the library can't see into are started; set once, by the constructor, and in
// fixed storage, because it is read between fork and exec.
struct Filtering {
  char supervisor[108] = {};  // of `a7600 run`, as A7600_SUPERVISOR says; empty: there is none
  char command[4096] = {};    // the path of a7600

  bool is_on() const { return supervisor[0] != '\0' && command[0] != '\0'; }
};

const Filtering& filtering();

}  // namespace a7600::preload
