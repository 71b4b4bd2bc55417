// SPDX-License-Identifier: MIT
//
// Loopback in a program that uses the modem too: what the kernel serves stays the kernel's, with
// everything that was set before the program said where it goes.
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "support/address.h"
#include "support/case.h"
#include "support/direct.h"
#include "support/far.h"
#include "support/look.h"

namespace {

using namespace sockets;

// The far side, past the modem.
Address near(const Address& address) { return ip4("127.0.0.2", port_of(address)); }

CASE(loopback_and_modem_side_by_side) {
  far::Listener modems;
  far::Listener kernels;
  const int far_one = tcp();
  const int near_one = tcp();
  SHOW(connect_to(far_one, modems.address()));
  SHOW(connect_to(near_one, near(kernels.address())));
  far::Stream far_peer = modems.next();
  far::Stream near_peer = kernels.next();
  SHOW(send_text(far_one, "far"));
  SHOW(send_text(near_one, "near"));
  say("%s, %s", far_peer.take_all(3).c_str(), near_peer.take_all(4).c_str());
}

CASE(options_and_flags_survive_the_change) {
  far::Listener listener;
  const int fd = tcp(SOCK_CLOEXEC);
  NEED(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
  NEED(set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
  NEED(set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 42));
  const timeval timeout{0, 50000};
  NEED(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
  SHOW(connect_to(fd, near(listener.address())));
  say("%s %s %s", get_int(fd, IPPROTO_TCP, TCP_NODELAY).c_str(),
      get_int(fd, SOL_SOCKET, SO_KEEPALIVE).c_str(),
      get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE).c_str());
  say("cloexec %d", ::fcntl(fd, F_GETFD));
  show_receive(fd);
}

CASE(epoll_registrations_survive_the_change) {
  far::Listener listener;
  const int fd = tcp(SOCK_NONBLOCK);
  const int epoll = NEED(::epoll_create1(0));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = 0x123456789abcdef0;
  NEED(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
  SHOW(connect_to(fd, near(listener.address())));
  far::Stream peer = listener.next();
  peer.give("data");
  epoll_event seen{};
  // A new socket of the kernel's wakes by HUP before it is connected.
  while (::epoll_wait(epoll, &seen, 1, 8000) > 0 && (seen.events & EPOLLIN) == 0) {
  }
  say("%s, data %d", bits_text(seen.events).c_str(), seen.data.u64 == event.data.u64);
  SHOW(::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr));
}

CASE(a_refusal_on_loopback_is_the_kernels) {
  const int fd = tcp();
  SHOW(connect_to(fd, near(far::refusing())));
  look("refused", fd);
}

CASE(a_listener_on_loopback_is_the_kernels) {
  const int listener = tcp();
  SHOW(bind_to(listener, ip4("127.0.0.1", 0)));
  SHOW(listen(listener, 4));
  Address name;
  name.length = sizeof(name.storage);
  SHOW(getsockname(listener, reinterpret_cast<sockaddr*>(&name.storage), &name.length));
  name_port(port_of(name), "mine");
  const int client = tcp();
  SHOW(connect_to(client, ip4("127.0.0.1", port_of(name))));
  const int fd = accept(listener, nullptr, nullptr);
  SHOW(send_text(client, "round"));
  show_receive(fd, 5);
}

CASE(a_socket_on_all_addresses_is_reached_over_loopback) {
  for (const bool stream : {true, false}) {
    const int server = stream ? tcp() : udp();
    SHOW(bind_to(server, ip4("0.0.0.0", 0)));
    if (stream) SHOW(listen(server, 4));
    Address name;
    name.length = sizeof(name.storage);
    SHOW(getsockname(server, reinterpret_cast<sockaddr*>(&name.storage), &name.length));
    name_port(port_of(name), stream ? "streams" : "datagrams");
    const int client = stream ? tcp() : udp();
    SHOW(connect_to(client, ip4("127.0.0.1", port_of(name))));
    SHOW(send(client, "hello", 5, MSG_NOSIGNAL));
    pollfd arrival{server, POLLIN, 0};
    say("arrived: %d", poll(&arrival, 1, 300));
  }
}

CASE(datagrams_to_loopback_are_the_kernels) {
  far::Datagrams peer;
  const int fd = udp();
  const Address to = near(peer.address());
  SHOW(sendto(fd, "ping", 4, 0, to.get(), to.length));
  say("far: %s", peer.take().c_str());
  peer.answer("pong");
  await(fd, POLLIN);
  show_receive(fd);
  const int connected = udp();
  SHOW(connect_to(connected, to));
  SHOW(send(connected, "again", 5, 0));
  say("far: %s", peer.take().c_str());
}

// It was EMSGSIZE, as if it were for the module.
CASE(the_first_datagram_to_loopback_may_be_larger_than_the_modules) {
  far::Datagrams peer;
  const Address to = near(peer.address());
  const std::string large(20'000, 'x');
  SHOW(sendto(udp(), large.data(), large.size(), 0, to.get(), to.length));
  say("far: %zu", peer.take().size());
  const int fd = udp();
  iovec part{const_cast<char*>(large.data()), large.size()};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to.get());
  message.msg_namelen = to.length;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  SHOW(sendmsg(fd, &message, 0));
  say("far: %zu", peer.take().size());
}

// The address came with the first datagram alone: the later ones were EDESTADDRREQ.
CASE(a_datagram_socket_on_loopback_goes_on_with_addresses) {
  far::Datagrams peer;
  const int fd = udp();
  const Address to = near(peer.address());
  for (const char* text : {"one", "two", "three"}) {
    SHOW(sendto(fd, text, std::strlen(text), 0, to.get(), to.length));
    say("far: %s", peer.take().c_str());
    peer.answer("heard");
    await(fd, POLLIN);
    char room[16];
    Address from;
    from.length = sizeof(from.storage);
    SHOW(recvfrom(fd, room, sizeof(room), 0, reinterpret_cast<sockaddr*>(&from.storage),
                  &from.length));
    say("from the peer: %d", from.length == to.length && port_of(from) == port_of(to));
  }
}

CASE(datagrams_between_programs_of_this_machine_keep_their_addresses) {
  const int one = NEED(::socket(AF_UNIX, SOCK_DGRAM, 0));
  const int two = NEED(::socket(AF_UNIX, SOCK_DGRAM, 0));
  const sockaddr unnamed{AF_UNIX, {}};
  Address name;
  name.length = sizeof(name.storage);
  auto* const out = reinterpret_cast<sockaddr*>(&name.storage);
  for (const int fd : {one, two}) NEED(::bind(fd, &unnamed, sizeof(unnamed.sa_family)));
  NEED(::getsockname(one, out, &name.length));
  SHOW(sendto(two, "to one", 6, 0, name.get(), name.length));
  char room[16];
  name.length = sizeof(name.storage);
  SHOW(recvfrom(one, room, sizeof(room), 0, out, &name.length));
  SHOW(sendto(one, "back", 4, 0, name.get(), name.length));
  show_receive(two, 4);
}

CASE(ipv6_loopback_is_the_kernels) {
  const int listener = NEED(socket(AF_INET6, SOCK_STREAM, 0));
  SHOW(bind_to(listener, ip6("::1", 0)));
  SHOW(listen(listener, 4));
  Address name;
  name.length = sizeof(name.storage);
  SHOW(getsockname(listener, reinterpret_cast<sockaddr*>(&name.storage), &name.length));
  const int client = NEED(socket(AF_INET6, SOCK_STREAM, 0));
  SHOW(connect_to(client, name));
  say("accepted %d", accept(listener, nullptr, nullptr) >= 0);
}

}  // namespace
