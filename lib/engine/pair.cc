// SPDX-License-Identifier: MIT
#include "engine/pair.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/sys.h"
#include "wire/channel.h"

namespace a7600::engine {
namespace {

// The kernel doubles it. Below 16384 a few tiny writes would close the gate again; the default
// 208 KB would hide 18 s of upload at 115200 baud from the program.
constexpr int kProgramSendBuffer = 16384;
constexpr int kRoomForKeptByte = 65536;

// Up to here a kept byte holds on to so little memory that the program's end stays writable.
constexpr std::size_t kSmallWrite = 2048;

constexpr std::array<char, 65536> kFiller{};

Error error_of(int posix) { return {posix, -1, std::string("socket pair: ") + strerror(posix)}; }

void set_send_buffer(int fd, int size) {
  sys::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

}  // namespace

Result<Pair::Made> Pair::make(std::string_view name, bool nonblocking, bool gate_open) {
  int fds[2];
  if (sys::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return error_of(errno);
  UniqueFd program_end(fds[0]);
  UniqueFd engine_end(fds[1]);

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() + 1 > sizeof(address.sun_path)) return error_of(ENAMETOOLONG);
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (sys::bind(engine_end.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return error_of(errno);
  }

  Made made{Pair(std::move(engine_end)), std::move(program_end), 0};
  const int program_fd = made.program_end.get();
  socklen_t cookie_size = sizeof(made.cookie);
  if (sys::getsockopt(program_fd, SOL_SOCKET, SO_COOKIE, &made.cookie, &cookie_size) != 0) {
    return error_of(errno);
  }

  set_send_buffer(program_fd, kProgramSendBuffer);
  const ssize_t filler =
      sys::send(program_fd, kFiller.data(), kFiller.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (filler <= 0) return error_of(errno);
  made.pair.filler_ = static_cast<std::size_t>(filler);
  set_send_buffer(program_fd, kRoomForKeptByte);
  const ssize_t kept = sys::send(program_fd, kFiller.data(), 1, MSG_DONTWAIT | MSG_NOSIGNAL);
  made.pair.kept_ = kept == 1;
  set_send_buffer(program_fd, kProgramSendBuffer);

  if (gate_open) made.pair.open_gate();

  const int status = ::fcntl(program_fd, F_GETFL);
  const int own_status = ::fcntl(made.pair.fd(), F_GETFL);
  if (nonblocking) ::fcntl(program_fd, F_SETFL, status | O_NONBLOCK);
  ::fcntl(made.pair.fd(), F_SETFL, own_status | O_NONBLOCK);
  return made;
}

void Pair::open_gate() { drop(filler_); }

std::size_t Pair::unread() const {
  int bytes = 0;
  if (::ioctl(fd(), FIONREAD, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

std::size_t Pair::pending() const {
  const std::size_t bytes = unread();
  return bytes - std::min<std::size_t>(bytes, kept_ ? 1 : 0);
}

std::size_t Pair::unread_by_program() const {
  // Counted with the kernel's own overhead per piece; a reader sees the order of magnitude.
  int bytes = 0;
  if (!is_open() || ::ioctl(fd(), TIOCOUTQ, &bytes) != 0 || bytes < 0) bytes = 0;
  return static_cast<std::size_t>(bytes) + leftover_.size();
}

bool Pair::hung_up() const {
  pollfd poll{fd(), 0, 0};
  return ::poll(&poll, 1, 0) == 1 && (poll.revents & POLLHUP) != 0;
}

bool Pair::drop(std::size_t size) const {
  // In one call, so that the program sees one edge. MSG_TRUNC does not discard on AF_UNIX.
  std::array<std::byte, kFiller.size()> scratch;
  return sys::recv(fd(), scratch.data(), std::min(size, scratch.size()), MSG_DONTWAIT) ==
         static_cast<ssize_t>(size);
}

void Pair::close_quietly() {
  if (is_open()) {
    kept_ = false;
    drop(kFiller.size());
  }
  close();
}

ssize_t Pair::receive(std::span<std::byte> into, int flags) const {
  std::byte taken_before{};
  std::array<iovec, 2> parts{{{&taken_before, kept_ ? 1U : 0U}, {into.data(), into.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const ssize_t got = sys::recvmsg(fd(), &message, flags | MSG_DONTWAIT);
  return kept_ && got > 0 ? got - 1 : got;
}

Pair::Taken Pair::take(std::span<std::byte> into) {
  const std::size_t waiting = pending();
  if (waiting == 0) return take_nothing();
  largest_ = std::max(largest_, waiting);
  // No more than was seen waiting: what a later write adds may not be worth keeping a byte of.
  const std::size_t wanted = std::min(waiting, into.size());
  const bool empties = wanted == waiting;
  const bool keep = empties ? largest_ <= kSmallWrite : kept_;
  if (empties) largest_ = 0;

  const int flags = keep ? MSG_PEEK : 0;
  const ssize_t got = receive(into.first(wanted), flags);
  if (got <= 0) return {.size = 0, .end = got == 0, .reset = got < 0 && errno == ECONNRESET};
  const auto size = static_cast<std::size_t>(got);
  if (keep) drop(size + (kept_ ? 1 : 0) - 1);
  kept_ = keep;
  return {.size = size};
}

Pair::Taken Pair::take_nothing() const {
  pollfd poll{fd(), POLLRDHUP, 0};
  if (::poll(&poll, 1, 0) != 1) return {};
  if ((poll.revents & POLLERR) != 0) return {.size = 0, .end = false, .reset = true};
  // Looked at again: the last write may have come between the two looks.
  return {.size = 0, .end = (poll.revents & POLLRDHUP) != 0 && pending() == 0};
}

void Pair::give(std::span<const std::byte> bytes) {
  if (deaf_ || bytes.empty()) return;
  if (!leftover_.empty()) {
    // Not insert(), of which GCC 14 falsely thinks that it writes beyond the end.
    const std::size_t before = leftover_.size();
    leftover_.resize(before + bytes.size());
    std::copy(bytes.begin(), bytes.end(), leftover_.begin() + static_cast<std::ptrdiff_t>(before));
    return;
  }
  const ssize_t sent = sys::send(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM) {
    deaf_ = true;
    return;
  }
  const auto rest = bytes.subspan(sent > 0 ? static_cast<std::size_t>(sent) : 0);
  leftover_.assign(rest.begin(), rest.end());
}

bool Pair::flush() {
  if (leftover_.empty()) return true;
  std::vector<std::byte> bytes = std::exchange(leftover_, {});
  give(bytes);
  return room();
}

bool Pair::give_descriptor(std::span<const std::byte> record, const UniqueFd& descriptor) const {
  return wire::send_message(fd(), record.data(), record.size(), descriptor.get()) == 0;
}

void Pair::finish() {
  if (kept_ && drop(1)) kept_ = false;
  sys::shutdown(fd(), SHUT_WR);
}

}  // namespace a7600::engine
