// SPDX-License-Identifier: MIT
//
// Socket options. The program's end is an AF_UNIX socket, so the kernel answers for what it knows
// of it (time-outs, SO_TYPE, SO_LINGER …). What it would answer wrongly or refuse is in the table
// below: remembered by the engine, read back as it was set, and replayed if the kernel takes the
// socket over. An option that is in no table is ENOPROTOOPT, as with an unknown one in Linux.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "client/call.h"
#include "client/client.h"
#include "client/identity.h"
#include "client/progress.h"

namespace a7600::client {
namespace {

enum class Kind {
  kKernel,    // the kernel honours it on the program's end
  kInteger,   // remembered; `initial` until it is set
  kDoubled,   // as kInteger, but read back doubled, as Linux does with buffer sizes
  kName,      // remembered; a short string
  kReadOnly,  // `initial`; can't be set
};

struct Option {
  int level;
  int name;
  Kind kind;
  int initial = 0;
};

constexpr int kDefaultSendBuffer = 16384;
constexpr int kDefaultReceiveBuffer = 131072;
constexpr Option kOptions[] = {
    // Set on the program's end it would open the write gate (tests/platform, write_gate).
    {SOL_SOCKET, SO_SNDBUF, Kind::kDoubled, kDefaultSendBuffer},
    {SOL_SOCKET, SO_RCVBUF, Kind::kDoubled, kDefaultReceiveBuffer},
    {SOL_SOCKET, SO_REUSEADDR, Kind::kKernel},
    {SOL_SOCKET, SO_REUSEPORT, Kind::kInteger},
    {SOL_SOCKET, SO_ZEROCOPY, Kind::kInteger},
    {SOL_SOCKET, SO_INCOMING_CPU, Kind::kInteger, -1},
    {SOL_SOCKET, SO_INCOMING_NAPI_ID, Kind::kReadOnly},

    {IPPROTO_TCP, TCP_NODELAY, Kind::kInteger},
    {IPPROTO_TCP, TCP_MAXSEG, Kind::kInteger, kSegment},
    {IPPROTO_TCP, TCP_CORK, Kind::kInteger},
    {IPPROTO_TCP, TCP_KEEPIDLE, Kind::kInteger, 7200},
    {IPPROTO_TCP, TCP_KEEPINTVL, Kind::kInteger, 75},
    {IPPROTO_TCP, TCP_KEEPCNT, Kind::kInteger, 9},
    {IPPROTO_TCP, TCP_SYNCNT, Kind::kInteger, 6},
    {IPPROTO_TCP, TCP_LINGER2, Kind::kInteger, 60},
    {IPPROTO_TCP, TCP_DEFER_ACCEPT, Kind::kInteger},
    {IPPROTO_TCP, TCP_WINDOW_CLAMP, Kind::kInteger},
    {IPPROTO_TCP, TCP_QUICKACK, Kind::kInteger, 1},
    {IPPROTO_TCP, TCP_CONGESTION, Kind::kName},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, Kind::kInteger},
    {IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, Kind::kInteger},
    {IPPROTO_TCP, TCP_FASTOPEN, Kind::kInteger},
    {IPPROTO_TCP, TCP_FASTOPEN_CONNECT, Kind::kInteger},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, Kind::kInteger, -1},

    {IPPROTO_UDP, UDP_CORK, Kind::kInteger},

    {IPPROTO_IP, IP_TOS, Kind::kInteger},
    {IPPROTO_IP, IP_TTL, Kind::kInteger, 64},
    {IPPROTO_IP, IP_MTU_DISCOVER, Kind::kInteger, IP_PMTUDISC_WANT},
    {IPPROTO_IP, IP_RECVERR, Kind::kInteger},
    {IPPROTO_IP, IP_RECVTOS, Kind::kInteger},
    {IPPROTO_IP, IP_RECVTTL, Kind::kInteger},
    {IPPROTO_IP, IP_PKTINFO, Kind::kInteger},
    {IPPROTO_IP, IP_FREEBIND, Kind::kInteger},
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, Kind::kInteger},
    {IPPROTO_IP, IP_MULTICAST_TTL, Kind::kInteger, 1},
    {IPPROTO_IP, IP_MULTICAST_LOOP, Kind::kInteger, 1},
    {IPPROTO_IP, IP_MULTICAST_ALL, Kind::kInteger, 1},

    {IPPROTO_IPV6, IPV6_V6ONLY, Kind::kInteger},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, Kind::kInteger, 64},
    {IPPROTO_IPV6, IPV6_TCLASS, Kind::kInteger},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, Kind::kInteger, IPV6_PMTUDISC_WANT},
    {IPPROTO_IPV6, IPV6_RECVERR, Kind::kInteger},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, Kind::kInteger},
    {IPPROTO_IPV6, IPV6_RECVPKTINFO, Kind::kInteger},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, Kind::kInteger, 1},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, Kind::kInteger, 1},
    {IPPROTO_IPV6, IPV6_MULTICAST_ALL, Kind::kInteger, 1},
};

constexpr char kCongestion[] = "cubic";

// Most of SOL_SOCKET is the kernel's; of the other levels it knows nothing on AF_UNIX.
Option option_of(int level, int name) {
  for (const Option& option : kOptions) {
    if (option.level == level && option.name == name) return option;
  }
  return {level, name, Kind::kKernel};
}

