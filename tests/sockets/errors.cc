// SPDX-License-Identifier: MIT
//
// Wrong arguments, and right ones at the wrong time.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "support/address.h"
#include "support/case.h"
#include "support/direct.h"
#include "support/far.h"
#include "support/look.h"

namespace {

using namespace sockets;

CASE(sockets_of_other_kinds) {
  SHOW(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  SHOW(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
  SHOW(socket(AF_INET, SOCK_SEQPACKET, 0));
  SHOW(socket(AF_INET, 77, 0));
  SHOW(socket(AF_INET, SOCK_STREAM, 300));
  SHOW(socket(AF_INET, SOCK_STREAM | 0x100000, 0));
  SHOW(socket(77, SOCK_STREAM, 0));
  SHOW(socket(-1, SOCK_STREAM, 0));
  SHOW(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
  SHOW(socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
}

CASE(no_sockets) {
  const int file = 0;  // standard input: a pipe or /dev/null
  Address name;
  name.length = sizeof(name.storage);
  auto* const room = reinterpret_cast<sockaddr*>(&name.storage);
  int value = 0;
  socklen_t length = sizeof(value);
  for (const int fd : {file, 999, -1}) {
    SHOW(connect_to(fd, far_end(80)));
    SHOW(bind_to(fd, any_end(0)));
    SHOW(listen(fd, 1));
    SHOW(accept(fd, nullptr, nullptr));
    SHOW(shutdown(fd, SHUT_RD));
    SHOW(getsockname(fd, room, &name.length));
    SHOW(getpeername(fd, room, &name.length));
    SHOW(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, length));
    SHOW(send(fd, "x", 1, 0));
    SHOW(recv(fd, &value, 1, 0));
    SHOW(sendto(fd, "x", 1, 0, name.get(), sizeof(sockaddr_in)));
  }
  SHOW(close(999));
}

CASE(null_pointers_are_efault) {
  far::Listener listener;
  const int fd = tcp();
  SHOW(connect(fd, nullptr, sizeof(sockaddr_in)));
  SHOW(bind(fd, nullptr, sizeof(sockaddr_in)));
  NEED(connect_to(fd, listener.address()));
  Address name;
  name.length = sizeof(name.storage);
  auto* const room = reinterpret_cast<sockaddr*>(&name.storage);
  SHOW(getsockname(fd, nullptr, &name.length));
  SHOW(getsockname(fd, room, nullptr));
  SHOW(getpeername(fd, room, nullptr));
  int value = 0;
  socklen_t length = sizeof(value);
  SHOW(getsockopt(fd, SOL_SOCKET, SO_ERROR, nullptr, &length));
  SHOW(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, nullptr));
  SHOW(getsockopt(fd, IPPROTO_TCP, 1, nullptr, &length));
  SHOW(setsockopt(fd, IPPROTO_TCP, 1, nullptr, sizeof(value)));
  SHOW(send(fd, nullptr, 10, 0));
  SHOW(sendmsg(fd, nullptr, 0));
  SHOW(recvmsg(fd, nullptr, MSG_DONTWAIT));
  SHOW(recvmsg(fd, nullptr, MSG_DONTWAIT | MSG_TRUNC));
  SHOW(recvmsg(fd, nullptr, MSG_PEEK | MSG_WAITALL));
}

// A pointer to nowhere, which the library would have to follow to see where a datagram goes.
CASE(a_wild_pointer) {
  const int fd = udp();
  SHOW(sendto(fd, "x", 1, 0, reinterpret_cast<sockaddr*>(8), sizeof(sockaddr_in)));
}

CASE(null_pointers_to_datagram_calls_are_efault) {
  far::Datagrams peer;
  const int fd = udp();
  const Address to = peer.address();
  SHOW(sendto(fd, nullptr, 10, 0, to.get(), to.length));
  char room[10];
  SHOW(sendto(fd, "ping", 4, 0, to.get(), to.length));
  say("far: %s", peer.take().c_str());
  peer.answer("pong");
  await(fd, POLLIN);
  Address from;
  SHOW(recvfrom(fd, room, sizeof(room), 0, reinterpret_cast<sockaddr*>(&from.storage), nullptr));
}

CASE(accepting_into_bad_pointers) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  const far::Stream client = far::connect_to(port);
  await(listener, POLLIN);
  Address name;
  SHOW(accept(listener, reinterpret_cast<sockaddr*>(&name.storage), nullptr));
}

CASE(addresses_of_wrong_length_or_family) {
  far::Listener listener;
  const Address to = listener.address();
  const int fd = tcp();
  for (const socklen_t length : {0U, 1U, 2U, 8U, 15U}) SHOW(connect(fd, to.get(), length));
  SHOW(connect(fd, to.get(), 1000));
  for (const socklen_t length : {0U, 1U, 2U, 8U, 15U}) SHOW(bind(fd, to.get(), length));
  SHOW(bind(fd, to.get(), 1000));
  Address other = to;
  other.storage.ss_family = AF_UNIX;
  SHOW(connect_to(fd, other));
  SHOW(bind_to(fd, other));
  SHOW(bind_to(fd, ip4("198.51.100.9", 0)));
  other.length = sizeof(sockaddr_storage);
  other.storage.ss_family = AF_INET;
  SHOW(connect_to(fd, other));
}

CASE(af_unspec_in_bind_and_connect) {
  far::Listener listener;
  const int fd = tcp();
  Address none = any_end(0);
  none.storage.ss_family = AF_UNSPEC;
  SHOW(bind_to(fd, none));
  SHOW(connect_to(fd, none));
  const int other = tcp();
  SHOW(connect_to(other, listener.address()));
  SHOW(connect_to(other, none));
  show_peer(other);
  SHOW(connect_to(other, listener.address()));
}

CASE(listeners_do_not_connect) {
  far::Listener to;
  const int listener = listen_on(server_port(0));
  SHOW(connect_to(listener, to.address()));
  show_receive(listener, 10, MSG_DONTWAIT);
  SHOW(bind_to(listener, any_end(0)));
}

CASE(connections_do_not_listen_nor_accept) {
  far::Listener to;
  const int fd = tcp();
  SHOW(accept(fd, nullptr, nullptr));
  NEED(connect_to(fd, to.address()));
  SHOW(accept(fd, nullptr, nullptr));
  SHOW(listen(fd, 1));
}

CASE(an_unconnected_socket_moves_no_data) {
  const int fd = tcp(SOCK_NONBLOCK);
  SHOW(send_text(fd, "x"));
  show_receive(fd);
  far::Listener to;
  const Address address = to.address();
  SHOW(sendto(fd, "x", 1, MSG_NOSIGNAL, address.get(), address.length));
  const int listener = listen_on(server_port(0), 4, SOCK_NONBLOCK);
  SHOW(send_text(listener, "x"));
}

// Seen in Python's ssl tests: recv slept for ever.
CASE(an_unconnected_socket_that_blocks_moves_no_data) {
  const int made = tcp();
  const int listener = listen_on(server_port(0), 4);
  for (const int fd : {made, listener}) {
    const timeval soon{0, 300'000};  // so that what sleeps wakes
    SHOW(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)));
    SHOW(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon)));
    show_receive(fd);
    SHOW(send_text(fd, "x"));
    iovec part{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    SHOW(recvmsg(fd, &message, 0));
    SHOW(sendmsg(fd, &message, MSG_NOSIGNAL));
  }
}

