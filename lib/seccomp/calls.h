// SPDX-License-Identifier: MIT
#pragma once

#include "seccomp/call.h"

namespace a7600::seccomp {

// Makes `call` as lib/client has it and answers it; what is not about a socket of the modem is
// passed to the kernel. Nothing that the program does with its memory or descriptors meanwhile can
// make it a call of somebody else's.
void serve(Call& call);

}  // namespace a7600::seccomp
