// SPDX-License-Identifier: MIT
#include "client/resolver_here.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "base/unique_fd.h"

namespace a7600::client {
namespace {

constexpr std::uint16_t kPort = 53;
constexpr Ipv4 kWithoutAny{0x7f000001};
constexpr std::string_view kBlanks = " \t\r";

}  // namespace

bool names_resolver(std::string_view text, const Ipv4& to) {
  constexpr std::string_view kKey = "nameserver";
  bool names_one = false;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(kKey)) continue;
    line.remove_prefix(kKey.size());
    if (line.empty() || kBlanks.find(line.front()) == std::string_view::npos) continue;
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    const std::string address(line.substr(0, line.find_first_of(kBlanks)));
    in_addr parsed{};
    if (address.empty()) continue;
    names_one = true;
    if (::inet_pton(AF_INET, address.c_str(), &parsed) == 1 && ntohl(parsed.s_addr) == to.value) {
      return true;
    }
  }
  return !names_one && to == kWithoutAny;
}

bool is_resolver_here(const Endpoint& to) {
  if (to.port != kPort || to.ip.value >> 24 != 127) return false;
  const int saved = errno;
  const UniqueFd file(::open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text;
  const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : 0;
  errno = saved;
  return names_resolver({text.data(), got > 0 ? static_cast<std::size_t>(got) : 0}, to.ip);
}

}  // namespace a7600::client
