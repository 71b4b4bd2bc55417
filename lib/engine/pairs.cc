// SPDX-License-Identifier: MIT
//
// What happens at the engine's end of a pair, and how a socket ends.
#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "engine/engine.h"

namespace a7600::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRememberedFailures = 1024;
constexpr unsigned kPairEvents = EPOLLRDHUP | EPOLLET;

}  // namespace

void Engine::watch_pair(const Socket& socket, int operation) {
  unsigned events = kPairEvents;
  const bool bytes_flow =
      socket.state == Socket::State::kConnected || socket.state == Socket::State::kFinished;
  // Before that, what is readable is the filler.
  if (bytes_flow) events |= EPOLLIN;
  if (!socket.pair.room()) events |= EPOLLOUT;
  watch(operation, socket.pair.fd(), events, Source::kSocket, socket.id);
}

void Engine::on_pair(Socket& socket, unsigned events) {
  const modem::ConnectionId id = socket.id;
  if (!socket.pair.room() && (events & (EPOLLOUT | EPOLLHUP)) != 0 && socket.pair.flush()) {
    watch_pair(socket, EPOLL_CTL_MOD);
    if (socket.finish_when_flushed) {
      show_finish(socket);
      release_held();
    }
    modem_.set_room(id, now_);
    if (find(id) == nullptr) return;
  }
  switch (socket.state) {
    case Socket::State::kIdle:
      if ((events & EPOLLHUP) != 0) destroy(id);
      break;
    case Socket::State::kListening:
      if ((events & EPOLLHUP) == 0) break;
      modem_.stop(id, now_);
      destroy(id);
      break;
    case Socket::State::kConnecting:
      // close() and shutdown() alike give the attempt up; another thread may be in connect() still.
      if ((events & EPOLLHUP) != 0) give_up(socket);
      break;
    case Socket::State::kConnected:
      if ((events & EPOLLHUP) != 0) {
        const auto linger = socket.linger();
        // SO_LINGER with no time: what was not sent is dropped.
        if (linger == 0s) return begin_close(socket);
        if (linger && !socket.linger_until) socket.linger_until = now_ + *linger;
      }
      tracer_.writable(id);
      modem_.set_writable(id, now_);
      break;
    case Socket::State::kFinished:
      if (socket.pair.pending() > 0) {
        // TCP answers what is written to a closed peer with a reset, which is EPIPE behind an end.
        fail(socket, EPIPE, {});
        begin_close(socket);
      } else if (socket.pair.hung_up()) {
        begin_close(socket);
      }
      break;
    case Socket::State::kFailed:
      break;
  }
}

void Engine::show_finish(Socket& socket) {
  socket.finish_when_flushed = false;
  // What the program has written meanwhile can't reach the peer any more, and it has to know.
  if (socket.end.posix == 0 && socket.pair.pending() == 0) {
    socket.state = Socket::State::kFinished;
    socket.pair.finish();
    // At the program's end its descriptor is still open.
    if (socket.pair.hung_up() || socket.close_when_taken) begin_close(socket);
    return;
  }
  fail(socket, socket.end.posix != 0 ? socket.end.posix : ECONNRESET, {});
  begin_close(socket);
}

// The program sees a failure; the record stays for what it may ask, without the pair.
void Engine::fail(Socket& socket, int posix, std::string_view notice) {
  socket.state = Socket::State::kFailed;
  socket.pending_error = posix;
  socket.notice = notice;
  // The pair first: when connect(2) returns, poll(2) already shows it.
  socket.pair.close();
  for (const UniqueFd& waiter : std::exchange(socket.waiters, {})) {
    if (!reply_error(waiter, posix, socket.notice)) continue;
    socket.notice.clear();
    socket.pending_error = 0;
    socket.connect_reported = true;
  }
  remember(socket);
}

// Both directions were ended in order, and a program may still hold its end.
void Engine::retire(Socket& socket) {
  socket.state = Socket::State::kFailed;
  socket.connect_reported = true;
  socket.pair.close_quietly();
  remember(socket);
}

void Engine::remember(const Socket& socket) {
  failed_.push_back(socket.id);
  if (failed_.size() <= kRememberedFailures) return;
  const modem::ConnectionId oldest = failed_.front();
  failed_.pop_front();
  if (const Socket* forgotten = find(oldest); forgotten != nullptr && forgotten->closing) {
    failed_.push_back(oldest);
  } else {
    destroy(oldest);
  }
}

void Engine::begin_close(Socket& socket) {
  if (socket.closing) return;
  if (socket.held) {
    std::erase(held_, socket.id);
    return destroy(socket.id);
  }
  socket.closing = true;
  tracer_.closing(socket);
  modem_.close(socket.id, now_, socket.linger_until);
}

void Engine::destroy(modem::ConnectionId id) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  answer_closers(id);
  answer_progress(*found->second, std::nullopt);
  // Closed in the middle of listen(): the module may have started its server already.
  if (found->second->starts_listening()) modem_.stop(id, now_);
  by_cookie_.erase(found->second->cookie);
  const std::unique_ptr<Socket> socket = std::move(found->second);
  sockets_.erase(found);
  give_port_up(*socket);
  release_held();
}

}  // namespace a7600::engine
