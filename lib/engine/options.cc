// SPDX-License-Identifier: MIT
//
// The options that programs have set: remembered, and what follows from some of them.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "engine/engine.h"

namespace a7600::engine {
namespace {

constexpr std::size_t kMostOptions = 64;

}  // namespace

const wire::OptionRecord* Socket::option(int level, int name) const {
  const auto found =
      std::find_if(options.begin(), options.end(), [&](const wire::OptionRecord& record) {
        return record.level == level && record.name == name;
      });
  return found == options.end() ? nullptr : &*found;
}

bool Socket::is_set(int level, int name) const {
  const wire::OptionRecord* const record = option(level, name);
  int value = 0;
  if (record != nullptr) {
    std::memcpy(&value, record->value.data(), std::min<std::size_t>(sizeof(value), record->size));
  }
  return value != 0;
}

// Nothing arrives there, as the module has IPv4 only. Servers have one of these beside an IPv4
// socket with the same port.
bool Socket::is_ipv6_only() const {
  return domain == AF_INET6 && is_set(IPPROTO_IPV6, IPV6_V6ONLY);
}

std::optional<std::chrono::seconds> Socket::linger() const {
  const wire::OptionRecord* const record = option(SOL_SOCKET, SO_LINGER);
  ::linger value{};
  if (record == nullptr || record->size < sizeof(value)) return std::nullopt;
  std::memcpy(&value, record->value.data(), sizeof(value));
  if (value.l_onoff == 0 || value.l_linger < 0) return std::nullopt;
  return std::chrono::seconds(value.l_linger);
}

void Socket::set_options_on(int program_end) const {
  for (const wire::OptionRecord& record : options) {
    if ((record.flags & wire::kOnPair) == 0) continue;
    sys::setsockopt(program_end, record.level, record.name, record.value.data(), record.size);
  }
}

void Engine::set_option(const UniqueFd& call, const wire::Request& request, Socket& socket) {
  wire::OptionRecord record;
  if (request.size > record.value.size()) return static_cast<void>(reply_error(call, EINVAL));
  record.level = request.level;
  record.name = request.name;
  record.size = request.size;
  record.flags = request.flags & wire::kOnPair;
  std::copy_n(request.data.begin(), request.size, record.value.begin());
  std::erase_if(socket.options, [&record](const wire::OptionRecord& old) {
    return old.level == record.level && old.name == record.name;
  });
  if (socket.options.size() >= kMostOptions) return static_cast<void>(reply_error(call, ENOBUFS));
  socket.options.push_back(record);
  reply(call, {});
}

void Engine::get_option(const UniqueFd& call, const wire::Request& request, const Socket& socket) {
  wire::Reply out = description(socket);
  if (const auto* const record = socket.option(request.level, request.name)) {
    out.size = static_cast<std::uint16_t>(record->size);
    std::copy_n(record->value.begin(), record->size, out.data.begin());
  } else {
    out.error = ENOENT;
  }
  reply(call, out);
}

}  // namespace a7600::engine
