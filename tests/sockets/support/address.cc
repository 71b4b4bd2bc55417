// SPDX-License-Identifier: MIT
#include "support/address.h"

#include <arpa/inet.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "support/case.h"

namespace sockets {
namespace {

std::map<std::uint16_t, std::string>& names() {
  static std::map<std::uint16_t, std::string> all;
  return all;
}

std::string port_text(std::uint16_t port) {
  if (port == 0) return "0";
  const auto found = names().find(port);
  return found == names().end() ? "picked" : found->second;
}

std::string host_text(const char* ip) {
  const std::string host = ip;
  if (host == setting("SOCKETS_FAR")) return "far";
  if (host == setting("SOCKETS_OWN")) return "own";
  if (host == "0.0.0.0") return "any";
  return host;
}

}  // namespace

Port server_port(int index) {
  const std::string all = setting("SOCKETS_PORTS");
  const char* at = all.c_str();
  for (int i = 0; i < index; ++i) at = std::strchr(at, ',') + 1;
  unsigned inside = 0;
  unsigned outside = 0;
  if (std::sscanf(at, "%u=%u", &inside, &outside) != 2) need(-1, "SOCKETS_PORTS");
  const Port out{static_cast<std::uint16_t>(inside), static_cast<std::uint16_t>(outside)};
  name_port(out.inside, "server" + std::to_string(index));
  return out;
}

Address ip4(const char* ip, std::uint16_t port) {
  Address out;
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  NEED(::inet_pton(AF_INET, ip, &in.sin_addr) == 1 ? 0 : -1);
  std::memcpy(&out.storage, &in, sizeof(in));
  out.length = sizeof(in);
  return out;
}

Address ip6(const char* ip, std::uint16_t port) {
  Address out;
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  NEED(::inet_pton(AF_INET6, ip, &in.sin6_addr) == 1 ? 0 : -1);
  std::memcpy(&out.storage, &in, sizeof(in));
  out.length = sizeof(in);
  return out;
}

Address far_end(std::uint16_t port) { return ip4(setting("SOCKETS_FAR").c_str(), port); }
Address own_end(std::uint16_t port) { return ip4(setting("SOCKETS_OWN").c_str(), port); }
Address any_end(std::uint16_t port) { return ip4("0.0.0.0", port); }

Address mapped(const Address& address) {
  sockaddr_in in{};
  std::memcpy(&in, &address.storage, sizeof(in));
  char ip[INET_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET, &in.sin_addr, ip, sizeof(ip));
  return ip6((std::string("::ffff:") + ip).c_str(), ntohs(in.sin_port));
}

std::uint16_t port_of(const Address& address) {
  // At the same place in both families.
  sockaddr_in in{};
  std::memcpy(&in, &address.storage, sizeof(in));
  return ntohs(in.sin_port);
}

void name_port(std::uint16_t port, const std::string& name) { names()[port] = name; }

std::string text(const sockaddr* address, socklen_t length) {
  if (length < sizeof(sa_family_t))
    return std::string("(length ").append(std::to_string(length)).append(")");
  sa_family_t family = 0;
  std::memcpy(&family, address, sizeof(family));
  char ip[INET6_ADDRSTRLEN] = {};
  if (family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof(in));
    ::inet_ntop(AF_INET, &in.sin_addr, ip, sizeof(ip));
    return host_text(ip) + ":" + port_text(ntohs(in.sin_port));
  }
  if (family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof(in));
    if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
      ::inet_ntop(AF_INET, &in.sin6_addr.s6_addr[12], ip, sizeof(ip));
      return host_text(ip) + "6:" + port_text(ntohs(in.sin6_port));
    }
    ::inet_ntop(AF_INET6, &in.sin6_addr, ip, sizeof(ip));
    return std::string("[").append(ip).append("]:").append(port_text(ntohs(in.sin6_port)));
  }
  return std::string("(family ").append(std::to_string(family)).append(")");
}

}  // namespace sockets
