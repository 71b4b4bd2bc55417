// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include "wire/channel.h"

// How far a TCP connection's bytes have come, as the module's AT+CIPACK (manual 2.16) and the
// engine's own counts tell it. In transparent mode the module can't be asked: what was written to
// the line then counts as acknowledged.
namespace a7600::client {

inline constexpr int kSegment = 1400;  // what carriers let through

// getsockopt(2) with TCP_INFO.
int get_tcp_info(int fd, const wire::UnixAddress& engine, void* value, socklen_t* length);

}  // namespace a7600::client
