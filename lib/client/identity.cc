// SPDX-License-Identifier: MIT
#include "client/identity.h"

#include <cerrno>
#include <string_view>

#include "base/sys.h"

namespace a7600::client {
namespace {

constexpr std::string_view kPrefix = "a7600.";

}  // namespace

std::optional<wire::UnixAddress> engine_of(int fd) {
  const int saved = errno;
  wire::UnixAddress name;
  name.length = sizeof(name.address);
  const int failed = sys::getpeername(fd, reinterpret_cast<sockaddr*>(&name.address), &name.length);
  errno = saved;
  if (failed != 0) return std::nullopt;
  const std::string_view text = name.abstract_name();
  if (!text.starts_with(kPrefix)) return std::nullopt;
  // "a7600.PID.RANDOM.SOCKET": without its last part it is the engine's own address.
  const std::size_t end = text.rfind('.');
  if (end < kPrefix.size()) return std::nullopt;
  name.length -= static_cast<socklen_t>(text.size() - end);
  return name;
}

}  // namespace a7600::client
