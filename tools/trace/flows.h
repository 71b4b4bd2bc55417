// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/ipv4.h"
#include "trace/record.h"

namespace a7600::tracer {

// Which socket a packet belongs to, by what the trace has told of sockets before it.
class Flows {
 public:
  // REQUIRES: `record` has the socket's addresses.
  void add(const trace::Record& record);
  // The latest that had these ends; of UDP's the local port is enough.
  std::optional<std::uint32_t> socket(bool udp, const Endpoint& local, const Endpoint& peer) const;
  // For a trace without end.
  void forget_if_many();

 private:
  std::map<std::pair<Endpoint, Endpoint>, std::uint32_t> tcp_;  // local, peer
  std::map<std::uint16_t, std::uint32_t> udp_;                  // local port
};

}  // namespace a7600::tracer
