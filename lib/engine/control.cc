// SPDX-License-Identifier: MIT
//
// The control calls: one request over a connection of its own, one reply. Calls that wait
// (connect, look-ups, the end) keep their connection until the answer is there; the program sleeps
// in recv(2) on it, which signals, SA_RESTART and timeouts treat as they treat connect(2).
#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "engine/engine.h"

namespace a7600::engine {
namespace {

constexpr std::size_t kMostCalls = 1024;
constexpr int kCallsATurn = 8;
constexpr std::size_t kMostWaiters = 64;  // in connect(2), on one socket
constexpr std::size_t kMostQueries = 512;
constexpr std::uint16_t kFirstMadeUpPort = 32768;
constexpr std::uint16_t kLastMadeUpPort = 60999;

std::optional<std::uint64_t> cookie_of(int fd) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  if (sys::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) return std::nullopt;
  return cookie;
}

wire::SocketState wire_state(const Socket& socket) {
  switch (socket.state) {
    case Socket::State::kIdle:
      return wire::SocketState::kIdle;
    case Socket::State::kListening:
      return wire::SocketState::kListening;
    case Socket::State::kConnecting:
      return wire::SocketState::kConnecting;
    case Socket::State::kConnected:
      return wire::SocketState::kConnected;
    case Socket::State::kFinished:
      return wire::SocketState::kClosedByPeer;
    case Socket::State::kFailed:
      return wire::SocketState::kFailed;
  }
  return wire::SocketState::kFailed;
}

// Linux takes addresses of the socket's own family. For an IPv6 one the others are too short.
int check_family(const wire::Request& request, const Socket& socket) {
  if (request.domain == socket.domain) return 0;
  return socket.domain == AF_INET6 ? EINVAL : EAFNOSUPPORT;
}

}  // namespace

void Engine::accept_calls(int listener) {
  // No more at once: a program that calls without a pause must not keep the loop from the line, and
  // from the sockets that it closes meanwhile.
  for (int i = 0; i < kCallsATurn; ++i) {
    UniqueFd call(sys::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!call) return;
    serve(std::move(call));
  }
}

void Engine::serve(UniqueFd call) {
  wire::Request request;
  UniqueFd descriptor;
  const int error = wire::receive(call.get(), request, descriptor, MSG_DONTWAIT);
  if (error == EAGAIN) {
    if (calls_.size() >= kMostCalls || !has_room_for_call(call)) {
      ++refused_;
      return;
    }
    const int fd = call.get();
    watch(EPOLL_CTL_ADD, fd, EPOLLIN, Source::kCall, static_cast<std::uint32_t>(fd));
    calls_.emplace(fd, std::move(call));
    return;
  }
  if (error == EPROTO) reply_error(call, EPROTO, "a control message of another version");
  if (error == 0) dispatch(std::move(call), request, std::move(descriptor));
}

void Engine::dispatch(UniqueFd call, const wire::Request& request, UniqueFd descriptor) {
  if (!may(call, request.op)) {
    ++refused_;
    return static_cast<void>(reply_error(call, sharing_ ? EPERM : EACCES));
  }
  const bool about_a_socket = static_cast<bool>(descriptor);
  switch (request.op) {
    case wire::Op::kSocket:
      return make_socket(call, request);
    case wire::Op::kResolve:
      return resolve(std::move(call), request);
    case wire::Op::kMaybeClosed:
      return maybe_closed(call, request);
    case wire::Op::kFinish:
      return start_finishing(std::move(call));
    case wire::Op::kReport: {
      if (!about_a_socket && !may(call, wire::Op::kSocket)) return;
      const Socket* socket = by_descriptor(descriptor);
      if (about_a_socket && socket == nullptr) return;
      return tracer_.report(std::span(request.data).first(request.size),
                            socket != nullptr ? socket->id : 0);
    }
    case wire::Op::kTrace:
      return trace_to(std::move(call), request, std::move(descriptor));
    case wire::Op::kStatus:
      return report(std::move(call));
    case wire::Op::kCommand:
      return send_command(std::move(call), request);
    case wire::Op::kHold:
      watch(EPOLL_CTL_ADD, call.get(), EPOLLRDHUP, Source::kCall,
            static_cast<std::uint32_t>(call.get()));
      reply(call, {});
      holders_.push_back(std::move(call));
      return;
    default:
      break;
  }
  Socket* socket = by_descriptor(descriptor);
  // Only looked at. Kept, it would hide the moment when the program closes its own.
  descriptor.reset();
  if (socket == nullptr) return static_cast<void>(reply_error(call, ENOTSOCK));
  switch (request.op) {
    case wire::Op::kOpenPeer:
      return open_peer(call, request, *socket);
    case wire::Op::kConnect:
      return connect(std::move(call), request, *socket);
    case wire::Op::kBind:
      return bind(call, request, *socket);
    case wire::Op::kListen:
      return listen(std::move(call), request, *socket);
    case wire::Op::kShutdown:
      return shutdown(call, request, *socket);
    case wire::Op::kDescribe:
      return describe(std::move(call), request, *socket);
    case wire::Op::kProgress:
      return progress(std::move(call), *socket);
    case wire::Op::kLinger:
      return linger(std::move(call), *socket);
    case wire::Op::kTakeError:
      return take_error(call, *socket);
    case wire::Op::kSetOption:
      return set_option(call, request, *socket);
    case wire::Op::kGetOption:
      return get_option(call, request, *socket);
    case wire::Op::kRelease:
      return release(call, *socket);
    default:
      return static_cast<void>(reply_error(call, EOPNOTSUPP));
  }
}

