// SPDX-License-Identifier: MIT
#include "outbound.h"

#include <sys/socket.h>

#include <cerrno>

#include "sockets.h"

namespace a7600::sim {

void Outbound::put(Time due, std::string_view bytes, Endpoint to) {
  pieces_.push_back({due, to, std::string(bytes)});
  size_ += bytes.size();
}

Outbound::State Outbound::pump(int fd, Time now) {
  while (!pieces_.empty()) {
    const Piece& piece = pieces_.front();
    if (piece.due > now) return State::kWaiting;
    const std::string_view rest = std::string_view(piece.bytes).substr(written_);
    if (piece.to.port != 0) {
      const sockaddr_in address = to_sockaddr(piece.to);
      ::sendto(fd, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), sizeof address);
      written_ += rest.size();
      size_ -= rest.size();
    } else {
      const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN ? State::kBlocked : State::kBroken;
      written_ += static_cast<std::size_t>(sent);
      size_ -= static_cast<std::size_t>(sent);
    }
    if (written_ < piece.bytes.size()) return State::kBlocked;
    written_ = 0;
    pieces_.pop_front();
  }
  return State::kEmpty;
}

void Outbound::clear() {
  pieces_.clear();
  written_ = 0;
  size_ = 0;
}

}  // namespace a7600::sim
