// SPDX-License-Identifier: MIT
// Fact: with default buffers a 1500-byte MSG_DONTWAIT send on a stream pair is taken whole or
// refused with EAGAIN, never cut, also when the reader takes odd amounts in between: the engine can
// hand over one modem payload at a time and keep a refused one as it is. POLLOUT ends long before
// EAGAIN does (at a quarter of the buffer, counting the kernel's overhead), and comes back only
// below that, so a refused sender wakes to a lot of room. How much fits is the kernel's business
// and only printed; what is asserted is room for 16 payloads, and that poll never promises in vain.
// Relied on by: lib/engine (pump).
// Seen on: 5.10, 6.1, 6.18.
#include "pairs.h"

using namespace platform;

namespace {

constexpr long kPayload = 1500;  // the most that one AT+CIPRXGET or AT+CIPSEND carries

struct Capacity {
  int writable;  // payloads until POLLOUT goes
  int taken;     // payloads until EAGAIN
  int returned;  // payloads still queued when POLLOUT comes back
};

// True when taken whole.
bool offer(int fd) {
  static const char payload[kPayload] = {};
  const bool promised = (bits(fd) & POLLOUT) != 0;
  const ssize_t result = ::send(fd, payload, kPayload, MSG_DONTWAIT);
  if (result < 0 && errno == EAGAIN && !promised) return false;
  expect_result("a 1500-byte send", result, kPayload);
  return true;
}

Capacity measure(const Pair& pair) {
  Capacity capacity{0, 0, 0};
  while (true) {
    const bool promised = (bits(pair.engine) & POLLOUT) != 0;
    if (!offer(pair.engine)) break;
    ++capacity.taken;
    if (promised) ++capacity.writable;
  }
  char payload[kPayload];
  capacity.returned = capacity.taken;
  while ((bits(pair.engine) & POLLOUT) == 0) {
    expect_result("recv", ::recv(pair.app, payload, kPayload, MSG_DONTWAIT), kPayload);
    --capacity.returned;
  }
  return capacity;
}

// Whole or not at all at every fill level: drain odd amounts, offer again.
void never_cut(const Pair& pair) {
  char some[4096];
  for (size_t turn = 0; turn < 3000; ++turn) {
    while (offer(pair.engine)) continue;
    ok(::recv(pair.app, some, 1 + turn * 37 % sizeof some, MSG_DONTWAIT), "recv");
  }
}

}  // namespace

int main() {
  begin();
  const Pair pair = unix_pair();
  const Capacity capacity = measure(pair);
  if (capacity.writable < 16 || capacity.taken < capacity.writable) {
    fail("%d payloads until POLLOUT goes, %d until EAGAIN", capacity.writable, capacity.taken);
  }
  never_cut(pair);
  std::printf("payloads of 1500: POLLOUT goes after %d, EAGAIN after %d, POLLOUT returns at %d\n",
              capacity.writable, capacity.taken, capacity.returned);
}
