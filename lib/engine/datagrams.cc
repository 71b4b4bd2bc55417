// SPDX-License-Identifier: MIT
#include "engine/datagrams.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/sys.h"

namespace a7600::engine {
namespace {

constexpr std::size_t kMostWaiting = 64;
constexpr std::size_t kMostPeers = 256;

// 127.0.0.0/8, port 53.
bool is_resolver(const Endpoint& peer) { return peer.ip.value >> 24 == 127 && peer.port == 53; }

Error error_of(int posix) {
  return {posix, -1, std::string("datagram socket: ") + strerror(posix)};
}

}  // namespace

Result<Datagrams::Made> Datagrams::make(const wire::UnixAddress& name, bool nonblocking) {
  const int flags = SOCK_DGRAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0);
  UniqueFd program_end(sys::socket(AF_UNIX, flags, 0));
  if (!program_end || sys::bind(program_end.get(), name.get(), name.length) != 0) {
    return error_of(errno);
  }
  Made made{Datagrams(name), std::move(program_end), 0};
  socklen_t size = sizeof(made.cookie);
  if (sys::getsockopt(made.program_end.get(), SOL_SOCKET, SO_COOKIE, &made.cookie, &size) != 0) {
    return error_of(errno);
  }
  return made;
}

int Datagrams::open_peer(const Endpoint& peer) {
  if (const auto found = peers_.find(peer); found != peers_.end()) return found->second.get();
  const auto peer_name = wire::name_of_peer(name_, peer);
  if (!peer_name) {
    errno = ENAMETOOLONG;
    return -1;
  }
  if (peers_.size() >= kMostPeers) peers_.erase(peers_.begin());
  UniqueFd fd(sys::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || sys::bind(fd.get(), peer_name->get(), peer_name->length) != 0) return -1;
  // From nobody but the program: the name is open to all. EPERM when the program's end is
  // connected to another peer; then it hears nothing from this one anyway.
  if (sys::connect(fd.get(), name_.get(), name_.length) != 0 && errno != EPERM) return -1;
  const int number = fd.get();
  peers_.emplace(peer, std::move(fd));
  if (watch_) watch_(number);
  return number;
}

bool Datagrams::has_remote_peer() const {
  return std::any_of(peers_.begin(), peers_.end(),
                     [](const auto& peer) { return !is_resolver(peer.first); });
}

std::optional<Datagrams::Taken> Datagrams::take(std::span<std::byte> into, Peers from) {
  auto next = peers_.upper_bound(last_taken_);
  for (std::size_t i = 0; i < peers_.size(); ++i, ++next) {
    if (next == peers_.end()) next = peers_.begin();
    if (is_resolver(next->first) != (from == Peers::kResolvers)) continue;
    for (;;) {
      const ssize_t got =
          sys::recv(next->second.get(), into.data(), into.size(), MSG_DONTWAIT | MSG_TRUNC);
      if (got < 0) break;
      const auto size = static_cast<std::size_t>(got);
      if (size > into.size()) ++dropped_;
      if (size == 0 || size > into.size()) continue;
      last_taken_ = next->first;
      return Taken{size, next->first};
    }
  }
  return std::nullopt;
}

// Whether it is done with, delivered or not.
bool Datagrams::send(const Endpoint& from, std::span<const std::byte> bytes) {
  const int fd = open_peer(from);
  if (fd < 0) {
    ++dropped_;
    return true;
  }
  if (sys::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
  // A peer that was made while the program was connected elsewhere has no connection yet.
  if (errno == ENOTCONN && sys::sendto(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                       name_.get(), name_.length) >= 0) {
    return true;
  }
  if (errno == EAGAIN) return false;
  ++dropped_;
  return true;
}

void Datagrams::give(const Endpoint& from, std::span<const std::byte> bytes) {
  if (waiting_.empty() && send(from, bytes)) return;
  if (waiting_.size() >= kMostWaiting) {
    ++dropped_;
    return;
  }
  waiting_.push_back({from, {bytes.begin(), bytes.end()}});
}

void Datagrams::flush() {
  while (!waiting_.empty() && send(waiting_.front().from, waiting_.front().bytes)) {
    waiting_.pop_front();
  }
}

// A socket of no name, connected to the program's end: 0, or what keeps it from that.
int Datagrams::probe() const {
  const UniqueFd fd(sys::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  return sys::connect(fd.get(), name_.get(), name_.length) == 0 ? 0 : errno;
}

bool Datagrams::alive() const { return probe() != ECONNREFUSED; }

bool Datagrams::is_connected() const { return probe() == EPERM; }

bool Datagrams::hears(const Endpoint& from) {
  const int fd = open_peer(from);
  return fd >= 0 && sys::connect(fd, name_.get(), name_.length) == 0;
}

}  // namespace a7600::engine
