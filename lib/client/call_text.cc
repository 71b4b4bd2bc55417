// SPDX-License-Identifier: MIT
#include "client/call_text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstring>

namespace a7600::client {
namespace {

constexpr std::size_t kLongestQuote = 100;

struct Option {
  int level;
  int name;
  const char* text;
};

constexpr Option kOptions[] = {
    {SOL_SOCKET, SO_ERROR, "SO_ERROR"},
    {SOL_SOCKET, SO_TYPE, "SO_TYPE"},
    {SOL_SOCKET, SO_DOMAIN, "SO_DOMAIN"},
    {SOL_SOCKET, SO_PROTOCOL, "SO_PROTOCOL"},
    {SOL_SOCKET, SO_ACCEPTCONN, "SO_ACCEPTCONN"},
    {SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR"},
    {SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT"},
    {SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE"},
    {SOL_SOCKET, SO_LINGER, "SO_LINGER"},
    {SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF"},
    {SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF"},
    {SOL_SOCKET, SO_SNDTIMEO, "SO_SNDTIMEO"},
    {SOL_SOCKET, SO_RCVTIMEO, "SO_RCVTIMEO"},
    {SOL_SOCKET, SO_BROADCAST, "SO_BROADCAST"},
    {SOL_SOCKET, SO_PRIORITY, "SO_PRIORITY"},
    {SOL_SOCKET, SO_MARK, "SO_MARK"},
    {SOL_SOCKET, SO_BINDTODEVICE, "SO_BINDTODEVICE"},
    {IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY"},
    {IPPROTO_TCP, TCP_CORK, "TCP_CORK"},
    {IPPROTO_TCP, TCP_MAXSEG, "TCP_MAXSEG"},
    {IPPROTO_TCP, TCP_INFO, "TCP_INFO"},
    {IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE"},
    {IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL"},
    {IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT"},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT"},
    {IPPROTO_TCP, TCP_QUICKACK, "TCP_QUICKACK"},
    {IPPROTO_TCP, TCP_FASTOPEN_CONNECT, "TCP_FASTOPEN_CONNECT"},
    {IPPROTO_IP, IP_TOS, "IP_TOS"},
    {IPPROTO_IP, IP_TTL, "IP_TTL"},
    {IPPROTO_IP, IP_MTU_DISCOVER, "IP_MTU_DISCOVER"},
    {IPPROTO_IP, IP_RECVERR, "IP_RECVERR"},
    {IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY"},
    {IPPROTO_IPV6, IPV6_TCLASS, "IPV6_TCLASS"},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS"},
};

std::string level_text(int level) {
  switch (level) {
    case SOL_SOCKET:
      return "SOL_SOCKET";
    case IPPROTO_TCP:
      return "IPPROTO_TCP";
    case IPPROTO_UDP:
      return "IPPROTO_UDP";
    case IPPROTO_IP:
      return "IPPROTO_IP";
    case IPPROTO_IPV6:
      return "IPPROTO_IPV6";
    default:
      return std::to_string(level);
  }
}

}  // namespace

std::string domain_text(int domain) {
  if (domain == AF_INET) return "AF_INET";
  if (domain == AF_INET6) return "AF_INET6";
  return "AF_" + std::to_string(domain);
}

std::string type_text(int type) {
  const int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  std::string out = kind == SOCK_STREAM  ? "SOCK_STREAM"
                    : kind == SOCK_DGRAM ? "SOCK_DGRAM"
                                         : std::to_string(kind);
  if ((type & SOCK_NONBLOCK) != 0) out += "|SOCK_NONBLOCK";
  if ((type & SOCK_CLOEXEC) != 0) out += "|SOCK_CLOEXEC";
  return out;
}

std::string protocol_text(int protocol) {
  if (protocol == IPPROTO_TCP) return "IPPROTO_TCP";
  if (protocol == IPPROTO_UDP) return "IPPROTO_UDP";
  return std::to_string(protocol);
}

std::string address_text(const sockaddr* address, socklen_t length) {
  sa_family_t family = AF_UNSPEC;
  if (address == nullptr || length < sizeof(family)) return "NULL";
  std::memcpy(&family, address, sizeof(family));
  char text[INET6_ADDRSTRLEN] = {};
  if (family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof(in));
    ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
    return std::string(text) + ':' + std::to_string(ntohs(in.sin_port));
  }
  if (family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in;
    std::memcpy(&in, address, sizeof(in));
    ::inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof(text));
    return std::string("[") + text + "]:" + std::to_string(ntohs(in.sin6_port));
  }
  return domain_text(family);
}

std::string address_text(const sockaddr* address, const socklen_t* length) {
  return address_text(address, length == nullptr ? 0 : *length);
}

std::string option_text(int level, int name) {
  std::string out = level_text(level) + ", ";
  const auto* option = std::find_if(
      std::begin(kOptions), std::end(kOptions),
      [level, name](const Option& row) { return row.level == level && row.name == name; });
  return out + (option == std::end(kOptions) ? std::to_string(name) : option->text);
}

std::string value_text(const void* value, socklen_t length) {
  if (value == nullptr) return "NULL";
  if (length != sizeof(int)) return '{' + std::to_string(length) + " bytes}";
  int number = 0;
  std::memcpy(&number, value, sizeof(number));
  return '[' + std::to_string(number) + ']';
}

std::string quoted_text(const char* text) {
  if (text == nullptr) return "NULL";
  std::string out = "\"";
  for (; *text != '\0' && out.size() < kLongestQuote; ++text) {
    const auto code = static_cast<unsigned char>(*text);
    out += code < 0x20 || code == 0x7f ? '?' : *text;
  }
  out += *text != '\0' ? "\"..." : "\"";
  return out;
}

}  // namespace a7600::client
