// SPDX-License-Identifier: MIT
#include "wire/peer_name.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace a7600::wire {
namespace {

constexpr std::string_view kPrefix = "a7600.";
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kPeerSize = 1 + 8 + 1 + 4;  // ".IP-PORT"

// Where the `nth` dot is, counted from 1; npos if there are fewer.
std::size_t dot(std::string_view text, int nth) {
  std::size_t at = std::string_view::npos;
  for (int i = 0; i < nth; ++i) {
    at = text.find('.', i == 0 ? 0 : at + 1);
    if (at == std::string_view::npos) break;
  }
  return at;
}

template <typename Number>
char* put_hex(Number value, char* out) {
  for (int shift = static_cast<int>(sizeof(Number)) * 8 - 4; shift >= 0; shift -= 4) {
    *out++ = kDigits[value >> shift & 15];
  }
  return out;
}

}  // namespace

std::optional<UnixAddress> engine_of_name(const UnixAddress& name) {
  const std::string_view text = name.abstract_name();
  const std::size_t end = dot(text, 3);
  if (!text.starts_with(kPrefix) || end == std::string_view::npos) return std::nullopt;
  UnixAddress out = name;
  out.length -= static_cast<socklen_t>(text.size() - end);
  return out;
}

std::optional<Endpoint> peer_of_name(const UnixAddress& name) {
  const std::string_view text = name.abstract_name();
  if (!text.starts_with(kPrefix) || text.size() < kPeerSize) return std::nullopt;
  const std::string_view peer = text.substr(text.size() - kPeerSize);
  if (peer[0] != '.' || peer[9] != '-') return std::nullopt;
  Endpoint out;
  const auto ip = std::from_chars(peer.data() + 1, peer.data() + 9, out.ip.value, 16);
  const auto port = std::from_chars(peer.data() + 10, peer.data() + kPeerSize, out.port, 16);
  if (ip.ptr != peer.data() + 9 || port.ptr != peer.data() + kPeerSize) return std::nullopt;
  return out;
}

int domain_of_name(const UnixAddress& name) {
  std::string_view socket = name.abstract_name();
  socket.remove_prefix(std::min(dot(socket, 3), socket.size() - 1) + 1);
  socket = socket.substr(0, socket.find('.'));
  return socket.ends_with("-6") ? AF_INET6 : AF_INET;
}

std::optional<UnixAddress> name_of_peer(const UnixAddress& socket, const Endpoint& peer) {
  const std::string_view text = socket.abstract_name();
  UnixAddress out = socket;
  if (text.empty() || text.size() + 1 + kPeerSize > sizeof(out.address.sun_path)) {
    return std::nullopt;
  }
  char* at = out.address.sun_path + 1 + text.size();
  *at++ = '.';
  at = put_hex(peer.ip.value, at);
  *at++ = '-';
  put_hex(peer.port, at);
  out.length += static_cast<socklen_t>(kPeerSize);
  return out;
}

}  // namespace a7600::wire
