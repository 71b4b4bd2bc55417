// SPDX-License-Identifier: MIT
#include "notify.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/unique_fd.h"
#include "wire/channel.h"

namespace a7600::tool {

void notify(std::string_view state) {
  const char* name = ::getenv("NOTIFY_SOCKET");
  const auto address = wire::UnixAddress::from(name == nullptr ? "" : name);
  if (!address) return;
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return;
  ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL, address->get(), address->length);
}

void notify_reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  notify("RELOADING=1\nMONOTONIC_USEC=" +
         std::to_string(now.tv_sec * 1'000'000LL + now.tv_nsec / 1000));
}

std::optional<std::chrono::microseconds> watchdog_interval() {
  const char* interval = ::getenv("WATCHDOG_USEC");
  const char* pid = ::getenv("WATCHDOG_PID");
  if (interval == nullptr) return std::nullopt;
  if (pid != nullptr && std::strtol(pid, nullptr, 10) != ::getpid()) return std::nullopt;
  const long long value = std::strtoll(interval, nullptr, 10);
  if (value <= 0) return std::nullopt;
  return std::chrono::microseconds(value);
}

}  // namespace a7600::tool
