// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace a7600::seccomp {

// What a machine and its kernel can do of that which the front end for static programs needs.
struct Features {
  bool notify = false;           // Linux 5.0: a filter that asks a supervisor
  bool get_descriptor = false;   // 5.6: pidfd_getfd(2)
  bool add_descriptor = false;   // 5.9: SECCOMP_IOCTL_NOTIF_ADDFD
  bool send_descriptor = false;  // 5.14: … with the call's result in one step
  bool wait_killable = false;    // 5.19: signals don't make calls start again
  bool known_machine = true;     // whose system calls filter.cc knows by their numbers
};

// Asks the kernel that runs. `listener`: of a filter, -1 while there is none; only with one can it
// be known whether descriptors can be added, and until then it is taken for granted.
Features probe(int listener);

// A sentence that says what is missing, if that is something which can't be done without.
std::optional<std::string> missing(const Features& features);

}  // namespace a7600::seccomp
