// SPDX-License-Identifier: MIT
//
// close(2), which is the kernel's but for two kinds of sockets: datagram sockets, since nothing
// else tells the engine at once that one is gone, and those that linger.
#include <atomic>

#include "base/sys.h"
#include "client/call.h"
#include "client/client.h"
#include "client/datagram.h"
#include "client/identity.h"
#include "client/unconnected.h"

namespace a7600::client {
namespace {

// Set once such a socket was made here or in a parent: until then close(2) need not look. A new
// program that exec has put in this one's place starts without; there a socket that lingers is sent
// to its end all the same, but close does not wait for it.
std::atomic<bool> g_has_datagrams{false};
std::atomic<bool> g_has_lingering{false};

int close_datagrams(int fd) {
  const wire::UnixAddress name = own_name(fd);
  const int result = sys::close(fd);
  datagram_closed(name);
  return result;
}

// Waits as long as the engine finds that there is something to wait for. An engine that is gone,
// and a signal, end it as well; the descriptor is closed in any case.
std::optional<int> close_stream(int fd, const wire::UnixAddress& engine) {
  Call call;
  call.request.op = wire::Op::kLinger;
  call.descriptor = fd;
  call.closes_descriptor = true;
  call.wait = Call::Wait::kLikeConnect;
  call.run(engine);
  if (!call.descriptor_closed) return std::nullopt;
  return 0;
}

}  // namespace

void note_datagrams() { g_has_datagrams.store(true, std::memory_order_relaxed); }
bool has_datagrams() { return g_has_datagrams.load(std::memory_order_relaxed); }
void note_lingering() { g_has_lingering.store(true, std::memory_order_relaxed); }

std::optional<int> close(int fd) {
  forget_unconnected(fd);
  const bool datagrams = has_datagrams();
  const bool lingering = g_has_lingering.load(std::memory_order_relaxed);
  if (!datagrams && !lingering) return std::nullopt;
  const auto identity = identify(fd);
  if (!identity) return std::nullopt;
  if (identity->is_datagram) return close_datagrams(fd);
  if (!lingering) return std::nullopt;
  return close_stream(fd, identity->engine);
}

}  // namespace a7600::client
