// SPDX-License-Identifier: MIT
//
// Socket options: what they are at first, whether they can be set, what is read back.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>

#include "support/address.h"
#include "support/case.h"
#include "support/direct.h"
#include "support/far.h"
#include "support/look.h"

namespace {

using namespace sockets;

struct Option {
  const char* text;
  int level;
  int name;
  int value;  // to set
};
#define OPTION(level, name, value) \
  { #name, level, name, value }

void show_options(int fd, const Option* first, const Option* end) {
  for (const Option* option = first; option != end; ++option) {
    const std::string before = get_int(fd, option->level, option->name);
    const int result = set_int(fd, option->level, option->name, option->value);
    const std::string set = result == 0 ? "set" : errno_name(errno);
    say("%s: %s, %d %s, %s", option->text, before.c_str(), option->value, set.c_str(),
        get_int(fd, option->level, option->name).c_str());
  }
}
template <std::size_t count>
void show_options(int fd, const Option (&options)[count]) {
  show_options(fd, options, options + count);
}

constexpr Option kSocketOptions[] = {
    OPTION(SOL_SOCKET, SO_REUSEADDR, 1),
    OPTION(SOL_SOCKET, SO_REUSEPORT, 1),
    OPTION(SOL_SOCKET, SO_KEEPALIVE, 1),
    OPTION(SOL_SOCKET, SO_BROADCAST, 1),
    OPTION(SOL_SOCKET, SO_OOBINLINE, 1),
    OPTION(SOL_SOCKET, SO_DONTROUTE, 1),
    OPTION(SOL_SOCKET, SO_TIMESTAMP, 1),
    OPTION(SOL_SOCKET, SO_TIMESTAMPNS, 1),
    OPTION(SOL_SOCKET, SO_PRIORITY, 3),
    OPTION(SOL_SOCKET, SO_RCVLOWAT, 2),
    OPTION(SOL_SOCKET, SO_SNDLOWAT, 2),
    OPTION(SOL_SOCKET, SO_TYPE, 1),
    OPTION(SOL_SOCKET, SO_ERROR, 1),
    OPTION(SOL_SOCKET, SO_DOMAIN, 1),
    OPTION(SOL_SOCKET, SO_PROTOCOL, 1),
    OPTION(SOL_SOCKET, SO_ACCEPTCONN, 1),
    OPTION(SOL_SOCKET, SO_BUSY_POLL, 0),
    OPTION(SOL_SOCKET, SO_ZEROCOPY, 1),
    OPTION(SOL_SOCKET, SO_INCOMING_NAPI_ID, 1),
    OPTION(SOL_SOCKET, SO_PASSCRED, 1),
    OPTION(SOL_SOCKET, 4711, 1),
};

CASE(of_sol_socket_for_tcp) { show_options(tcp(), kSocketOptions); }
CASE(of_sol_socket_for_udp) { show_options(udp(), kSocketOptions); }

// The modem's streams have it, too; the kernel's only since Linux 6.9.
CASE(the_offset_of_peeks_for_udp) {
  static constexpr Option kOffset[] = {OPTION(SOL_SOCKET, SO_PEEK_OFF, 0)};
  show_options(udp(), kOffset);
}

constexpr Option kTcpOptions[] = {
    OPTION(IPPROTO_TCP, TCP_NODELAY, 1),
    OPTION(IPPROTO_TCP, TCP_CORK, 1),
    OPTION(IPPROTO_TCP, TCP_KEEPIDLE, 30),
    OPTION(IPPROTO_TCP, TCP_KEEPINTVL, 10),
    OPTION(IPPROTO_TCP, TCP_KEEPCNT, 3),
    OPTION(IPPROTO_TCP, TCP_SYNCNT, 2),
    OPTION(IPPROTO_TCP, TCP_LINGER2, 30),
    OPTION(IPPROTO_TCP, TCP_DEFER_ACCEPT, 0),
    OPTION(IPPROTO_TCP, TCP_QUICKACK, 1),
    OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT, 5000),
    OPTION(IPPROTO_TCP, TCP_FASTOPEN, 0),
    OPTION(IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0),
    OPTION(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16384),
    OPTION(IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1),
    OPTION(IPPROTO_TCP, TCP_KEEPIDLE, 0),
    OPTION(IPPROTO_TCP, TCP_KEEPCNT, 1000),
    OPTION(IPPROTO_TCP, TCP_SYNCNT, 1000),
    OPTION(IPPROTO_TCP, TCP_MAXSEG, 1),
    OPTION(IPPROTO_TCP, 4711, 1),
};

CASE(of_tcp) { show_options(tcp(), kTcpOptions); }
CASE(of_tcp_on_a_datagram_socket) {
  const int fd = udp();
  say("%s", get_int(fd, IPPROTO_TCP, TCP_NODELAY).c_str());
  SHOW(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1));
}
CASE(of_udp_on_a_stream_socket) {
  const int fd = tcp();
  say("%s", get_int(fd, IPPROTO_UDP, UDP_CORK).c_str());
  SHOW(set_int(fd, IPPROTO_UDP, UDP_CORK, 1));
}
CASE(of_udp) {
  static constexpr Option kUdpOptions[] = {OPTION(IPPROTO_UDP, UDP_CORK, 0),
                                           OPTION(IPPROTO_UDP, 4711, 1)};
  show_options(udp(), kUdpOptions);
}

