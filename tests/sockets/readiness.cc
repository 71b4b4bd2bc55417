// SPDX-License-Identifier: MIT
//
// What poll, select and epoll show in each state of a socket's life, and when epoll wakes.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/address.h"
#include "support/case.h"
#include "support/connected.h"
#include "support/direct.h"
#include "support/far.h"
#include "support/look.h"

namespace {

using namespace sockets;

constexpr unsigned kAllEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP;

// An epoll instance that tells of one registration.
class Epoll {
 public:
  Epoll() : fd_(NEED(::epoll_create1(EPOLL_CLOEXEC))) {}
  int get() const { return fd_; }

  void add(int fd, unsigned events) const { control(EPOLL_CTL_ADD, fd, events); }
  void modify(int fd, unsigned events) const { control(EPOLL_CTL_MOD, fd, events); }

  // The next event within `patience_ms`, without those that say less than `wanted`.
  std::string next(int patience_ms = 8000, unsigned wanted = 0) const {
    for (;;) {
      epoll_event event{};
      const int count = ::epoll_wait(fd_, &event, 1, patience_ms);
      if (count == 0) return "no event";
      if (count < 0) return errno_name(errno);
      if ((event.events & wanted) == wanted) return bits_text(event.events);
    }
  }
  // Takes what is there already.
  void drain() const {
    epoll_event event{};
    while (::epoll_wait(fd_, &event, 1, 50) == 1) {
    }
  }

 private:
  void control(int operation, int fd, unsigned events) const {
    epoll_event event{};
    event.events = events;
    NEED(::epoll_ctl(fd_, operation, fd, &event));
  }

