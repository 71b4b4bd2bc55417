// SPDX-License-Identifier: MIT
#include "support/far.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "support/case.h"

// Plain system calls: the library under test may have taken the place of the C library's.
namespace sockets::far {
namespace {

constexpr char kReal[] = "127.0.0.2";  // of the far side
constexpr char kProgram[] = "127.0.0.1";

template <typename... Arguments>
int call(long number, Arguments... arguments) {
  return static_cast<int>(::syscall(number, arguments...));
}

int make(int type, const Address& bound_to, std::uint16_t* port) {
  const int fd = NEED(call(SYS_socket, AF_INET, type | SOCK_CLOEXEC, 0));
  NEED(call(SYS_bind, fd, bound_to.get(), bound_to.length));
  Address name;
  name.length = sizeof(name.storage);
  NEED(call(SYS_getsockname, fd, &name.storage, &name.length));
  if (port != nullptr) *port = port_of(name);
  return fd;
}

bool wait_for(int fd, short events, int patience_ms) {
  pollfd poll{fd, events, 0};
  return ::poll(&poll, 1, patience_ms) == 1;
}

int g_refusing = -1;

}  // namespace

void Descriptor::end() {
  if (fd_ >= 0) call(SYS_close, std::exchange(fd_, -1));
}

void Stream::give(const std::string& bytes) const {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto sent = ::syscall(SYS_sendto, fd_.get(), bytes.data() + at, bytes.size() - at,
                                MSG_NOSIGNAL, nullptr, 0);
    at += static_cast<std::size_t>(need(sent, "the far side's send"));
  }
}

std::string Stream::take(std::size_t most, int patience_ms) const {
  if (!wait_for(fd_.get(), POLLIN, patience_ms)) return "(nothing)";
  std::string out(most, '\0');
  const auto got = ::syscall(SYS_recvfrom, fd_.get(), out.data(), most, 0, nullptr, nullptr);
  if (got < 0) return std::string("(").append(errno_name(errno)).append(")");
  if (got == 0) return "(end)";
  out.resize(static_cast<std::size_t>(got));
  return out;
}

std::string Stream::take_all(std::size_t size) const {
  std::string out;
  while (out.size() < size) {
    const std::string piece = take(size - out.size());
    if (piece.starts_with("(") && piece.ends_with(")")) return out + piece;
    out += piece;
  }
  return out;
}

void Stream::half_end() const { NEED(call(SYS_shutdown, fd_.get(), SHUT_WR)); }

void Stream::reset() {
  const linger now{1, 0};
  NEED(call(SYS_setsockopt, fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
  end();
}

std::uint16_t Stream::peer_port() const {
  Address name;
  name.length = sizeof(name.storage);
  NEED(call(SYS_getpeername, fd_.get(), &name.storage, &name.length));
  return port_of(name);
}

Listener::Listener(int backlog) : fd_(make(SOCK_STREAM, ip4(kReal, 0), &port_)) {
  NEED(call(SYS_listen, fd_.get(), backlog));
  name_port(port_, "listener");
}

Stream Listener::next() const {
  if (!wait_for(fd_.get(), POLLIN, kPatienceMs)) {
    say("nobody connected to the far side");
    ::_exit(2);
  }
  return Stream(NEED(call(SYS_accept4, fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
}

SilentListener::SilentListener() : listener_(0) {
  const Address real = ip4(kReal, port_of(listener_.address()));
  // Those beyond the backlog don't get through.
  for (bool full = false; !full;) {
    const int fd = make(SOCK_STREAM | SOCK_NONBLOCK, ip4(kReal, 0), nullptr);
    call(SYS_connect, fd, real.get(), real.length);
    full = !wait_for(fd, POLLOUT, 50);
    if (full) {
      call(SYS_close, fd);
    } else {
      fillers_.emplace_back(fd);
      ++queued_;
    }
  }
}

void SilentListener::room() {
  for (; queued_ > 0; --queued_) listener_.next().end();
}

Address refusing() {
  std::uint16_t port = 0;
  g_refusing = make(SOCK_STREAM, ip4(kReal, 0), &port);
  name_port(port, "refusing");
  return far_end(port);
}

void listen_at_refusing() { NEED(call(SYS_listen, g_refusing, 64)); }

Stream accept_at_refusing() {
  if (!wait_for(g_refusing, POLLIN, kPatienceMs)) NEED(-1);
  return Stream(NEED(call(SYS_accept4, g_refusing, nullptr, nullptr, SOCK_CLOEXEC)));
}

Stream connect_to(const Port& port) {
  std::uint16_t own = 0;
  const int fd = make(SOCK_STREAM, ip4(kReal, 0), &own);
  name_port(own, "client");
  const Address to = ip4(kProgram, port.outside);
  NEED(call(SYS_connect, fd, to.get(), to.length));
  return Stream(fd);
}

int try_to_connect(const Port& port) {
  const int fd = make(SOCK_STREAM, ip4(kReal, 0), nullptr);
  const Address to = ip4(kProgram, port.outside);
  const int error = call(SYS_connect, fd, to.get(), to.length) == 0 ? 0 : errno;
  call(SYS_close, fd);
  return error;
}

Datagrams::Datagrams(const char* name) : fd_(make(SOCK_DGRAM, ip4(kReal, 0), &port_)) {
  name_port(port_, name);
}

std::string Datagrams::take(int patience_ms) {
  if (!wait_for(fd_.get(), POLLIN, patience_ms)) return "(nothing)";
  std::string out(65536, '\0');
  sender_.length = sizeof(sender_.storage);
  const auto got = ::syscall(SYS_recvfrom, fd_.get(), out.data(), out.size(), 0, &sender_.storage,
                             &sender_.length);
  if (got < 0) return std::string("(").append(errno_name(errno)).append(")");
  out.resize(static_cast<std::size_t>(got));
  return out;
}

std::uint16_t Datagrams::sender_port() const { return port_of(sender_); }

void Datagrams::answer(const std::string& bytes) const {
  NEED((::syscall(SYS_sendto, fd_.get(), bytes.data(), bytes.size(), 0, &sender_.storage,
                  sender_.length)));
}

void Datagrams::give_to(const Port& port, const std::string& bytes) const {
  const Address to = ip4(kProgram, port.outside);
  NEED((::syscall(SYS_sendto, fd_.get(), bytes.data(), bytes.size(), 0, to.get(), to.length)));
}

}  // namespace sockets::far
