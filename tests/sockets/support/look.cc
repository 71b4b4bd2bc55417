// SPDX-License-Identifier: MIT
#include "support/look.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "support/case.h"
#include "support/direct.h"

namespace sockets {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(8);
constexpr short kAll = POLLIN | POLLPRI | POLLOUT | POLLRDHUP;

short poll_now(int fd) {
  pollfd poll{fd, kAll, 0};
  return ::poll(&poll, 1, 0) < 0 ? short{0} : poll.revents;
}

}  // namespace

std::string bits_text(unsigned bits) {
  struct Name {
    unsigned bit;
    const char* text;
  };
  static constexpr Name kNames[] = {{EPOLLIN, "IN"},   {EPOLLPRI, "PRI"}, {EPOLLOUT, "OUT"},
                                    {EPOLLERR, "ERR"}, {EPOLLHUP, "HUP"}, {EPOLLRDHUP, "RDHUP"}};
  std::string out;
  for (const Name& name : kNames) {
    if ((bits & name.bit) == 0) continue;
    if (!out.empty()) out += '|';
    out += name.text;
  }
  if ((bits & POLLNVAL) != 0) out += "NVAL";
  return out.empty() ? "-" : out;
}

std::string poll_bits(int fd) { return bits_text(static_cast<unsigned short>(poll_now(fd))); }

std::string select_bits(int fd) {
  fd_set sets[3];
  for (fd_set& set : sets) {
    FD_ZERO(&set);
    FD_SET(fd, &set);
  }
  timeval now{};
  if (::select(fd + 1, &sets[0], &sets[1], &sets[2], &now) < 0) return errno_name(errno);
  std::string out = "---";
  for (std::size_t i = 0; i < 3; ++i) {
    if (FD_ISSET(fd, &sets[i])) out[i] = "rwx"[i];
  }
  return out;
}

std::string epoll_bits(int fd) {
  const int epoll = NEED(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP;
  NEED(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
  epoll_event seen{};
  const int count = ::epoll_wait(epoll, &seen, 1, 0);
  ::close(epoll);
  return count == 1 ? bits_text(seen.events) : "-";
}

void look(const char* when, int fd) {
  say("%s: poll %s, select %s, epoll %s", when, poll_bits(fd).c_str(), select_bits(fd).c_str(),
      epoll_bits(fd).c_str());
}

void await(int fd, short events) {
  const auto deadline = Clock::now() + kPatience;
  for (;;) {
    const short seen = poll_now(fd);
    if ((seen & events) == events) return;
    if (Clock::now() > deadline) {
      return say("waited in vain for %s, only %s came",
                 bits_text(static_cast<unsigned short>(events)).c_str(),
                 bits_text(static_cast<unsigned short>(seen)).c_str());
    }
    pollfd poll{fd, static_cast<short>(events & ~seen), 0};
    // Bits that nobody asks for are told, too: then this returns at once.
    if (::poll(&poll, 1, 1000) == 1 && (poll.revents & events) == 0) pause_ms(1);
  }
}

void pause_ms(int milliseconds) { ::poll(nullptr, 0, milliseconds); }

void show_error(int fd) { say("SO_ERROR: %s", get_int(fd, SOL_SOCKET, SO_ERROR).c_str()); }

void show_local(int fd) {
  Address name;
  name.length = sizeof(name.storage);
  const int result = getsockname(fd, reinterpret_cast<sockaddr*>(&name.storage), &name.length);
  say("local: %s", result == 0 ? text(name).c_str() : errno_name(errno).c_str());
}

void show_peer(int fd) {
  Address name;
  name.length = sizeof(name.storage);
  const int result = getpeername(fd, reinterpret_cast<sockaddr*>(&name.storage), &name.length);
  say("peer: %s", result == 0 ? text(name).c_str() : errno_name(errno).c_str());
}

std::string receive(int fd, std::size_t most, int flags) {
  std::string out(most, '\0');
  const ssize_t got = recv(fd, out.data(), most, flags);
  if (got < 0) return std::string("(").append(errno_name(errno)).append(")");
  if (got == 0) return "(end)";
  out.resize(static_cast<std::size_t>(got));
  return out;
}

void show_receive(int fd, std::size_t most, int flags) {
  say("received: %s", receive(fd, most, flags).c_str());
}

long send_text(int fd, const std::string& text, int flags) {
  return send(fd, text.data(), text.size(), flags | MSG_NOSIGNAL);
}

int tcp(int flags) { return NEED(socket(AF_INET, SOCK_STREAM | flags, 0)); }
int udp(int flags) { return NEED(socket(AF_INET, SOCK_DGRAM | flags, 0)); }

int connect_to(int fd, const Address& address) {
  return connect(fd, address.get(), address.length);
}

int bind_to(int fd, const Address& address) { return bind(fd, address.get(), address.length); }

int listen_on(const Port& port, int backlog, int flags) {
  const int fd = tcp(flags);
  NEED(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
  NEED(bind_to(fd, any_end(port.inside)));
  NEED(listen(fd, backlog));
  return fd;
}

void set_nonblocking(int fd, bool on) {
  const int flags = NEED(::fcntl(fd, F_GETFL));
  NEED(::fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

int set_int(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value));
}

std::string get_int(int fd, int level, int name) {
  int value = 0;
  socklen_t length = sizeof(value);
  if (getsockopt(fd, level, name, &value, &length) != 0) return errno_name(errno);
  if (level == SOL_SOCKET && name == SO_ERROR) return errno_name(value);
  return length == sizeof(value)
             ? std::to_string(value)
             : std::to_string(value) + " of " + std::to_string(length) + " bytes";
}

std::string digest(const std::string& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  char out[64];
  std::snprintf(out, sizeof(out), "%zu bytes, %016llx", bytes.size(),
                static_cast<unsigned long long>(hash));
  return out;
}

std::string pattern(std::size_t size) {
  std::string out;
  out.reserve(size);
  std::uint32_t state = 1;
  while (out.size() < size) {
    state = state * 1664525 + 1013904223;
    out.push_back(static_cast<char>(state >> 24));
  }
  return out;
}

}  // namespace sockets
