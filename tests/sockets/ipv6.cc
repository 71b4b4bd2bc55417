// SPDX-License-Identifier: MIT
//
// AF_INET6 sockets over a network that has IPv4 only.
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/address.h"
#include "support/case.h"
#include "support/direct.h"
#include "support/far.h"
#include "support/look.h"

namespace {

using namespace sockets;

int tcp6(int flags = 0) { return NEED(socket(AF_INET6, SOCK_STREAM | flags, 0)); }
int udp6() { return NEED(socket(AF_INET6, SOCK_DGRAM, 0)); }

CASE(a_mapped_address_is_connected_to) {
  far::Listener listener;
  const int fd = tcp6();
  say("domain %s, V6ONLY %s", get_int(fd, SOL_SOCKET, SO_DOMAIN).c_str(),
      get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY).c_str());
  show_local(fd);
  SHOW(connect_to(fd, mapped(listener.address())));
  show_local(fd);
  show_peer(fd);
  far::Stream peer = listener.next();
  SHOW(send_text(fd, "by IPv4"));
  say("far: %s", peer.take_all(7).c_str());
}

CASE(a_socket_for_ipv6_only_reaches_no_mapped_address) {
  far::Listener listener;
  const int fd = tcp6();
  SHOW(set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
  say("V6ONLY %s", get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY).c_str());
  SHOW(connect_to(fd, mapped(listener.address())));
  SHOW(bind_to(fd, mapped(any_end(0))));
}

CASE(true_ipv6_is_unreachable_at_once) {
  const int fd = tcp6();
  SHOW(connect_to(fd, ip6("2001:db8::1", 80)));
  const int nonblocking = tcp6(SOCK_NONBLOCK);
  SHOW(connect_to(nonblocking, ip6("2001:db8::1", 80)));
  show_error(nonblocking);
  const int datagrams = udp6();
  const Address to = ip6("2001:db8::1", 53);
  SHOW(connect_to(datagrams, to));
  SHOW(sendto(datagrams, "x", 1, 0, to.get(), to.length));
}

CASE(a_socket_that_found_no_ipv6_connects_to_a_mapped_address) {
  far::Listener listener;
  const int fd = tcp6();
  SHOW(connect_to(fd, ip6("2001:db8::1", 80)));
  SHOW(connect_to(fd, mapped(listener.address())));
}

CASE(addresses_of_the_other_family_are_refused) {
  far::Listener listener;
  const int six = tcp6();
  SHOW(connect_to(six, listener.address()));
  SHOW(bind_to(six, any_end(0)));
  const int four = tcp();
  SHOW(connect_to(four, mapped(listener.address())));
  SHOW(bind_to(four, ip6("::", 0)));
}

CASE(a_listener_for_both_takes_ipv4_clients) {
  const Port port = server_port(0);
  const int listener = tcp6();
  NEED(set_int(listener, SOL_SOCKET, SO_REUSEADDR, 1));
  SHOW(set_int(listener, IPPROTO_IPV6, IPV6_V6ONLY, 0));
  SHOW(bind_to(listener, ip6("::", port.inside)));
  show_local(listener);
  SHOW(listen(listener, 4));
  const far::Stream client = far::connect_to(port);
  await(listener, POLLIN);
  Address from;
  from.length = sizeof(from.storage);
  const int fd = accept(listener, reinterpret_cast<sockaddr*>(&from.storage), &from.length);
  say("accepted %d from %s", fd >= 0, text(from).c_str());
  show_local(fd);
  show_peer(fd);
  say("domain %s", get_int(fd, SOL_SOCKET, SO_DOMAIN).c_str());
}

CASE(a_listener_for_ipv6_only_stands_beside_one_for_ipv4) {
  const Port port = server_port(0);
  const int six = tcp6();
  NEED(set_int(six, SOL_SOCKET, SO_REUSEADDR, 1));
  NEED(set_int(six, IPPROTO_IPV6, IPV6_V6ONLY, 1));
  SHOW(bind_to(six, ip6("::", port.inside)));
  SHOW(listen(six, 4));
  const int four = listen_on(port);
  const far::Stream client = far::connect_to(port);
  await(four, POLLIN);
  say("accepted %d", accept(four, nullptr, nullptr) >= 0);
  look("for IPv6", six);
}

CASE(a_mapped_address_is_bound_to) {
  const Port port = server_port(0);
  const int fd = tcp6();
  SHOW(bind_to(fd, mapped(own_end(port.inside))));
  show_local(fd);
  SHOW(bind_to(tcp6(), ip6("2001:db8::1", 0)));
}

CASE(v6only_is_settled_by_bind) {
  const int fd = tcp6();
  SHOW(bind_to(fd, ip6("::", 0)));
  SHOW(set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
}

CASE(datagrams_carry_mapped_addresses) {
  far::Datagrams peer;
  const int fd = udp6();
  const Address to = mapped(peer.address());
  SHOW(sendto(fd, "ping", 4, 0, to.get(), to.length));
  say("far: %s", peer.take().c_str());
  peer.answer("pong");
  await(fd, POLLIN);
  char room[16] = {};
  Address from;
  from.length = sizeof(from.storage);
  SHOW(recvfrom(fd, room, sizeof(room), 0, reinterpret_cast<sockaddr*>(&from.storage),
                &from.length));
  say("%s from %s", room, text(from).c_str());
  SHOW(connect_to(fd, to));
  show_peer(fd);
  show_local(fd);
}

CASE(datagram_sockets_of_ipv6_take_ipv4_addresses) {
  far::Datagrams peer;
  const int fd = udp6();
  const Address to = peer.address();
  SHOW(sendto(fd, "ping", 4, 0, to.get(), to.length));
  say("far: %s", peer.take().c_str());
  SHOW(connect_to(fd, to));
  show_peer(fd);
  const int four = udp();
  const Address six = mapped(peer.address());
  SHOW(sendto(four, "ping", 4, 0, six.get(), six.length));
  SHOW(connect_to(four, six));
}

CASE(ipv4_options_are_there_too) {
  const int fd = tcp6();
  SHOW(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
  SHOW(set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, 0x10));
  say("%s", get_int(fd, IPPROTO_IPV6, IPV6_TCLASS).c_str());
  SHOW(set_int(fd, IPPROTO_IP, IP_TOS, 0x10));
  say("%s", get_int(fd, IPPROTO_IP, IP_TOS).c_str());
}

}  // namespace
