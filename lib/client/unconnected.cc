// SPDX-License-Identifier: MIT
#include "client/unconnected.h"

#include <array>
#include <atomic>
#include <cstdint>

#include "client/call.h"
#include "client/runtime.h"
#include "wire/message.h"

namespace a7600::client {
namespace {

constexpr int kBits = 64;
// Programs with more descriptors than this are servers, whose sockets are connected.
constexpr int kNoted = 4096;

constinit std::array<std::atomic<std::uint64_t>, kNoted / kBits> notes{};

bool may_be_noted(int fd) { return fd >= 0 && fd < kNoted; }
std::atomic<std::uint64_t>& word(int fd) { return notes[static_cast<std::size_t>(fd / kBits)]; }
std::uint64_t bit(int fd) { return std::uint64_t{1} << (fd % kBits); }

}  // namespace

void note_unconnected(int fd) {
  // Another program's descriptor has another number there.
  if (Runtime::get().on_behalf() != nullptr) return;
  if (may_be_noted(fd)) word(fd).fetch_or(bit(fd), std::memory_order_relaxed);
}

void forget_unconnected(int fd) {
  if (may_be_noted(fd)) word(fd).fetch_and(~bit(fd), std::memory_order_relaxed);
}

bool is_unconnected(int fd) {
  if (!may_be_noted(fd) || (word(fd).load(std::memory_order_relaxed) & bit(fd)) == 0) return false;
  const auto identity = identify(fd);
  const bool is_so = identity && !identity->is_datagram && is_unconnected(fd, *identity);
  // It may be another socket by now.
  if (!is_so) forget_unconnected(fd);
  return is_so;
}

bool is_unconnected(int fd, const Identity& identity) {
  const auto state = state_of(fd, identity.engine);
  return state == wire::SocketState::kIdle || state == wire::SocketState::kListening;
}

}  // namespace a7600::client
