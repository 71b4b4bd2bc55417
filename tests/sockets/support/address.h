// SPDX-License-Identifier: MIT
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

// Addresses by the part they play, since over the modem they are others than over the kernel.
namespace sockets {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// A port for a server of the program's, 0-5; `outside` is where the far side finds it.
struct Port {
  std::uint16_t inside;
  std::uint16_t outside;
};
Port server_port(int index);

Address ip4(const char* ip, std::uint16_t port);
Address ip6(const char* ip, std::uint16_t port);
Address far_end(std::uint16_t port);  // where far.h's sockets are, as the program sees it
Address own_end(std::uint16_t port);  // the program's own
Address any_end(std::uint16_t port);
Address mapped(const Address& address);  // an IPv4 one, as IPv6

std::uint16_t port_of(const Address& address);
// From now on addresses with this port are shown with `name`.
void name_port(std::uint16_t port, const std::string& name);

// "far:web", "own:picked", "any:0"; IPv6 ones with "6" behind the first word.
std::string text(const sockaddr* address, socklen_t length);
inline std::string text(const Address& address) { return text(address.get(), address.length); }

}  // namespace sockets
