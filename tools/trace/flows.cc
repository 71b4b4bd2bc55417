// SPDX-License-Identifier: MIT
#include "flows.h"

namespace a7600::tracer {
namespace {

constexpr std::size_t kMost = 100'000;

}  // namespace

void Flows::add(const trace::Record& record) {
  if (record.udp) {
    udp_[record.local.port] = record.socket;
  } else {
    tcp_[{record.local, record.peer}] = record.socket;
  }
}

std::optional<std::uint32_t> Flows::socket(bool udp, const Endpoint& local,
                                           const Endpoint& peer) const {
  if (udp) {
    const auto found = udp_.find(local.port);
    if (found != udp_.end()) return found->second;
  } else {
    const auto found = tcp_.find({local, peer});
    if (found != tcp_.end()) return found->second;
  }
  return std::nullopt;
}

void Flows::forget_if_many() {
  if (tcp_.size() > kMost) tcp_.clear();
}

}  // namespace a7600::tracer