Socket* Engine::by_descriptor(const UniqueFd& descriptor) {
  if (!descriptor) return nullptr;
  const auto cookie = cookie_of(descriptor.get());
  if (!cookie) return nullptr;
  const auto found = by_cookie_.find(*cookie);
  return found == by_cookie_.end() ? nullptr : find(found->second);
}

bool Engine::reply(const UniqueFd& call, const wire::Reply& reply, int descriptor) {
  return wire::send(call.get(), reply, descriptor) == 0;
}

bool Engine::reply_error(const UniqueFd& call, int posix, std::string_view notice) {
  wire::Reply out;
  out.error = posix;
  out.set_notice(notice);
  return reply(call, out);
}

std::uint16_t Engine::made_up_port() {
  if (last_port_ < kFirstMadeUpPort || last_port_ >= kLastMadeUpPort) {
    last_port_ = kFirstMadeUpPort;
  } else {
    ++last_port_;
  }
  return last_port_;
}

// ---- socket, bind, connect

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
  const Owner owner = Owner::of(call, sharing_.has_value());
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
  if (!socket.is_udp()) let_go_of(wanted.port);
  const Endpoint before = socket.local;
  socket.local = wanted;
  if (is_port_taken(socket, For::kBind)) {
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

// Listeners of the port that have been closed, before their turn in the loop: a program that closes
// one and binds another at once finds the port free.
void Engine::let_go_of(std::uint16_t port) {
  std::vector<modem::ConnectionId> closed;
  for (const auto& [id, socket] : sockets_) {
    const bool holds = socket->state == Socket::State::kListening ||
                       (socket->state == Socket::State::kIdle && socket->bound);
    if (!socket->is_udp() && holds && socket->local.port == port && socket->pair.hung_up()) {
      closed.push_back(id);
    }
  }
  for (const modem::ConnectionId id : closed) on_pair(*find(id), EPOLLHUP);
}

// As Linux has it, but that a listener's port is never shared: the module has one server for it,
// and a datagram socket's neither.
bool Engine::is_port_taken(const Socket& socket, For what) const {
  if (socket.local.port == 0) return false;
  const auto shares = [](const Socket& one, const Socket& other, int option) {
    return one.is_set(SOL_SOCKET, option) && other.is_set(SOL_SOCKET, option);
  };
  return std::any_of(sockets_.begin(), sockets_.end(), [&](const auto& entry) {
    const Socket& other = *entry.second;
    if (&other == &socket || other.is_udp() != socket.is_udp() || !other.bound || other.closing ||
        other.state == Socket::State::kFailed || other.local.port != socket.local.port ||
        other.is_ipv6_only() != socket.is_ipv6_only()) {
      return false;
    }
    if (other.state == Socket::State::kListening || socket.is_udp()) return true;
    return what == For::kBind && !shares(socket, other, SO_REUSEADDR) &&
           !shares(socket, other, SO_REUSEPORT);
  });
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
    socket.state = Socket::State::kListening;
    return static_cast<void>(reply(call, {}));
  }
  if (const Status port = ensure_port(); !port) {
    reply_error(call, port.error().posix, notice_for(port.error()));
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
  begin_close(socket);
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
    return static_cast<void>(reply_error(call, port.error().posix, notice_for(port.error())));
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

// ---- What a program asks and sets

wire::Reply Engine::description(const Socket& socket) {
  wire::Reply out;
  out.state = wire_state(socket);
  out.domain = socket.domain;
  out.type = socket.type;
  out.local_ip = socket.local.ip.value;
  out.local_port = socket.local.port;
  out.peer_ip = socket.peer.ip.value;
  out.peer_port = socket.peer.port;
  return out;
}

void Engine::describe(UniqueFd call, const wire::Request& request, Socket& socket) {
  const bool wants_address = (request.flags & wire::kWantsAddress) != 0 && socket.is_udp();
  if (wants_address && socket.state == Socket::State::kConnecting &&
      socket.waiters.size() < kMostWaiters) {
    return socket.waiters.push_back(std::move(call));
  }
  wire::Reply out = description(socket);
  if (wants_address) out.local_ip = modem_.address().value;
  reply(call, out);
}

void Engine::take_error(const UniqueFd& call, Socket& socket) {
  wire::Reply out;
  out.value = std::exchange(socket.pending_error, 0);
  // A connection that was never made has errors of the modem's only; what the kernel has to say of
  // its pair is not for the program. One that was made may have been reset under the kernel's eyes.
  const bool authoritative = !socket.was_connected || out.value != 0;
  if (authoritative) out.flags |= wire::kAuthoritative;
  out.set_notice(std::exchange(socket.notice, {}));
  reply(call, out);
}

void Engine::release(const UniqueFd& call, Socket& socket) {
  const bool idle = socket.state == Socket::State::kIdle || socket.state == Socket::State::kFailed;
  if (!idle && !socket.is_udp()) return static_cast<void>(reply_error(call, EISCONN));
  wire::Reply out;
  out.domain = socket.domain;
  out.type = socket.type;
  if (socket.bound) {
    out.local_ip = socket.local.ip.value;
    out.local_port = socket.port_chosen ? socket.local.port : std::uint16_t{0};
    out.value = 1;
  }
  for (const wire::OptionRecord& record : socket.options) {
    if (out.size + sizeof(record) > out.data.size()) break;
    std::memcpy(out.data.data() + out.size, &record, sizeof(record));
    out.size = static_cast<std::uint16_t>(out.size + sizeof(record));
  }
  // A datagram socket with a link is found dead soon, when the program's end has been replaced.
  if (idle && !socket.closing) destroy(socket.id);
  reply(call, out);
}

// ---- Names, and the end

void Engine::resolve(UniqueFd call, const wire::Request& request) {
  const auto name = at::HostName::parse(request.text());
  if (!name) return static_cast<void>(reply_error(call, ENOENT));
  if (finishing_) return static_cast<void>(reply_error(call, ENETDOWN));
  if (const Status port = ensure_port(); !port) {
    return static_cast<void>(reply_error(call, port.error().posix, notice_for(port.error())));
  }
  if (queries_.size() >= kMostQueries) return static_cast<void>(reply_error(call, ENOBUFS));
  const modem::QueryId id = ++last_query_;
  queries_.emplace(id, std::move(call));
  tracer_.looking_up(id, name->text());
  modem_.resolve(id, *name, now_ + config_.connect_timeout, now_);
}

// The file is the caller's; its descriptor says what may be done with it. Who asks is another
// matter: a trace shows everybody's bytes.
void Engine::trace_to(UniqueFd call, const wire::Request& request, UniqueFd file) {
  if (!file) return static_cast<void>(reply_error(call, EBADF));
  if (tracer_.on()) return static_cast<void>(reply_error(call, EBUSY));
  const std::size_t payload =
      request.level < 0 ? trace::kWholePayload : static_cast<std::size_t>(request.level);
  trace::File out(std::move(file), trace::file_header(static_cast<std::uint64_t>(config_.baud)));
  tracer_.start(trace::Writer(std::move(out), payload), modem_);
  trace_call_ = std::move(call);
  watch(EPOLL_CTL_ADD, trace_call_.get(), EPOLLRDHUP, Source::kTrace, 0);
  reply(trace_call_, {});
}

void Engine::start_finishing(UniqueFd call) {
  finishers_.push_back(std::move(call));
  if (std::exchange(finishing_, true)) return;
  last_progress_ = now_;
  std::vector<modem::ConnectionId> ids;
  for (const auto& [id, socket] : sockets_) ids.push_back(id);
  for (const modem::ConnectionId id : ids) {
    Socket* socket = find(id);
    if (socket == nullptr) continue;
    switch (socket->state) {
      case Socket::State::kConnected:
        socket->close_when_taken = true;
        if (const auto time = socket->linger(); time && !socket->is_udp()) {
          socket->linger_until = now_ + *time;
        }
        modem_.set_writable(id, now_);
        break;
      case Socket::State::kConnecting:
      case Socket::State::kFinished:
        begin_close(*socket);
        break;
      case Socket::State::kListening:
        modem_.stop(id, now_);
        break;
      case Socket::State::kIdle:
      case Socket::State::kFailed:
        break;
    }
  }
}

}  // namespace a7600::engine
