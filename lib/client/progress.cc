// SPDX-License-Identifier: MIT
#include "client/progress.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "client/call.h"
#include "client/client.h"
#include "client/identity.h"

namespace a7600::client {
namespace {

// As Linux numbers them for programs (netinet/tcp.h, which can't stand beside linux/tcp.h).
enum TcpState : std::uint8_t {
  kEstablished = 1,
  kSynSent = 2,
  kClose = 7,
  kCloseWait = 8,
  kListen = 10,
};

TcpState tcp_state(wire::SocketState state) {
  switch (state) {
    case wire::SocketState::kListening:
      return kListen;
    case wire::SocketState::kConnecting:
      return kSynSent;
    case wire::SocketState::kConnected:
      return kEstablished;
    case wire::SocketState::kClosedByPeer:
      return kCloseWait;
    default:
      return kClose;
  }
}

int fail(int posix) {
  errno = posix;
  return -1;
}

// 0 or an errno.
int ask(int fd, const wire::UnixAddress& engine, wire::Progress& progress, TcpState& state) {
  Call call;
  call.request.op = wire::Op::kProgress;
  call.descriptor = fd;
  if (const int error = call.result_of(engine)) return error;
  if (call.reply.size != sizeof(progress)) return EPROTO;
  std::memcpy(&progress, call.reply.data.data(), sizeof(progress));
  state = tcp_state(call.reply.state);
  return 0;
}

}  // namespace

int get_tcp_info(int fd, const wire::UnixAddress& engine, void* value, socklen_t* length) {
  wire::Progress progress;
  TcpState state = kClose;
  if (const int error = ask(fd, engine, progress, state)) return fail(error);
  tcp_info info{};
  info.tcpi_state = state;
  info.tcpi_snd_mss = kSegment;
  info.tcpi_rcv_mss = kSegment;
  info.tcpi_pmtu = 1500;
  info.tcpi_unacked = static_cast<__u32>((progress.unacknowledged + kSegment - 1) / kSegment);
  info.tcpi_notsent_bytes = static_cast<__u32>(progress.unsent);
  info.tcpi_bytes_acked = progress.acknowledged;
  info.tcpi_bytes_sent = progress.acknowledged + progress.unacknowledged;
  info.tcpi_bytes_received = progress.received;
  const socklen_t copied = std::min<socklen_t>(sizeof(info), *length);
  std::memcpy(value, &info, copied);
  *length = copied;
  return 0;
}

std::optional<int> ioctl(int fd, unsigned long request, void* argument) {
  if (request != SIOCOUTQ && request != SIOCOUTQNSD) return std::nullopt;
  const auto identity = identify(fd);
  if (!identity || identity->is_datagram) return std::nullopt;
  if (argument == nullptr) return fail(EFAULT);
  wire::Progress progress;
  TcpState state = kClose;
  if (const int error = ask(fd, identity->engine, progress, state)) return fail(error);
  if (state == kListen) return fail(EINVAL);
  const std::uint64_t bytes = progress.unsent + (request == SIOCOUTQ ? progress.unacknowledged : 0);
  const int clamped = static_cast<int>(std::min<std::uint64_t>(bytes, INT_MAX));
  std::memcpy(argument, &clamped, sizeof(clamped));
  return 0;
}

}  // namespace a7600::client
