// SPDX-License-Identifier: MIT
#include "client/call.h"

#include <unistd.h>

#include <cerrno>

#include "base/sys.h"
#include "client/runtime.h"
#include "engine/place.h"

namespace a7600::client {
namespace {

// Anybody can bind a free name.
bool is_trusted(int fd) {
  const auto peer = wire::peer_of(fd);
  return peer && engine::is_trusted_host(peer->uid);
}

}  // namespace

// Connects, and sends the request.
int Call::open(const wire::UnixAddress& engine, UniqueFd& connection) {
  connection.reset(sys::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!connection) return errno;
  const int fd = connection.get();
  int connected = 0;
  do {
    connected = sys::connect(fd, engine.get(), engine.length);
  } while (connected != 0 && errno == EINTR);
  if (connected != 0) return errno == ENOENT ? ECONNREFUSED : errno;
  if (!is_trusted(fd)) return EACCES;
  request.pass = Runtime::get().pass();
  if (const int error = wire::send(fd, request, descriptor)) {
    return error == EPIPE || error == ECONNRESET ? ENETDOWN : error;
  }
  return 0;
}

int Call::post(const wire::UnixAddress& engine) {
  UniqueFd connection;
  return open(engine, connection);
}

int Call::run(const wire::UnixAddress& engine) {
  UniqueFd connection;
  if (const int error = open(engine, connection)) return error;
  const int fd = connection.get();
  if (closes_descriptor) {
    sys::close(descriptor);
    descriptor_closed = true;
    sys::shutdown(fd, SHUT_WR);
  }
  const bool bounded = wait == Wait::kLikeConnect && (timeout.tv_sec != 0 || timeout.tv_usec != 0);
  if (bounded) sys::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  char peeked = 0;
  const auto recv = Runtime::get().libc().recv;
  while (recv(fd, &peeked, sizeof(peeked), MSG_PEEK) < 0) {
    if (errno == EINTR && wait == Wait::kThroughSignals) continue;
    if (errno == EAGAIN) return EINPROGRESS;
    // ENOBUFS: the front end for static programs has no room for one that waits.
    return errno == EINTR || errno == ENOBUFS ? errno : ENETDOWN;
  }
  if (const int error = wire::receive(fd, reply, received)) {
    return error == ECONNRESET ? ENETDOWN : error;
  }
  replied = true;
  if (reply.notice[0] != '\0') Runtime::get().say(log::Level::kError, reply.notice.data());
  return 0;
}

int Call::result_of(const wire::UnixAddress& engine) {
  const int error = run(engine);
  // The socket's engine has died; another one may take calls there by now.
  const bool orphaned = error == ECONNREFUSED || (error == 0 && reply.error == ENOTSOCK);
  if (descriptor >= 0 && orphaned) return ENETDOWN;
  return error != 0 ? error : reply.error;
}

std::optional<wire::SocketState> state_of(int fd, const wire::UnixAddress& engine) {
  Call call;
  call.request.op = wire::Op::kDescribe;
  call.descriptor = fd;
  if (call.result_of(engine) != 0) return std::nullopt;
  return call.reply.state;
}

}  // namespace a7600::client
