// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/address.h"

// The far side: sockets of the kernel's on loopback, made past the library by plain system calls,
// in the same program as the case, so that the case decides what happens when without a word to
// anybody. Over the kernel the program reaches them directly, over the modem through it.
namespace sockets::far {

inline constexpr int kPatienceMs = 8000;

// A descriptor of the far side's.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { end(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int get() const { return fd_; }
  void end();

 private:
  int fd_;
};

class Stream {
 public:
  explicit Stream(int fd = -1) : fd_(fd) {}

  void give(const std::string& bytes) const;
  // What comes next, at most `most` bytes; "(end)", "(ECONNRESET)", or "(nothing)" if nothing came
  // in time.
  std::string take(std::size_t most = 65536, int patience_ms = kPatienceMs) const;
  // Up to `size` bytes, or to the end.
  std::string take_all(std::size_t size) const;
  void half_end() const;
  void end() { fd_.end(); }
  void reset();  // SO_LINGER 0
  // Where the other side is, as this one sees it.
  std::uint16_t peer_port() const;

 private:
  Descriptor fd_;
};

class Listener {
 public:
  explicit Listener(int backlog = 64);
  // As the program sees it.
  Address address() const { return far_end(port_); }
  Stream next() const;
  void end() { fd_.end(); }

 private:
  std::uint16_t port_ = 0;
  Descriptor fd_;
};

// A listener whose queue is full: what connects there waits, until there is room().
class SilentListener {
 public:
  SilentListener();
  Address address() const { return listener_.address(); }
  // Accepts what has filled the queue. The one that waits tries again within a second, or three.
  void room();
  Stream next() const { return listener_.next(); }

 private:
  Listener listener_;
  std::vector<Descriptor> fillers_;
  std::size_t queued_ = 0;
};

// A port that is held, but nobody listens.
Address refusing();
// From now on somebody listens at the last one.
void listen_at_refusing();
Stream accept_at_refusing();

// Connects to a server of the program's.
Stream connect_to(const Port& port);
// The errno of such a connect, or 0 if it was made (and then closed).
int try_to_connect(const Port& port);

class Datagrams {
 public:
  explicit Datagrams(const char* name = "far1");
  Address address() const { return far_end(port_); }
  // The next datagram, and remembers its sender; "(nothing)" if none came in time.
  std::string take(int patience_ms = kPatienceMs);
  // The sender's port outside.
  std::uint16_t sender_port() const;
  // To the last sender.
  void answer(const std::string& bytes) const;
  void give_to(const Port& port, const std::string& bytes) const;
  void end() { fd_.end(); }

 private:
  std::uint16_t port_ = 0;
  Descriptor fd_;
  Address sender_;
};

}  // namespace sockets::far
