// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "check.h"

// The two ends of a connection, unix or real TCP, so that one piece of code can ask both kernels'
// halves the same question; and what is asked of them again and again.
namespace platform {

// `app` is the end that a program would hold, `engine` the one that the project or, for TCP, the
// remote peer holds.
struct Pair {
  int app;
  int engine;
};

inline Pair unix_pair(int type = SOCK_STREAM) {
  int ends[2];
  ok(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), "socketpair");
  return {ends[0], ends[1]};
}

inline void close_pair(const Pair& pair) {
  ::close(pair.app);
  ::close(pair.engine);
}

// A TCP socket bound to a free port of 127.0.0.1; while it does not listen, that port refuses.
inline int tcp_bound(sockaddr_in& address) {
  const int fd = ok_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ok(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  socklen_t length = sizeof address;
  ok(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  return fd;
}

inline Pair tcp_pair() {
  sockaddr_in address;
  const int listener = tcp_bound(address);
  ok(::listen(listener, 1), "listen");
  Pair pair{ok_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"), -1};
  ok(::connect(pair.app, reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
  pair.engine = ok_fd(::accept(listener, nullptr, nullptr), "accept");
  ::close(listener);
  return pair;
}

// What poll(2) says at once. `wait_for_bit` first waits until that bit is there: TCP's news take a
// moment, a unix pair's never do.
inline short bits(int fd, short wait_for_bit = 0) {
  constexpr short kAll = POLLIN | POLLPRI | POLLOUT | POLLRDHUP;
  pollfd entry{fd, wait_for_bit == 0 ? kAll : wait_for_bit, 0};
  if (wait_for_bit != 0) ok(::poll(&entry, 1, kPatienceMs), "poll");
  entry.events = kAll;
  ok(::poll(&entry, 1, 0), "poll");
  return entry.revents;
}

inline std::string bit_names(int mask) {
  static constexpr struct {
    int bit;
    const char* name;
  } kNames[] = {{POLLIN, "IN"},   {POLLPRI, "PRI"}, {POLLOUT, "OUT"},
                {POLLERR, "ERR"}, {POLLHUP, "HUP"}, {POLLRDHUP, "RDHUP"}};
  std::string text;
  for (const auto& entry : kNames) {
    if ((mask & entry.bit) == 0) continue;
    if (!text.empty()) text += '|';
    text += entry.name;
  }
  return text.empty() ? "nothing" : text;
}

inline void expect_bits(const char* what, int seen, int wanted) {
  if (seen == wanted) return;
  fail("%s: saw %s, expected %s", what, bit_names(seen).c_str(), bit_names(wanted).c_str());
}

inline void set_option(int fd, int name, int value) {
  ok(::setsockopt(fd, SOL_SOCKET, name, &value, sizeof value), "setsockopt");
}

inline int unread(int fd) {
  int count = 0;
  ok(::ioctl(fd, FIONREAD, &count), "FIONREAD");
  return count;
}

inline uint64_t cookie(int fd) {
  uint64_t value = 0;
  socklen_t length = sizeof value;
  ok(::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &length), "SO_COOKIE");
  return value;
}

// An abstract unix name: the bytes after sun_path's leading NUL, any bytes, at most 107.
struct Name {
  sockaddr_un address{};
  socklen_t length = 0;

  explicit Name(const std::string& bytes) {
    address.sun_family = AF_UNIX;
    if (bytes.size() > sizeof address.sun_path - 1) fail("a name of %zu bytes", bytes.size());
    std::memcpy(address.sun_path + 1, bytes.data(), bytes.size());
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + bytes.size());
  }
  Name() : length(sizeof address) {}  // to be filled by a call

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&address); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
  // The bytes again; empty for an unnamed socket.
  std::string bytes() const {
    const size_t head = offsetof(sockaddr_un, sun_path) + 1;
    return length <= head ? "" : std::string(address.sun_path + 1, length - head);
  }
};

// One message of `size` bytes with the descriptor `fd` beside it.
inline ssize_t send_with_fd(int socket, const void* data, size_t size, int fd) {
  iovec part{const_cast<void*>(data), size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

// The receiving side; `fd` is -1 when none came, and `flags` is what recvmsg put into msg_flags.
inline ssize_t recv_with_fd(int socket, void* data, size_t size, int& fd, int& flags) {
  iovec part{data, size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t result = ::recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
  fd = -1;
  flags = message.msg_flags;
  const cmsghdr* header = result < 0 ? nullptr : CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  }
  return result;
}

}  // namespace platform
