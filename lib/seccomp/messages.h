// SPDX-License-Identifier: MIT
#pragma once

#include "seccomp/arguments.h"

// The data calls that come with an address: `fd` is a copy of the program's modem socket.
namespace a7600::seccomp {

Outcome send_to(Call& call, int fd);
Outcome receive_from(Call& call, int fd);
Outcome send_message(Call& call, int fd);
Outcome receive_message(Call& call, int fd);
Outcome send_messages(Call& call, int fd);
Outcome receive_messages(Call& call, int fd);

}  // namespace a7600::seccomp
