// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "at/host_name.h"
#include "base/ipv4.h"

// The commands that carry arguments, without the CR that ends them. Every argument has a type
// that can't hold a quote, a comma or a line end; the two free texts (APN, PIN) are checked.
namespace a7600::at {

inline constexpr int kLinks = 10;
inline constexpr int kServers = 4;
inline constexpr std::size_t kLargestSend = 1500;  // manual 2.4
inline constexpr std::size_t kLargestRead = 1500;  // manual 2.5

std::string open_tcp(int link, const Endpoint& to, std::optional<std::uint16_t> local_port);
std::string open_udp(int link, std::uint16_t local_port);
std::string send(int link, std::size_t size);
std::string send_to(int link, std::size_t size, const Endpoint& to);
std::string read(int link, std::size_t most = kLargestRead);
std::string unread(int link);  // how much there is to read (AT+CIPRXGET=4)
std::string close(int link);
std::string acknowledged(int link);  // AT+CIPACK, manual 2.16
std::string server_start(std::uint16_t port, int server);
std::string server_stop(int server);
std::string resolve(const HostName& name);
std::string set_socket_config(const std::array<int, 7>& values);  // AT+CIPCCFG, manual 2.13
std::string timeouts(const std::array<int, 3>& milliseconds);     // AT+CIPTIMEOUT, manual 2.12

// nullopt if the text holds a quote or anything unprintable.
std::optional<std::string> define_context(std::string_view apn);
// Who logs in at the APN, and how (AT+CGAUTH's <auth_type>).
struct Login {
  enum class Type { kPap = 1, kChap = 2, kEither = 3 };
  Type type = Type::kEither;
  std::string user;
  std::string password;
};
// nullopt if a text holds a quote or anything unprintable.
std::optional<std::string> authenticate(const Login& login);
std::string set_rate(int baud);  // AT+IPR
// nullopt unless `pin` is 4 to 8 digits.
std::optional<std::string> enter_pin(std::string_view pin);

}  // namespace a7600::at
