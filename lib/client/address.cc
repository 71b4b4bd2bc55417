// SPDX-License-Identifier: MIT
#include "client/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace a7600::client {
namespace {

constexpr Ipv4 kLoopback{0x7f000001};
// RFC 2133's sockaddr_in6, without sin6_scope_id, which Linux accepts.
constexpr socklen_t kShortSockaddrIn6 = 24;

bool kernel_serves(const Endpoint& to, const config::Config& config) {
  return std::any_of(config.bypass.begin(), config.bypass.end(),
                     [&to](const config::BypassRule& rule) { return rule.matches(to); });
}

// The IPv4 endpoint that the address holds, or an errno in `error`.
Route parse(const sockaddr* address, socklen_t length) {
  Route out;
  const int family = family_of(address, length);
  if (family < 0 || length > static_cast<socklen_t>(sizeof(sockaddr_storage))) {
    out.error = address == nullptr ? EFAULT : EINVAL;
    return out;
  }
  if (family == AF_INET) {
    sockaddr_in in{};
    if (length < static_cast<socklen_t>(sizeof(in))) {
      out.error = EINVAL;
      return out;
    }
    std::memcpy(&in, address, sizeof(in));
    out.to = {{ntohl(in.sin_addr.s_addr)}, ntohs(in.sin_port)};
    out.kind = Route::Kind::kModem;
  } else if (family == AF_INET6) {
    sockaddr_in6 in6{};
    if (length < kShortSockaddrIn6) {
      out.error = EINVAL;
      return out;
    }
    std::memcpy(&in6, address, std::min<std::size_t>(length, sizeof(in6)));
    out.to.port = ntohs(in6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
      std::uint32_t ip = 0;
      std::memcpy(&ip, &in6.sin6_addr.s6_addr[12], sizeof(ip));
      out.to.ip.value = ntohl(ip);
    } else if (IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr)) {
      out.to.ip = kLoopback;
    } else if (!IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr)) {
      out.error = ENETUNREACH;
      return out;
    }
    out.kind = Route::Kind::kModem;
  } else {
    out.error = EAFNOSUPPORT;
  }
  return out;
}

}  // namespace

int family_of(const sockaddr* address, socklen_t length) {
  sa_family_t family = 0;
  if (address == nullptr || length < static_cast<socklen_t>(sizeof(family))) return -1;
  std::memcpy(&family, address, sizeof(family));
  return family;
}

bool is_mapped(const sockaddr* address, socklen_t length) {
  sockaddr_in6 in6{};
  if (family_of(address, length) != AF_INET6 || length < kShortSockaddrIn6) return false;
  std::memcpy(&in6, address, std::min<std::size_t>(length, sizeof(in6)));
  return IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
}

Route route_to(const sockaddr* address, socklen_t length, const config::Config& config) {
  Route out = parse(address, length);
  if (out.kind == Route::Kind::kError) return out;
  if (out.to.ip == Ipv4{}) out.to.ip = kLoopback;
  if (kernel_serves(out.to, config)) {
    out.kind = Route::Kind::kKernel;
  } else if (out.to.ip.value >= 0xe0000000) {
    // Multicast, reserved and broadcast: no TCP connection leads there.
    out.kind = Route::Kind::kError;
    out.error = ENETUNREACH;
  }
  return out;
}

Route route_from(const sockaddr* address, socklen_t length, const config::Config& config) {
  Route out = parse(address, length);
  if (family_of(address, length) == AF_UNSPEC && length >= sizeof(sockaddr_in)) {
    // Linux takes the unspecified address of an unspecified family for IPv4's.
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof(in));
    if (in.sin_addr.s_addr == INADDR_ANY) out = {Route::Kind::kModem, {{}, ntohs(in.sin_port)}, 0};
  }
  if (out.kind == Route::Kind::kModem && out.to.ip != Ipv4{} && kernel_serves(out.to, config)) {
    out.kind = Route::Kind::kKernel;
  }
  if (out.error == ENETUNREACH) out.error = EADDRNOTAVAIL;
  return out;
}

void write_address(const Endpoint& endpoint, int domain, sockaddr* out, socklen_t* length) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const std::uint32_t ip = htonl(endpoint.ip.value);
  if (domain == AF_INET6) {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(endpoint.port);
    if (ip != 0) {
      in6.sin6_addr.s6_addr[10] = 0xff;
      in6.sin6_addr.s6_addr[11] = 0xff;
      std::memcpy(&in6.sin6_addr.s6_addr[12], &ip, sizeof(ip));
    }
    size = sizeof(in6);
    std::memcpy(&storage, &in6, size);
  } else {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    in.sin_addr.s_addr = ip;
    size = sizeof(in);
    std::memcpy(&storage, &in, size);
  }
  std::memcpy(out, &storage, std::min(size, *length));
  *length = size;
}

}  // namespace a7600::client
