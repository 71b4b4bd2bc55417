// SPDX-License-Identifier: MIT
#include "serial/tcp.h"

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ipv4.h"
#include "config/values.h"

namespace a7600::serial {
namespace {

using Clock = std::chrono::steady_clock;

struct Address {
  sockaddr_storage storage = {};
  socklen_t size = 0;
};

Error error_of(int posix, const std::string& port, std::string_view what) {
  return {.posix = posix, .text = port + ": " + std::string(what)};
}

Address ipv4_address(Ipv4 ip, std::uint16_t port) {
  sockaddr_in in = {};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  in.sin_addr.s_addr = htonl(ip.value);
  Address out;
  ::memcpy(&out.storage, &in, sizeof in);
  out.size = sizeof in;
  return out;
}

// The name `getaddrinfo` may be the preload library's, which would ask the modem that we are about
// to open. So take the C library's by hand.
Result<std::vector<Address>> look_up(const std::string& port, const config::TcpPort& target) {
  void* libc = ::dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
  if (libc == nullptr) return error_of(EHOSTUNREACH, port, "names can't be looked up here");
  const auto get = reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(libc, "getaddrinfo"));
  const auto give_back = reinterpret_cast<decltype(&::freeaddrinfo)>(::dlsym(libc, "freeaddrinfo"));
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = get(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
  std::vector<Address> out;
  if (failure == 0) {
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
      Address address;
      ::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
      address.size = at->ai_addrlen;
      out.push_back(address);
    }
    give_back(found);
  }
  ::dlclose(libc);
  if (failure != 0) return error_of(EHOSTUNREACH, port, ::gai_strerror(failure));
  return out;
}

Result<std::vector<Address>> addresses_of(const std::string& port, const config::TcpPort& target) {
  std::optional<Ipv4> ip = Ipv4::parse(target.host);
  if (target.host == "localhost") ip = Ipv4{INADDR_LOOPBACK};
  if (!ip) return look_up(port, target);
  return std::vector<Address>{ipv4_address(*ip, target.port)};
}

// 0, or the errno of a connection that didn't come about before `deadline`.
int connect_until(int fd, const Address& to, Clock::time_point deadline) {
  if (sys::connect(fd, reinterpret_cast<const sockaddr*>(&to.storage), to.size) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd writable = {.fd = fd, .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&writable, 1, static_cast<int>(std::max<long long>(left, 0)));
    if (ready == 0) return ETIMEDOUT;
    if (ready > 0) break;
    if (errno != EINTR) return errno;
  }
  int error = 0;
  socklen_t size = sizeof error;
  return sys::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

Result<UniqueFd> connect_tcp(const std::string& port, std::chrono::milliseconds timeout) {
  const std::optional<config::TcpPort> target = config::parse_tcp_port(port);
  if (!target) return error_of(EINVAL, port, "not of the form tcp:HOST:PORT");
  Result<std::vector<Address>> addresses = addresses_of(port, *target);
  if (!addresses) return addresses.error();

  const Clock::time_point deadline = Clock::now() + timeout;
  int error = EHOSTUNREACH;
  for (const Address& address : addresses.value()) {
    UniqueFd fd(sys::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                            IPPROTO_TCP));
    error = fd ? connect_until(fd.get(), address, deadline) : errno;
    if (error != 0) continue;
    // AT commands are small and wait for their answers, the case that Nagle's delay is worst for.
    const int on = 1;
    sys::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
  }
  return error_of(error, port, strerrordesc_np(error));
}

}  // namespace a7600::serial