bool is_known(const Option& option) {
  return option.level == SOL_SOCKET || option.kind != Kind::kKernel;
}

int fail(int posix) {
  errno = posix;
  return -1;
}

int give(const void* value, socklen_t size, void* out, socklen_t* length) {
  const socklen_t copied = std::min(size, *length);
  std::memcpy(out, value, copied);
  *length = copied;
  return 0;
}

int get_error(int fd, const wire::UnixAddress& engine, void* value, socklen_t* length) {
  Call call;
  call.request.op = wire::Op::kTakeError;
  call.descriptor = fd;
  const int failed = call.result_of(engine);
  int kernel_error = 0;
  socklen_t size = sizeof(kernel_error);
  // Asked in any case: it is cleared by that.
  sys::getsockopt(fd, SOL_SOCKET, SO_ERROR, &kernel_error, &size);
  int error = call.reply.value;
  if (failed != 0) {
    error = failed == ENETDOWN && kernel_error != 0 ? kernel_error : failed;
  } else if ((call.reply.flags & wire::kAuthoritative) == 0) {
    error = kernel_error;
  }
  return give(&error, sizeof(error), value, length);
}

}  // namespace

std::optional<int> getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  const wire::UnixAddress* const engine = &identity->engine;
  if (level == IPPROTO_TCP && identity->is_datagram) return fail(EOPNOTSUPP);
  if (value == nullptr || length == nullptr) return fail(EFAULT);
  if (level == SOL_SOCKET && name == SO_ERROR) return get_error(fd, *engine, value, length);
  if (level == IPPROTO_TCP && name == TCP_INFO) return get_tcp_info(fd, *engine, value, length);
  const Option option = option_of(level, name);
  if (!is_known(option)) return fail(ENOPROTOOPT);
  if (level == SOL_SOCKET && name == SO_PROTOCOL) {
    const int protocol = identity->is_datagram ? IPPROTO_UDP : IPPROTO_TCP;
    return give(&protocol, sizeof(protocol), value, length);
  }
  if (level == SOL_SOCKET && (name == SO_DOMAIN || name == SO_ACCEPTCONN)) {
    Call call;
    call.request.op = wire::Op::kDescribe;
    call.descriptor = fd;
    if (const int error = call.result_of(*engine)) return fail(error);
    const int listens = call.reply.state == wire::SocketState::kListening ? 1 : 0;
    return give(name == SO_DOMAIN ? &call.reply.domain : &listens, sizeof(int), value, length);
  }
  if (option.kind == Kind::kKernel) return sys::getsockopt(fd, level, name, value, length);
  if (option.kind == Kind::kReadOnly) {
    return give(&option.initial, sizeof(option.initial), value, length);
  }
  Call call;
  call.request.op = wire::Op::kGetOption;
  call.request.level = level;
  call.request.name = name;
  call.descriptor = fd;
  const int error = call.result_of(*engine);
  if (error == ENOENT && option.kind == Kind::kName) {
    char padded[16] = {};
    std::memcpy(padded, kCongestion, sizeof(kCongestion));
    return give(padded, sizeof(padded), value, length);
  }
  if (error == ENOENT) return give(&option.initial, sizeof(option.initial), value, length);
  if (error != 0) return fail(error);
  if (option.kind == Kind::kDoubled && call.reply.size == sizeof(int)) {
    int doubled = 0;
    std::memcpy(&doubled, call.reply.data.data(), sizeof(doubled));
    doubled *= 2;
    return give(&doubled, sizeof(doubled), value, length);
  }
  return give(call.reply.data.data(), call.reply.size, value, length);
}

std::optional<int> setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  const wire::UnixAddress* const engine = &identity->engine;
  if (level == IPPROTO_TCP && identity->is_datagram) return fail(ENOPROTOOPT);
  const Option option = option_of(level, name);
  if (!is_known(option) || option.kind == Kind::kReadOnly) return fail(ENOPROTOOPT);
  if (value == nullptr && length > 0) return fail(EFAULT);

  Call call;
  call.request.op = wire::Op::kSetOption;
  call.request.level = level;
  call.request.name = name;
  call.descriptor = fd;
  const void* remembered = value;
  std::size_t size = length;
  int integer = 0;
  switch (option.kind) {
    case Kind::kKernel:
      if (sys::setsockopt(fd, level, name, value, length) != 0) return -1;
      if (level == SOL_SOCKET && name == SO_LINGER) note_lingering();
      break;
    case Kind::kInteger:
    case Kind::kDoubled:
      // IPPROTO_IP takes a single byte as well (ssh sets IP_TOS so on some systems).
      if (length >= sizeof(int)) {
        std::memcpy(&integer, value, sizeof(integer));
      } else if (length >= 1 && level == IPPROTO_IP) {
        integer = *static_cast<const unsigned char*>(value);
      } else {
        return fail(EINVAL);
      }
      remembered = &integer;
      size = sizeof(integer);
      break;
    default:
      break;
  }
  if (size > sizeof(wire::OptionRecord::value)) {
    // Honoured by the kernel already; too large to be remembered for a change of sides.
    return option.kind == Kind::kKernel ? 0 : fail(EINVAL);
  }
  std::memcpy(call.request.data.data(), remembered, size);
  call.request.size = static_cast<std::uint16_t>(size);
  const int error = call.result_of(*engine);
  return error == 0 ? 0 : fail(error);
}

}  // namespace a7600::client
