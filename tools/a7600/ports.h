// SPDX-License-Identifier: MIT
#pragma once

namespace a7600::tool {

// `a7600 ports`: the serial ports of this machine, with the likely AT port marked; with `probe`,
// those that may be a module's are asked. Returns the exit status: 0, or 1 when there are none.
int list_ports(bool json, bool probe);

}  // namespace a7600::tool
