// SPDX-License-Identifier: MIT
//
// The control calls: one request over a connection of its own, one reply. Calls that wait
// (connect, look-ups, the end) keep their connection until the answer is there; the program sleeps
// in recv(2) on it, which signals, SA_RESTART and timeouts treat as they treat connect(2).
#include <sys/epoll.h>

#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "engine/engine.h"

namespace a7600::engine {
namespace {

constexpr std::size_t kMostCalls = 1024;
constexpr int kCallsATurn = 8;
constexpr std::size_t kMostWaiters = 64;  // for the address of one socket
constexpr std::size_t kMostQueries = 512;

std::optional<std::uint64_t> cookie_of(int fd) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  if (sys::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) return std::nullopt;
  return cookie;
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
    make_room_for_call(call);
    if (calls_.size() >= kMostCalls) {
      ++refused_;
      return;
    }
    const int fd = call.get();
    watch(EPOLL_CTL_ADD, fd, EPOLLIN, Source::kCall, static_cast<std::uint32_t>(fd));
    calls_.emplace(fd, SilentCall{std::move(call), ++last_call_});
    return;
  }
  if (error == EPROTO) reply_error(call, EPROTO, "a control message of another version");
  if (error == 0) dispatch(std::move(call), request, std::move(descriptor));
}

void Engine::dispatch(UniqueFd call, const wire::Request& request, UniqueFd descriptor) {
  if (!may(call, request.op, request.pass)) {
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
      if (!about_a_socket && !may(call, wire::Op::kSocket, request.pass)) return;
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

// ---- What a program asks and sets

wire::Reply Engine::description(const Socket& socket) {
  wire::Reply out;
  out.state = socket.wire_state();
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
  if (wants_address) {
    out.local_ip = modem_.address().value;
    socket.port_told = true;
  }
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
    return static_cast<void>(reply_error(call, port.error().posix, notice_for(port.error(), call)));
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
        // What a datagram socket has sent waits for its link.
        if (socket->is_udp()) {
          socket->close_when_taken = true;
          break;
        }
        [[fallthrough]];
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
