// SPDX-License-Identifier: MIT
#include "at/command.h"

#include <algorithm>

namespace a7600::at {
namespace {

template <typename... Parts>
std::string joined(const Parts&... parts) {
  std::string out;
  auto append = [&out](const auto& part) {
    if constexpr (std::is_integral_v<std::decay_t<decltype(part)>>) {
      out += std::to_string(part);
    } else {
      out += part;
    }
  };
  (append(parts), ...);
  return out;
}

}  // namespace

std::string open_tcp(int link, const Endpoint& to, std::optional<std::uint16_t> local_port) {
  std::string out = joined("AT+CIPOPEN=", link, ",\"TCP\",\"", to.ip.to_string(), "\",", to.port);
  if (local_port) out += joined(",", *local_port);
  return out;
}

std::string open_udp(int link, std::uint16_t local_port) {
  return joined("AT+CIPOPEN=", link, ",\"UDP\",,,", local_port);
}

std::string send(int link, std::size_t size) { return joined("AT+CIPSEND=", link, ",", size); }

std::string send_to(int link, std::size_t size, const Endpoint& to) {
  return joined("AT+CIPSEND=", link, ",", size, ",\"", to.ip.to_string(), "\",", to.port);
}

std::string read(int link, std::size_t most) {
  // The default <len> is the largest.
  if (most >= kLargestRead) return joined("AT+CIPRXGET=2,", link);
  return joined("AT+CIPRXGET=2,", link, ",", most);
}

std::string unread(int link) { return joined("AT+CIPRXGET=4,", link); }

std::string close(int link) { return joined("AT+CIPCLOSE=", link); }

std::string acknowledged(int link) { return joined("AT+CIPACK=", link); }

std::string server_start(std::uint16_t port, int server) {
  return joined("AT+SERVERSTART=", port, ",", server);
}

std::string server_stop(int server) { return joined("AT+SERVERSTOP=", server); }

std::string resolve(const HostName& name) { return joined("AT+CDNSGIP=\"", name.text(), "\""); }

std::string set_socket_config(const std::array<int, 7>& values) {
  std::string out = "AT+CIPCCFG=";
  for (std::size_t i = 0; i < values.size(); ++i) out += joined(i == 0 ? "" : ",", values[i]);
  return out;
}

std::string timeouts(const std::array<int, 3>& milliseconds) {
  const auto [netopen, cipopen, cipsend] = milliseconds;
  return joined("AT+CIPTIMEOUT=", netopen, ",", cipopen, ",", cipsend);
}

std::optional<std::string> define_context(std::string_view apn) {
  const bool clean =
      std::all_of(apn.begin(), apn.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
  if (!clean || apn.empty()) return std::nullopt;
  return joined("AT+CGDCONT=1,\"IP\",\"", apn, "\"");
}

std::optional<std::string> authenticate(const Login& login) {
  for (const std::string_view text :
       {std::string_view(login.user), std::string_view(login.password)}) {
    if (!std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f && c != '"'; })) {
      return std::nullopt;
    }
  }
  // The password comes before the user, other than in 3GPP TS 27.007 (A76XX manual).
  return joined("AT+CGAUTH=1,", static_cast<int>(login.type), ",\"", login.password, "\",\"",
                login.user, "\"");
}

std::string set_rate(int baud) { return joined("AT+IPR=", baud); }

std::optional<std::string> enter_pin(std::string_view pin) {
  const bool digits =
      std::all_of(pin.begin(), pin.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || pin.size() < 4 || pin.size() > 8) return std::nullopt;
  return joined("AT+CPIN=\"", pin, "\"");
}

}  // namespace a7600::at
