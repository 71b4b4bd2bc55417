// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string_view>

#include "base/log.h"

namespace a7600::client {

// In a msghdr's msg_flags, which the kernel takes no notice of on the way in: the names in it have
// been translated already. Under the filter for static programs the library's calls, too, come to
// such a front end, which passes them on.
inline constexpr int kTranslated = 0x41373630;

// What the calls need to know when they are made for a thread of another process, as the front end
// for static programs does: the descriptor that a call is given is then a copy of that program's.
struct OnBehalf {
  // Puts `fresh` in the place of `fd`, the copy, here and under the program's own number, as
  // replace() does (swap.h). `fresh` stays the caller's. 0 or an errno.
  int (*replace)(int fd, int fresh);
  // The program's process.
  pid_t (*program)();
  // A line that concerns the program's user.
  void (*say)(log::Level level, std::string_view text);
};

}  // namespace a7600::client
