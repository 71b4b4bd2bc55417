// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "wire/message.h"

// What a shared engine says of itself: the answer to kStatus is a file (memfd) that holds one
// StatusHead, then its links, then its servers, each of a fixed size. Addresses are in host byte
// order; texts end with a NUL.
namespace a7600::wire {

inline constexpr std::uint32_t kStatusMagic = 0x53373630;
inline constexpr std::uint32_t kMostStatusEntries = 4096;

enum class ModemState : std::uint32_t { kPortClosed, kOff, kStarting, kUp };

template <std::size_t Size>
using Text = std::array<char, Size>;

template <std::size_t Size>
void set_text(Text<Size>& to, std::string_view from) {
  to.fill('\0');
  from.substr(0, Size - 1).copy(to.data(), Size - 1);
}
template <std::size_t Size>
std::string_view text_of(const Text<Size>& text) {
  return std::string_view(text.data(), Size)
      .substr(0, std::string_view(text.data(), Size).find('\0'));
}

struct StatusHead {
  std::uint32_t magic = kStatusMagic;
  std::uint32_t version = kVersion;
  std::uint32_t links = 0;    // how many StatusLinks follow
  std::uint32_t servers = 0;  // how many StatusServers follow them
  std::int32_t engine_pid = 0;
  ModemState modem = ModemState::kPortClosed;
  std::uint32_t address = 0;  // the PDP address; 0: none
  std::uint32_t uptime = 0;   // of the engine, in seconds
  std::uint32_t sockets = 0;  // that programs hold, with those that are not connected
  std::uint32_t waiting = 0;  // connections that wait for a free link
  Text<128> port{};           // the device
  Text<128> obstacle{};       // what the module is waited for
  // As the module put them; empty when it said nothing.
  Text<64> model{};
  Text<64> firmware{};
  Text<64> network_operator{};
  std::int32_t signal = -1;        // CSQ's <rssi>, 0-31, 99 unknown; -1: not asked
  std::int32_t error_rate = -1;    // CSQ's <ber>
  std::int32_t registration = -1;  // CREG's <stat>
  std::uint64_t commands = 0;
  std::uint64_t errors = 0;
  std::uint64_t retries = 0;
  std::uint64_t resets = 0;
  std::uint64_t checks = 0;
  std::uint64_t restarts = 0;
  std::uint64_t networks_lost = 0;
  std::uint64_t lines_lost = 0;
  std::uint64_t failed_bringups = 0;
  std::uint64_t module_resets = 0;
  std::uint64_t dropped = 0;  // datagrams that a program did not read in time
  std::uint64_t refused = 0;  // calls turned down by a limit or for want of permission
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_bytes = 0;
};

struct StatusLink {
  std::int32_t link = -1;  // -1: none (yet, or any more)
  std::int32_t type = 0;   // SOCK_STREAM, SOCK_DGRAM
  SocketState state = SocketState::kIdle;
  std::uint32_t peer_ip = 0;
  std::uint32_t local_ip = 0;
  std::uint16_t peer_port = 0;
  std::uint16_t local_port = 0;
  std::int32_t pid = 0;  // who made the socket
  std::uint32_t uid = 0;
  Text<16> program{};
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_bytes = 0;
  std::uint32_t rx_rate = 0;  // bytes per second, of late
  std::uint32_t tx_rate = 0;
  std::uint32_t rx_queued = 0;  // received, not read by the program
  std::uint32_t tx_queued = 0;  // written by the program, not sent
  std::uint32_t age = 0;        // seconds since the connection was begun
  std::uint32_t unused = 0;
};

struct StatusServer {
  std::int32_t server = -1;
  std::int32_t pid = 0;
  std::uint32_t uid = 0;
  std::uint16_t port = 0;
  std::uint16_t unused = 0;
  Text<16> program{};
};

struct Status {
  StatusHead head;
  std::vector<StatusLink> links;
  std::vector<StatusServer> servers;
};

// A sealed file that holds `status`; `head.links` and `head.servers` are filled in.
Result<UniqueFd> write_status(Status status);
// EPROTO for a file that is of another version, or not of the size that its head gives.
Result<Status> read_status(int fd);

// A sealed file of plain text, and back; at most 1 MiB.
Result<UniqueFd> write_text(std::string_view text);
Result<std::string> read_text(int fd);

}  // namespace a7600::wire
