// SPDX-License-Identifier: MIT
//
// Socket options, by who honours them:
//
// - The kernel, on the program's end of the pair: time-outs and the like.
// - The engine: SO_ERROR, TCP_INFO and what depends on the connection's state.
// - Nobody, as the module has nothing for them (TCP_NODELAY, IP_TOS …): the engine remembers what
//   was set. What may be set, and how it reads back, says a fresh socket of the kernel's of the
//   same kind, on which it is set first; so ranges, lengths and errors are Linux's own.
// - Those whose effect a program would miss are refused.
//
// Whatever was set is set again when the socket gets another pair, or the kernel takes it over.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "client/call.h"
#include "client/client.h"
#include "client/identity.h"
#include "client/progress.h"
#include "client/time_out_option.h"

#ifndef SO_RCVTIMEO_NEW
#define SO_RCVTIMEO_NEW 66
#define SO_SNDTIMEO_NEW 67
#endif

namespace a7600::client {
namespace {

constexpr int kPathMtu = 1500;

// Of SOL_SOCKET.
constexpr int kOnPair[] = {
    SO_RCVTIMEO, SO_SNDTIMEO, SO_RCVTIMEO_NEW, SO_SNDTIMEO_NEW,
    SO_RCVLOWAT, SO_LINGER,   SO_PEEK_OFF,     SO_COOKIE,
};

struct Refused {
  int level;
  int name;
  int error;
};
constexpr Refused kRefused[] = {
    // Nothing would announce that a buffer is free again.
    {SOL_SOCKET, SO_ZEROCOPY, ENOPROTOOPT},
    // They look at packets, and the pair has none.
    {SOL_SOCKET, SO_ATTACH_FILTER, ENOPROTOOPT},
    {SOL_SOCKET, SO_ATTACH_BPF, ENOPROTOOPT},
    {SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, ENOPROTOOPT},
    {SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, ENOPROTOOPT},
    // As on a machine without an interface for multicast.
    {IPPROTO_IP, IP_ADD_MEMBERSHIP, ENODEV},
    {IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, ENODEV},
    {IPPROTO_IP, MCAST_JOIN_GROUP, ENODEV},
    {IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, ENODEV},
    {IPPROTO_IPV6, IPV6_JOIN_GROUP, ENODEV},
    {IPPROTO_IPV6, MCAST_JOIN_GROUP, ENODEV},
    {IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP, ENODEV},
};

bool is_on_pair(int level, int name) {
  return level == SOL_SOCKET &&
         std::find(std::begin(kOnPair), std::end(kOnPair), name) != std::end(kOnPair);
}

const Refused* refused(int level, int name) {
  const auto* const found =
      std::find_if(std::begin(kRefused), std::end(kRefused),
                   [&](const Refused& each) { return each.level == level && each.name == name; });
  return found == std::end(kRefused) ? nullptr : found;
}

int fail(int posix) {
  errno = posix;
  return -1;
}

int give(int value, void* out, socklen_t* length) {
  if (static_cast<int>(*length) < 0) return fail(EINVAL);
  *length = std::min<socklen_t>(sizeof(value), *length);
  std::memcpy(out, &value, *length);
  return 0;
}

int get_error(int fd, const wire::UnixAddress& engine, void* value, socklen_t* length) {
  if (static_cast<int>(*length) < 0) return fail(EINVAL);
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
  return give(error, value, length);
}

// A socket of the kernel's, to see what it says.
UniqueFd probe_of(const wire::Reply& description) {
  return UniqueFd(sys::socket(description.domain, description.type | SOCK_CLOEXEC, 0));
}

bool is_connected(const wire::Reply& description) {
  return description.state == wire::SocketState::kConnected ||
         description.state == wire::SocketState::kClosedByPeer;
}

// What was set, or what it is at first.
int get_remembered(int level, int name, const wire::Reply& option, void* value, socklen_t* length) {
  const UniqueFd probe = probe_of(option);
  if (!probe) {
    int integer = 0;
    std::memcpy(&integer, option.data.data(), std::min<std::size_t>(option.size, sizeof(integer)));
    return give(integer, value, length);
  }
  if (option.error == 0) {
    sys::setsockopt(probe.get(), level, name, option.data.data(), option.size);
  }
  return sys::getsockopt(probe.get(), level, name, value, length);
}

}  // namespace

std::optional<int> getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  const wire::UnixAddress* const engine = &identity->engine;
  if (value == nullptr || length == nullptr) return fail(EFAULT);
  if (is_on_pair(level, name)) {
    const int got = sys::getsockopt(fd, level, name, value, length);
    return got != 0 && errno == ENOPROTOOPT ? get_by_older_name(fd, name, value, length) : got;
  }
  if (level == SOL_SOCKET && name == SO_ERROR) return get_error(fd, *engine, value, length);
  if (level == IPPROTO_TCP && name == TCP_INFO && !identity->is_datagram) {
    if (static_cast<int>(*length) < 0) return fail(EINVAL);
    return get_tcp_info(fd, *engine, value, length);
  }
  Call call;
  call.request.op = wire::Op::kGetOption;
  call.request.level = level;
  call.request.name = name;
  call.descriptor = fd;
  const int error = call.result_of(*engine);
  if (error != 0 && error != ENOENT) return fail(error);
  if (level == SOL_SOCKET && name == SO_ACCEPTCONN) {
    return give(call.reply.state == wire::SocketState::kListening ? 1 : 0, value, length);
  }
  if (is_connected(call.reply)) {
    if (level == IPPROTO_TCP && name == TCP_MAXSEG) return give(kSegment, value, length);
    if (level == IPPROTO_IP && name == IP_MTU) return give(kPathMtu, value, length);
  }
  return get_remembered(level, name, call.reply, value, length);
}

std::optional<int> setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  if (const Refused* const found = refused(level, name)) return fail(found->error);
  if (value == nullptr && length > 0) return fail(EFAULT);
  Call call;
  call.request.op = wire::Op::kSetOption;
  call.request.level = level;
  call.descriptor = fd;
  std::optional<TimeOutOption> older;
  if (is_on_pair(level, name)) {
    if (sys::setsockopt(fd, level, name, value, length) != 0) {
      if (errno == ENOPROTOOPT) older = older_time_out(name, value, length);
      if (!older) return -1;
      name = older->name;
      value = &older->value;
      length = sizeof(older->value);
      if (sys::setsockopt(fd, level, name, value, length) != 0) return -1;
    }
    if (name == SO_LINGER) note_lingering();
    call.request.flags = wire::kOnPair;
  } else {
    Call description;
    description.request.op = wire::Op::kDescribe;
    description.descriptor = fd;
    if (const int error = description.result_of(identity->engine)) return fail(error);
    const bool bound = description.reply.local_port != 0;
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && bound) return fail(EINVAL);
    const UniqueFd probe = probe_of(description.reply);
    if (probe && sys::setsockopt(probe.get(), level, name, value, length) != 0) return -1;
  }
  call.request.name = name;
  const std::size_t size = std::min<std::size_t>(length, sizeof(wire::OptionRecord::value));
  if (size > 0) std::memcpy(call.request.data.data(), value, size);
  call.request.size = static_cast<std::uint16_t>(size);
  const int error = call.result_of(identity->engine);
  return error == 0 ? 0 : fail(error);
}

}  // namespace a7600::client
