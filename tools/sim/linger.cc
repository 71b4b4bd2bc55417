// SPDX-License-Identifier: MIT
#include "linger.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "sockets.h"

namespace a7600::sim {
namespace {

constexpr std::chrono::seconds kPatience{5};

}  // namespace

Linger::Socket::Socket(Loop& socket_loop, UniqueFd socket_fd, Outbound socket_rest, Time socket_end)
    : loop(socket_loop),
      fd(std::move(socket_fd)),
      rest(std::move(socket_rest)),
      end(socket_end),
      watch(loop,
            [this](std::uint32_t) {
              go_on();
              discard();
            }),
      due(loop, [this] { go_on(); }),
      patience(loop, [this] { lose_patience(); }) {
  watch.start(fd.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  last_left = left();
  patience.at(end + kPatience);
  go_on();
}

// What the peer hasn't acknowledged.
std::size_t Linger::Socket::left() const {
  return rest.size() + static_cast<std::size_t>(unacknowledged(fd.get()));
}

void Linger::Socket::lose_patience() {
  if (done) return;
  const std::size_t before = std::exchange(last_left, left());
  if (last_left < before) return patience.after(kPatience);
  watch.stop();
  reset_socket(fd);
  done = true;
}

void Linger::Socket::go_on() {
  if (ended || done) return;
  switch (rest.pump(fd.get(), loop.now())) {
    case Outbound::State::kEmpty:
      if (end > loop.now()) {
        due.at(end);
        return;
      }
      ended = true;
      ::shutdown(fd.get(), SHUT_WR);
      return;
    case Outbound::State::kWaiting:
      due.at(rest.due());
      return;
    case Outbound::State::kBlocked:
      return;
    case Outbound::State::kBroken:
      done = true;
      return;
  }
}

void Linger::Socket::discard() {
  std::array<char, 16384> sink;
  while (!done) {
    const ssize_t got = ::recv(fd.get(), sink.data(), sink.size(), 0);
    if (got > 0) continue;
    if (got < 0 && errno == EAGAIN) return;
    // The peer's end alone doesn't end ours: the rest may still be on its way.
    if (got < 0 || ended) done = true;
    return;
  }
}

void Linger::take(UniqueFd fd, Outbound rest, Time end) {
  if (!fd) return;
  Socket& socket = sockets_.emplace_back(loop_, std::move(fd), std::move(rest), end);
  socket.discard();
}

void Linger::sweep() {
  if (sockets_.empty()) return;
  sockets_.remove_if([](const Socket& socket) { return socket.done; });
}

void reset_socket(UniqueFd& fd) {
  if (!fd) return;
  const linger hard{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  fd.reset();
}

}  // namespace a7600::sim