constexpr Option kIpOptions[] = {
    OPTION(IPPROTO_IP, IP_TOS, 0x10),
    OPTION(IPPROTO_IP, IP_TTL, 32),
    OPTION(IPPROTO_IP, IP_MTU_DISCOVER, 2),
    OPTION(IPPROTO_IP, IP_RECVERR, 1),
    OPTION(IPPROTO_IP, IP_RECVTOS, 1),
    OPTION(IPPROTO_IP, IP_RECVTTL, 1),
    OPTION(IPPROTO_IP, IP_PKTINFO, 1),
    OPTION(IPPROTO_IP, IP_FREEBIND, 1),
    OPTION(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1),
    OPTION(IPPROTO_IP, IP_TTL, 0),
    OPTION(IPPROTO_IP, IP_TTL, 256),
    OPTION(IPPROTO_IP, 4711, 1),
};

CASE(of_ip_for_tcp) { show_options(tcp(), kIpOptions); }
CASE(of_ip_for_udp) { show_options(udp(), kIpOptions); }

constexpr Option kIpv6Options[] = {
    OPTION(IPPROTO_IPV6, IPV6_V6ONLY, 1),      OPTION(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 32),
    OPTION(IPPROTO_IPV6, IPV6_TCLASS, 0x10),   OPTION(IPPROTO_IPV6, IPV6_MTU_DISCOVER, 2),
    OPTION(IPPROTO_IPV6, IPV6_RECVERR, 1),     OPTION(IPPROTO_IPV6, IPV6_RECVTCLASS, 1),
    OPTION(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1), OPTION(IPPROTO_IPV6, 4711, 1),
};

CASE(of_ipv6) {
  show_options(NEED(socket(AF_INET6, SOCK_STREAM, 0)), kIpv6Options);
  show_options(NEED(socket(AF_INET6, SOCK_DGRAM, 0)), kIpv6Options);
}
CASE(of_ipv6_on_an_ipv4_socket) { show_options(tcp(), kIpv6Options); }

CASE(of_unknown_levels) {
  const int fd = tcp();
  say("%s", get_int(fd, 4711, 1).c_str());
  SHOW(set_int(fd, 4711, 1, 1));
  say("%s", get_int(fd, SOL_SOCKET + 1000, SO_TYPE).c_str());
}

CASE(buffer_sizes_are_doubled) {
  const int fd = tcp();
  for (const int name : {SO_SNDBUF, SO_RCVBUF}) {
    SHOW(set_int(fd, SOL_SOCKET, name, 20000));
    say("%s", get_int(fd, SOL_SOCKET, name).c_str());
    SHOW(set_int(fd, SOL_SOCKET, name, 1));
    say("raised to the least: %d", std::stoi(get_int(fd, SOL_SOCKET, name)) > 1000);
  }
}

CASE(buffer_sizes_at_first) {
  const int fd = tcp();
  say("SO_SNDBUF %s", get_int(fd, SOL_SOCKET, SO_SNDBUF).c_str());
  say("SO_RCVBUF %s", get_int(fd, SOL_SOCKET, SO_RCVBUF).c_str());
}

CASE(a_large_send_buffer_does_not_open_the_gate) {
  far::SilentListener silent;
  const int fd = tcp(SOCK_NONBLOCK);
  SHOW(set_int(fd, SOL_SOCKET, SO_SNDBUF, 400000));
  SHOW(connect_to(fd, silent.address()));
  SHOW(set_int(fd, SOL_SOCKET, SO_SNDBUF, 200000));
  look("connecting", fd);
}

CASE(of_wrong_length) {
  const int fd = tcp();
  const int value = 1;
  for (const auto& option : {kSocketOptions[0], kTcpOptions[0], kIpOptions[0]}) {
    for (const socklen_t length : {0U, 1U, 3U, 4U, 8U}) {
      const long room[2] = {value, 0};
      const int result = setsockopt(fd, option.level, option.name, room, length);
      say("%s by %u bytes: %s", option.text, length,
          result == 0 ? get_int(fd, option.level, option.name).c_str() : errno_name(errno).c_str());
    }
    for (const socklen_t length : {0U, 1U, 3U, 4U, 8U}) {
      long room = 0;
      socklen_t size = length;
      const int result = getsockopt(fd, option.level, option.name, &room, &size);
      say("%s into %u bytes: %s, %u", option.text, length,
          result == 0 ? std::to_string(room).c_str() : errno_name(errno).c_str(), size);
    }
  }
  long room = 0;
  socklen_t size = static_cast<socklen_t>(-1);
  SHOW(getsockopt(fd, SOL_SOCKET, SO_TYPE, &room, &size));
  size = static_cast<socklen_t>(-1);
  SHOW(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &room, &size));
}

