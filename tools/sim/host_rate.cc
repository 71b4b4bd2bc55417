// SPDX-License-Identifier: MIT
// Apart from pty.cc: the kernel's termios2 can't be declared beside the C library's termios.
#include "host_rate.h"

#include <asm/termbits.h>
#include <sys/ioctl.h>

namespace a7600::sim {

std::uint32_t host_rate(int terminal) {
  termios2 settings = {};
  return ::ioctl(terminal, TCGETS2, &settings) == 0 ? settings.c_ospeed : 0;
}

}  // namespace a7600::sim
