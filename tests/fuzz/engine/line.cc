// SPDX-License-Identifier: MIT
#include "line.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include "../input.h"

namespace a7600::fuzz {

Line::Line() {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener_.get(), any, size) == 0 && ::listen(listener_.get(), 16) == 0 &&
              ::getsockname(listener_.get(), any, &size) == 0,
          "there is a port on loopback");
  port_ = "tcp:127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

namespace {

using Name = int (*)(int, sockaddr*, socklen_t*);

// The port of one end; 0 if `fd` is no end of a TCP connection.
std::uint16_t port_of(int fd, Name name) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  if (name(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return address.sin_family == AF_INET ? address.sin_port : std::uint16_t{0};
}

// Sends the acknowledgement that is due; the clocks here run faster than TCP's. Who leaves unread
// what came before may let no more come.
bool has_arrived(int from, int to) {
  const int on = 1;
  int unread = 0;
  int waiting = 0;
  ::setsockopt(to, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
  if (::ioctl(to, SIOCINQ, &unread) == 0 && unread > 0) return true;
  return ::ioctl(from, SIOCOUTQ, &waiting) != 0 || waiting == 0;
}

}  // namespace

void Line::find_other_end() {
  const std::uint16_t port = port_of(connection_.get(), ::getpeername);
  for (other_end_ = 3; other_end_ < 64; ++other_end_) {
    if (port_of(other_end_, ::getsockname) == port) return;
  }
  other_end_ = -1;
}

bool Line::is_quiet() const {
  if (!connection_ || other_end_ < 0) return true;
  // Closed meanwhile, and another file's number perhaps.
  if (port_of(other_end_, ::getsockname) != port_of(connection_.get(), ::getpeername)) return true;
  return has_arrived(other_end_, connection_.get()) && has_arrived(connection_.get(), other_end_);
}

bool Line::look() {
  // The engine closes the one before it opens another.
  if (connection_) return false;
  bool is_new = false;
  for (;;) {
    UniqueFd next(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!next) return is_new;
    // Closed without a trace: thousands of them a minute would use the ports up.
    const linger at_once{1, 0};
    const int on = 1;
    ::setsockopt(next.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    ::setsockopt(next.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    connection_ = std::move(next);
    find_other_end();
    is_new = true;
  }
}

std::string_view Line::read() {
  if (!connection_) return {};
  const ssize_t got = ::recv(connection_.get(), read_.data(), read_.size(), MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) connection_.reset();
  return {read_.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

void Line::write(std::string_view bytes) {
  if (connection_)
    ::send(connection_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace a7600::fuzz