CASE(disconnecting_a_new_socket_leaves_it_unconnected) {
  const int fd = tcp();
  const timeval soon{0, 300'000};
  SHOW(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)));
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  SHOW(connect(fd, &nowhere, sizeof(nowhere)));
  show_receive(fd);
}

CASE(an_unconnected_socket_has_neither_urgent_data_nor_queued_errors) {
  const int fd = tcp(SOCK_NONBLOCK);
  show_receive(fd, 1, MSG_OOB);
  show_receive(fd, 1, MSG_ERRQUEUE);
}

CASE(an_unconnected_socket_is_neither_read_nor_written) {
  ::signal(SIGPIPE, SIG_IGN);
  const int fd = tcp(SOCK_NONBLOCK);
  char room[4];
  SHOW(read(fd, room, sizeof(room)));
  SHOW(write(fd, "x", 1));
}

CASE(a_bad_accept_flag_is_einval_first) {
  SHOW(accept4(999, nullptr, nullptr, 0x4000));
  SHOW(accept4(0, nullptr, nullptr, 0));
}

CASE(no_route_is_enetunreach) {
  const int fd = tcp();
  SHOW(connect_to(fd, ip4("240.0.0.1", 80)));
  SHOW(connect_to(fd, ip4("255.255.255.255", 80)));
  SHOW(connect_to(fd, ip4("224.0.0.1", 80)));
}

}  // namespace
