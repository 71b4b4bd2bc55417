// SPDX-License-Identifier: MIT
#include "seccomp/hand_over.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/sys.h"
#include "wire/channel.h"

namespace a7600::seccomp {
namespace {

constexpr std::uint64_t kGreeting = 0x6137363073656363;
constexpr std::size_t kMostSilent = 64;

}  // namespace

int hand_over(const std::string& supervisor, int listener) {
  const auto address = wire::UnixAddress::from(supervisor);
  if (!address) return EINVAL;
  const UniqueFd connection(sys::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!connection) return errno;
  if (sys::connect(connection.get(), address->get(), address->length) != 0) return errno;
  const auto peer = wire::peer_of(connection.get());
  if (!peer || (peer->uid != ::geteuid() && peer->uid != 0)) return EACCES;
  return wire::send_message(connection.get(), &kGreeting, sizeof(kGreeting), listener);
}

Result<Receptionist> Receptionist::open(const std::string& address) {
  const auto name = wire::UnixAddress::from(address);
  UniqueFd fd(sys::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!name || !fd || sys::bind(fd.get(), name->get(), name->length) != 0 ||
      sys::listen(fd.get(), SOMAXCONN) != 0) {
    return Error{errno, -1, address + ": " + strerror(errno)};
  }
  return Receptionist(std::move(fd));
}

std::vector<UniqueFd> Receptionist::take() {
  std::vector<UniqueFd> out;
  for (;;) {
    UniqueFd connection(
        sys::accept4(watched_.front().get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!connection) break;
    const auto peer = wire::peer_of(connection.get());
    if (!peer || (peer->uid != ::geteuid() && peer->uid != 0)) continue;
    // The one that has been silent for longest makes room.
    if (watched_.size() > kMostSilent) watched_.erase(watched_.begin() + 1);
    watched_.push_back(std::move(connection));
  }
  for (std::size_t i = 1; i < watched_.size();) {
    std::uint64_t greeting = 0;
    UniqueFd listener;
    const int error =
        wire::receive_message(watched_[i].get(), &greeting, sizeof(greeting), listener, 0);
    if (error == EAGAIN) {
      ++i;
      continue;
    }
    watched_.erase(watched_.begin() + static_cast<std::ptrdiff_t>(i));
    if (error == 0 && greeting == kGreeting && listener) out.push_back(std::move(listener));
  }
  return out;
}

}  // namespace a7600::seccomp