  int fd_;
};

CASE(a_new_socket) { look("new", tcp()); }

CASE(a_bound_socket) {
  const int fd = tcp();
  NEED(bind_to(fd, any_end(server_port(0).inside)));
  look("bound", fd);
}

CASE(a_connecting_socket) {
  far::SilentListener silent;
  const int fd = tcp(SOCK_NONBLOCK);
  SHOW(connect_to(fd, silent.address()));
  look("connecting", fd);
  SHOW(connect_to(fd, silent.address()));
  show_error(fd);
  show_peer(fd);
  SHOW(send_text(fd, "x"));
  show_receive(fd);
  char byte = 0;
  SHOW(write(fd, &byte, 1));
  SHOW(read(fd, &byte, 1));
  SHOW(listen(fd, 1));
  SHOW(shutdown(fd, SHUT_WR));
}

CASE(a_socket_that_gets_connected) {
  far::SilentListener silent;
  const int fd = tcp(SOCK_NONBLOCK);
  SHOW(connect_to(fd, silent.address()));
  const Epoll level;
  level.add(fd, kAllEvents);
  const Epoll edge;
  edge.add(fd, kAllEvents | EPOLLET);
  const Epoll once;
  once.add(fd, kAllEvents | EPOLLONESHOT);
  const Epoll exclusive;
  exclusive.add(fd, EPOLLIN | EPOLLOUT | EPOLLEXCLUSIVE);
  const int twin = ::dup(fd);
  const Epoll by_twin;
  by_twin.add(twin, kAllEvents | EPOLLET);
  say("level %s, edge %s, once %s, exclusive %s, twin %s", level.next(0).c_str(),
      edge.next(0).c_str(), once.next(0).c_str(), exclusive.next(0).c_str(),
      by_twin.next(0).c_str());
  silent.room();
  say("level %s", level.next().c_str());
  say("edge %s", edge.next().c_str());
  say("edge again %s", edge.next(50).c_str());
  say("once %s", once.next().c_str());
  say("once again %s", once.next(50).c_str());
  once.modify(fd, kAllEvents | EPOLLONESHOT);
  say("once armed again %s", once.next().c_str());
  say("exclusive %s", exclusive.next().c_str());
  say("twin %s", by_twin.next().c_str());
  say("twin again %s", by_twin.next(50).c_str());
  look("connected", fd);
  show_error(fd);
  SHOW(connect_to(fd, silent.address()));
  SHOW(connect_to(fd, silent.address()));
}

CASE(a_socket_registered_before_connect) {
  const int fd = tcp(SOCK_NONBLOCK);
  const Epoll edge;
  edge.add(fd, kAllEvents | EPOLLET);
  edge.drain();
  far::Listener listener;
  SHOW(connect_to(fd, listener.address()));
  say("edge %s", edge.next().c_str());
  far::Stream peer = listener.next();
  peer.give("data");
  say("edge %s", edge.next(8000, EPOLLIN).c_str());
  say("edge again %s", edge.next(50).c_str());
  peer.give("more");
  say("edge %s", edge.next(8000, EPOLLIN).c_str());
  show_receive(fd, 3);
  say("edge after half of it was read %s", edge.next(50).c_str());
  peer.end();
  say("edge %s", edge.next(8000, EPOLLRDHUP).c_str());
}

CASE(an_idle_connection) {
  far::Listener listener;
  const int fd = tcp();
  NEED(connect_to(fd, listener.address()));
  look("connected", fd);
  far::Stream peer = listener.next();
  peer.give("data");
  await(fd, POLLIN);
  look("readable", fd);
  show_receive(fd, 2);
  look("half read", fd);
  show_receive(fd, 2);
  look("read", fd);
}

CASE(events_for_reading_come_by_level_edge_and_once) {
  Connected c;
  const Epoll level;
  level.add(c.fd, EPOLLIN);
  const Epoll edge;
  edge.add(c.fd, EPOLLIN | EPOLLET);
  const Epoll once;
  once.add(c.fd, EPOLLIN | EPOLLONESHOT);
  c.peer.give("12");
  say("level %s", level.next().c_str());
  say("level %s", level.next().c_str());
  say("edge %s", edge.next().c_str());
  say("edge %s", edge.next(50).c_str());
  say("once %s", once.next().c_str());
  c.peer.give("34");
  say("edge %s", edge.next().c_str());
  say("once %s", once.next(50).c_str());
  show_receive(c.fd, 4);
  say("level %s", level.next(50).c_str());
}

CASE(a_refused_connect_wakes_a_registration) {
  const int fd = tcp(SOCK_NONBLOCK);
  const Address address = far::refusing();
  SHOW(connect_to(fd, address));
  const Epoll edge;
  edge.add(fd, kAllEvents | EPOLLET);
  constexpr unsigned kRefused = EPOLLOUT | EPOLLHUP | EPOLLERR;
  say("edge %s", edge.next(8000, kRefused).c_str());
  say("select %s", select_bits(fd).c_str());
  show_error(fd);
}

// Over the modem OUT may come some microseconds behind HUP (docs/posix.md), never before it.
CASE(the_first_look_at_a_refused_connect_shows_the_failure) {
  const int fd = tcp(SOCK_NONBLOCK);
  SHOW(connect_to(fd, far::refusing()));
  pollfd poll{fd, POLLOUT, 0};
  NEED(::poll(&poll, 1, 8000));
  say("ERR %d, HUP %d", (poll.revents & POLLERR) != 0, (poll.revents & POLLHUP) != 0);
  show_error(fd);
}

CASE(a_child_waits_for_its_parents_socket) {
  far::SilentListener silent;
  const int fd = tcp(SOCK_NONBLOCK);
  SHOW(connect_to(fd, silent.address()));
  const pid_t child = NEED(::fork());
  if (child == 0) {
    const Epoll edge;
    edge.add(fd, kAllEvents | EPOLLET);
    say("the child sees %s", edge.next(0).c_str());
    silent.room();
    say("the child sees %s", edge.next().c_str());
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  look("the parent", fd);
}

CASE(a_listener_wakes_for_a_client) {
  const Port port = server_port(0);
  const int listener = listen_on(port, 16, SOCK_NONBLOCK);
  const Epoll level;
  level.add(listener, EPOLLIN);
  const Epoll edge;
  edge.add(listener, EPOLLIN | EPOLLET);
  const Epoll exclusive;
  exclusive.add(listener, EPOLLIN | EPOLLEXCLUSIVE);
  say("level %s, edge %s", level.next(0).c_str(), edge.next(0).c_str());
  const far::Stream client = far::connect_to(port);
  say("edge %s", edge.next().c_str());
  say("edge %s", edge.next(50).c_str());
  say("level %s", level.next().c_str());
  say("accepted %d", accept(listener, nullptr, nullptr) >= 0);
  say("level %s", level.next(50).c_str());
  SHOW(accept(listener, nullptr, nullptr));
}

CASE(a_connect_that_times_out_goes_on) {
  far::SilentListener silent;
  const int fd = tcp();
  const timeval timeout{0, 50000};
  NEED(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)));
  SHOW(connect_to(fd, silent.address()));
  SHOW(connect_to(fd, silent.address()));
  silent.room();
  await(fd, POLLOUT);
  SHOW(connect_to(fd, silent.address()));
  show_error(fd);
}

CASE(reads_and_writes_time_out) {
  Connected c;
  const timeval timeout{0, 50000};
  NEED(setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
  NEED(setsockopt(c.fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)));
  show_receive(c.fd);
  char byte = 0;
  SHOW(read(c.fd, &byte, 1));
  const std::string piece = pattern(65536);
  while (send(c.fd, piece.data(), piece.size(), MSG_NOSIGNAL) > 0) {
  }
  say("send: %s", errno_name(errno).c_str());
}

CASE(closing_takes_a_socket_out_of_epoll) {
  Connected c;
  const Epoll level;
  level.add(c.fd, EPOLLIN);
  c.peer.give("data");
  say("before %s", level.next().c_str());
  close(c.fd);
  say("after %s", level.next(20).c_str());
}

CASE(a_closed_descriptor_is_none) {
  const int fd = tcp();
  close(fd);
  say("poll %s, select %s", poll_bits(fd).c_str(), select_bits(fd).c_str());
}

}  // namespace
