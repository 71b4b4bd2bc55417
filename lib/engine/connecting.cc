// SPDX-License-Identifier: MIT
//
// What gives a socket its place: socket, bind, listen, connect, and shutdown, which takes it away.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/engine.h"

namespace a7600::engine {
namespace {

constexpr std::size_t kMostWaiters = 64;  // in connect(2), on one socket
constexpr std::uint16_t kFirstMadeUpPort = 32768;
constexpr std::uint16_t kLastMadeUpPort = 60999;

// Linux takes addresses of the socket's own family. For an IPv6 one the others are too short.
int check_family(const wire::Request& request, const Socket& socket) {
  if (request.domain == socket.domain) return 0;
  return socket.domain == AF_INET6 ? EINVAL : EAFNOSUPPORT;
}

}  // namespace

// One that no socket has, if there is one.
std::uint16_t Engine::made_up_port() {
  const auto is_taken = [this] {
    return std::any_of(sockets_.begin(), sockets_.end(), [this](const auto& entry) {
      return entry.second->local.port == last_port_;
    });
  };
  for (int port = kFirstMadeUpPort; port <= kLastMadeUpPort; ++port) {
    const bool wraps = last_port_ < kFirstMadeUpPort || last_port_ >= kLastMadeUpPort;
    last_port_ = wraps ? kFirstMadeUpPort : static_cast<std::uint16_t>(last_port_ + 1);
    if (!is_taken()) break;
  }
  return last_port_;
}

Result<Socket*> Engine::adopt_pair(int domain, int type, bool nonblocking, Gate gate,
                                   UniqueFd& program_end) {
  const modem::ConnectionId id = ++last_id_;
  const std::string name = address_.substr(1) + '.' + std::to_string(id);
  auto made = Pair::make(name, nonblocking, gate == Gate::kOpen);
  if (!made) return made.error();
  program_end = std::move(made.value().program_end);
  const std::uint64_t cookie = made.value().cookie;
  auto socket = std::make_unique<Socket>(id, cookie);
  socket->pair = std::move(made.value().pair);
  socket->domain = domain;
  socket->type = type;
  if (gate == Gate::kOpen) {
    socket->state = Socket::State::kConnected;
    socket->was_connected = true;
    socket->connect_reported = true;
  }
  watch_pair(*socket, EPOLL_CTL_ADD);
  by_cookie_.emplace(cookie, id);
  return sockets_.emplace(id, std::move(socket)).first->second.get();
}

void Engine::make_socket(const UniqueFd& call, const wire::Request& request) {
  if (finishing_) return static_cast<void>(reply_error(call, ENETDOWN));
  const bool is_stream = request.type == SOCK_STREAM;
  if (!is_stream && request.type != SOCK_DGRAM) {
    return static_cast<void>(reply_error(call, EPROTONOSUPPORT));
  }
  const Owner owner = Owner::of(call, sharing_.has_value(), request.level);
  if (!has_room_for_socket(owner)) {
    ++refused_;
    return static_cast<void>(reply_error(call, EMFILE, "too many sockets of one program"));
  }
  UniqueFd program_end;
  const bool nonblocking = (request.flags & wire::kNonBlocking) != 0;
  auto made = is_stream
                  ? adopt_pair(request.domain, request.type, nonblocking, Gate::kShut, program_end)
                  : adopt_datagrams(request.domain, nonblocking, program_end);
  if (!made) return static_cast<void>(reply_error(call, made.error().posix));
  made.value()->owner = owner;
  reply(call, {}, program_end.get());
}

void Engine::bind(const UniqueFd& call, const wire::Request& request, Socket& socket) {
  if (const int error = check_family(request, socket)) {
    return static_cast<void>(reply_error(call, error));
  }
  const bool is_mapped = (request.flags & wire::kMapped) != 0;
  if (is_mapped && socket.is_ipv6_only()) return static_cast<void>(reply_error(call, EINVAL));
  const Endpoint wanted = request.endpoint();
  const bool any = wanted.ip == Ipv4{};
  if (!any && (!modem_.up() || wanted.ip != modem_.address())) {
    return static_cast<void>(reply_error(call, EADDRNOTAVAIL));
  }
  const bool is_unused = socket.state == Socket::State::kIdle || (socket.is_udp() && !socket.bound);
  if (socket.bound || !is_unused) return static_cast<void>(reply_error(call, EINVAL));
  let_go_of(wanted.port);
  const Endpoint before = socket.local;
  socket.local = wanted;
  if (!take_port(socket)) {
    socket.local = before;
    return static_cast<void>(reply_error(call, EADDRINUSE));
  }
  socket.bound = true;
  socket.port_chosen = wanted.port != 0;
  socket.local = {wanted.ip, wanted.port != 0 ? wanted.port : made_up_port()};
  // A datagram socket hears from now on; with a port of no meaning it may wait for its first word.
  if (socket.is_udp() && socket.port_chosen && !socket.is_ipv6_only()) open_udp(socket);
  reply(call, {});
}

void Engine::listen(UniqueFd call, const wire::Request& request, Socket& socket) {
  if (socket.state == Socket::State::kListening) {
    // Only the backlog may be new.
    return static_cast<void>(reply(call, {}));
  }
  const bool was_refused = socket.state == Socket::State::kFailed && !socket.was_connected;
  if (socket.spent || was_refused) return renew(call, request, socket);
  if (socket.state != Socket::State::kIdle) return static_cast<void>(reply_error(call, EINVAL));
  if (finishing_) return static_cast<void>(reply_error(call, ENETDOWN));
  let_go_of(socket.local.port);
  if (is_port_taken(socket, For::kListen)) {
    return static_cast<void>(reply_error(call, EADDRINUSE));
  }
  if (socket.is_ipv6_only()) {
    // Nothing can arrive there, so it takes no server of the module.
    socket.state = Socket::State::kListening;
    return static_cast<void>(reply(call, {}));
  }
  if (const Status port = ensure_port(); !port) {
    reply_error(call, port.error().posix, notice_for(port.error(), socket.owner.pid));
    return;
  }
  if (socket.local.port == 0) socket.local.port = made_up_port();
  socket.bound = true;
  socket.waiters.push_back(std::move(call));
  modem_.listen(socket.id, socket.local.port, now_ + config_.connect_timeout, now_);
}

// What is left to the kernel, on the program's end, the caller does.
void Engine::shutdown(const UniqueFd& call, const wire::Request& request, Socket& socket) {
  wire::Reply out = description(socket);
  switch (socket.state) {
    case Socket::State::kConnected:
    case Socket::State::kFinished:
      break;
    case Socket::State::kListening:
      if (request.level == SHUT_WR) break;
      if (!socket.is_ipv6_only()) modem_.stop(socket.id, now_);
      socket.state = Socket::State::kIdle;
      socket.spent = true;
      break;
    case Socket::State::kConnecting:
      give_up(socket);
      break;
    case Socket::State::kIdle:
    case Socket::State::kFailed:
      out.error = ENOTCONN;
      break;
  }
  reply(call, out);
}

// Ends what the program itself wants ended, so that there is no error to tell.
void Engine::give_up(Socket& socket) {
  fail(socket, ECONNABORTED, {});
  socket.pending_error = 0;
  socket.connect_reported = true;
  socket.was_connected = false;
  // The modem has not heard of one that is held.
  if (!std::exchange(socket.held, false)) return begin_close(socket);
  std::erase(held_, socket.id);
}

// connect(2) with AF_UNSPEC: the socket is as new, but for its options and the port it was bound
// to.
void Engine::disconnect(const UniqueFd& call, const wire::Request& request, Socket& socket) {
  if (socket.state == Socket::State::kIdle && !socket.spent) {
    return static_cast<void>(reply(call, {}));
  }
  if (socket.state == Socket::State::kListening && !socket.is_ipv6_only()) {
    modem_.stop(socket.id, now_);
  } else if (socket.state != Socket::State::kFailed && socket.state != Socket::State::kIdle) {
    give_up(socket);
  }
  renew(call, request, socket);
}

void Engine::connect(UniqueFd call, const wire::Request& request, Socket& socket) {
  const bool blocking = (request.flags & wire::kNonBlocking) == 0;
  if (request.domain == AF_UNSPEC) return disconnect(call, request, socket);
  if (const int error = check_family(request, socket)) {
    return static_cast<void>(reply_error(call, error));
  }
  if (socket.is_ipv6_only()) return static_cast<void>(reply_error(call, ENETUNREACH));
  switch (socket.state) {
    case Socket::State::kIdle:
      if (socket.starts_listening()) return static_cast<void>(reply_error(call, EISCONN));
      if (socket.spent) return renew(call, request, socket);
      start_connecting(call, request, socket);
      if (socket.state == Socket::State::kFailed) {
        // At once: the line is another connection's (transparent mode).
        socket.connect_reported = true;
        return static_cast<void>(reply_error(call, std::exchange(socket.pending_error, 0),
                                             std::exchange(socket.notice, {})));
      }
      if (socket.state != Socket::State::kConnecting) return;
      if (!blocking) return static_cast<void>(reply_error(call, EINPROGRESS));
      socket.waiters.push_back(std::move(call));
      return;
    case Socket::State::kListening:
      return static_cast<void>(reply_error(call, EISCONN));
    case Socket::State::kConnecting:
      if (!blocking || socket.waiters.size() >= kMostWaiters)
        return static_cast<void>(reply_error(call, EALREADY));
      socket.waiters.push_back(std::move(call));
      return;
    case Socket::State::kConnected:
    case Socket::State::kFinished:
      return static_cast<void>(
          reply_error(call, std::exchange(socket.connect_reported, true) ? EISCONN : 0));
    case Socket::State::kFailed:
      if (socket.was_connected) return static_cast<void>(reply_error(call, EISCONN));
      if (!std::exchange(socket.connect_reported, true)) {
        const int posix = std::exchange(socket.pending_error, 0);
        return static_cast<void>(
            reply_error(call, posix != 0 ? posix : ECONNABORTED, std::exchange(socket.notice, {})));
      }
      return renew(call, request, socket);
  }
}

void Engine::start_connecting(const UniqueFd& call, const wire::Request& request, Socket& socket) {
  if (finishing_) return static_cast<void>(reply_error(call, ENETDOWN));
  if (const Status port = ensure_port(); !port) {
    return static_cast<void>(
        reply_error(call, port.error().posix, notice_for(port.error(), socket.owner.pid)));
  }
  socket.state = Socket::State::kConnecting;
  socket.peer = request.endpoint();
  if (socket.local.port == 0) socket.local.port = made_up_port();
  tracer_.connecting(socket);
  open_or_hold(socket);
}

// The old pair can't be used again: it is closed, with what poll(2) showed of the failure, or shut
// down. The program gets a new one, which its side puts under the same number.
void Engine::renew(const UniqueFd& call, const wire::Request& request, Socket& socket) {
  const bool nonblocking = (request.flags & wire::kNonBlocking) != 0;
  UniqueFd program_end;
  auto made = adopt_pair(socket.domain, socket.type, nonblocking, Gate::kShut, program_end);
  if (!made) return static_cast<void>(reply_error(call, made.error().posix));
  Socket& fresh = *made.value();
  fresh.owner = socket.owner;
  fresh.local = socket.local;
  fresh.port_chosen = socket.port_chosen;
  fresh.bound = socket.bound;
  fresh.options = std::move(socket.options);
  fresh.set_options_on(program_end.get());
  if (!socket.closing) destroy(socket.id);
  // The program repeats the call on the new descriptor: were this one to wait, the program could
  // not be told of the descriptor meanwhile.
  wire::Reply out;
  out.error = EAGAIN;
  reply(call, out, program_end.get());
}

}  // namespace a7600::engine
