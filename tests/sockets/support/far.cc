// SPDX-License-Identifier: MIT
#include "support/far.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <type_traits>
#include <utility>

#include "base/sys.h"
#include "support/case.h"

// Plain system calls: the library under test may have taken the place of the C library's. They bear
// the mark that the filter for static programs lets by.
namespace sockets::far {
namespace {

constexpr char kReal[] = "127.0.0.2";  // of the far side
constexpr char kProgram[] = "127.0.0.1";

template <typename Argument>
long word(Argument argument) {
  if constexpr (std::is_pointer_v<Argument> || std::is_null_pointer_v<Argument>) {
    return reinterpret_cast<long>(argument);
  } else {
    return static_cast<long>(argument);
  }
}

// At most five arguments, before the mark.
template <typename... Arguments>
ssize_t call(long number, Arguments... arguments) {
  std::array<long, 5> words{word(arguments)...};
  const long result =
      ::syscall(number, words[0], words[1], words[2], words[3], words[4], a7600::sys::kMark);
  const int error = errno;
  // The mark would stay in its register for the program's next call.
  ::syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
  errno = error;
  return result;
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

// Of a datagram that comes or goes, with its other side.
msghdr message_of(Address& address, iovec& part) {
  msghdr out{};
  out.msg_name = &address.storage;
  out.msg_namelen = address.length;
  out.msg_iov = &part;
  out.msg_iovlen = 1;
  return out;
}

void send_to(int fd, Address to, const std::string& bytes) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  const msghdr message = message_of(to, part);
  NEED(call(SYS_sendmsg, fd, &message, 0));
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
  iovec part{out.data(), out.size()};
  msghdr message = message_of(sender_, part);
  const ssize_t got = call(SYS_recvmsg, fd_.get(), &message, 0);
  if (got < 0) return std::string("(").append(errno_name(errno)).append(")");
  sender_.length = message.msg_namelen;
  out.resize(static_cast<std::size_t>(got));
  return out;
}

std::uint16_t Datagrams::sender_port() const { return port_of(sender_); }

void Datagrams::answer(const std::string& bytes) const { send_to(fd_.get(), sender_, bytes); }

void Datagrams::give_to(const Port& port, const std::string& bytes) const {
  send_to(fd_.get(), ip4(kProgram, port.outside), bytes);
}

}  // namespace sockets::far