CASE(lengths_of_answers) {
  const int fd = tcp();
  char room[512];
  const auto show_length = [&](const char* text, int level, int name) {
    socklen_t size = sizeof(room);
    const int result = getsockopt(fd, level, name, room, &size);
    say("%s: %s, %u bytes", text, result == 0 ? "0" : errno_name(errno).c_str(), size);
  };
  show_length("SO_LINGER", SOL_SOCKET, SO_LINGER);
  show_length("SO_RCVTIMEO", SOL_SOCKET, SO_RCVTIMEO);
  show_length("SO_SNDTIMEO", SOL_SOCKET, SO_SNDTIMEO);
  show_length("SO_ERROR", SOL_SOCKET, SO_ERROR);
  show_length("SO_COOKIE", SOL_SOCKET, SO_COOKIE);
  show_length("SO_BINDTODEVICE", SOL_SOCKET, SO_BINDTODEVICE);
  show_length("IP_TOS", IPPROTO_IP, IP_TOS);
  show_length("TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY);
  show_length("TCP_CONGESTION", IPPROTO_TCP, TCP_CONGESTION);
}

CASE(linger_and_timeouts_are_read_back) {
  const int fd = tcp();
  linger wanted{1, 7};
  SHOW(setsockopt(fd, SOL_SOCKET, SO_LINGER, &wanted, sizeof(wanted)));
  linger seen{};
  socklen_t size = sizeof(seen);
  SHOW(getsockopt(fd, SOL_SOCKET, SO_LINGER, &seen, &size));
  say("linger %d %d", seen.l_onoff, seen.l_linger);
  for (const int name : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    timeval timeout{3, 500000};
    SHOW(setsockopt(fd, SOL_SOCKET, name, &timeout, sizeof(timeout)));
    timeval back{};
    size = sizeof(back);
    SHOW(getsockopt(fd, SOL_SOCKET, name, &back, &size));
    say("%ld s, %ld us", static_cast<long>(back.tv_sec), static_cast<long>(back.tv_usec));
    timeout = {0, 2000000};
    SHOW(setsockopt(fd, SOL_SOCKET, name, &timeout, sizeof(timeout)));
    SHOW(setsockopt(fd, SOL_SOCKET, name, &timeout, 4));
  }
}

CASE(congestion_control_has_a_name) {
  const int fd = tcp();
  char name[16] = {};
  socklen_t size = sizeof(name);
  SHOW(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size));
  say("%s", name);
  SHOW(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
  SHOW(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size));
  say("%s, %u bytes", name, size);
  SHOW(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nonesuch", 8));
}

CASE(tcp_info_knows_the_state) {
  const auto show_state = [](const char* when, int fd) {
    tcp_info info{};
    socklen_t size = sizeof(info);
    const int result = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
    say("%s: %d, %u bytes of %zu, state %u", when, result, size, sizeof(info), info.tcpi_state);
  };
  const int fd = tcp();
  show_state("new", fd);
  far::Listener listener;
  NEED(connect_to(fd, listener.address()));
  show_state("connected", fd);
  far::Stream peer = listener.next();
  peer.end();
  await(fd, POLLRDHUP);
  show_state("the peer has closed", fd);
  show_state("listening", listen_on(server_port(0)));
  far::SilentListener silent;
  const int connecting = tcp(SOCK_NONBLOCK);
  SHOW(connect_to(connecting, silent.address()));
  show_state("connecting", connecting);
  char room[8] = {};
  socklen_t size = 4;
  SHOW(getsockopt(fd, IPPROTO_TCP, TCP_INFO, room, &size));
  say("cut to %u", size);
}

CASE(the_segment_size_of_a_connection) {
  far::Listener listener;
  const int fd = tcp();
  NEED(connect_to(fd, listener.address()));
  say("a carrier's: %d", std::stoi(get_int(fd, IPPROTO_TCP, TCP_MAXSEG)) <= 1460);
}

CASE(membership_of_groups) {
  const int fd = udp();
  ip_mreq group{};
  group.imr_multiaddr.s_addr = htonl(0xe0000001);
  SHOW(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)));
  SHOW(set_int(fd, IPPROTO_IP, IP_MULTICAST_TTL, 4));
  SHOW(set_int(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0));
}

CASE(a_device_to_bind_to) {
  const int fd = tcp();
  SHOW(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nonesuch", 8));
  SHOW(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0));
}

}  // namespace
