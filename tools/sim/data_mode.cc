// SPDX-License-Identifier: MIT
#include "data_mode.h"

#include <algorithm>
#include <utility>

namespace a7600::sim {
namespace {

constexpr std::size_t kMaxDatagram = 1500;
// The manual doesn't say what ends a datagram; this is longer than a byte takes at 300 baud.
constexpr Milliseconds kPause{40};
constexpr std::string_view kPluses = "+++";

}  // namespace

DataMode::DataMode(Loop& loop, Stack& stack)
    : loop_(loop),
      stack_(stack),
      escape_timer_(loop,
                    [this] {
                      const Escape::Outcome outcome = escape_.expire();
                      if (outcome.escape) {
                        on_escape();
                      } else {
                        send(kPluses.substr(0, outcome.held));
                      }
                    }),
      datagram_timer_(loop, [this] { send_datagram(); }) {}

void DataMode::start(Link& link) {
  link_ = &link;
  escape_.start(loop_.now());
}

void DataMode::stop() {
  send_datagram();
  link_ = nullptr;
  escape_timer_.cancel();
}

bool DataMode::input(std::string_view bytes) {
  const Escape::Data data = escape_.take(loop_.now(), bytes);
  if (data.held > 0) send(kPluses.substr(0, data.held));
  if (data.bytes) send(bytes);
  if (const auto deadline = escape_.deadline()) {
    escape_timer_.at(*deadline);
  } else {
    escape_timer_.cancel();
  }
  return link_ == nullptr || link_->taken();
}

void DataMode::send(std::string_view bytes) {
  if (link_ == nullptr || !link_->open() || bytes.empty()) return;
  if (link_->type() == Link::Type::kTcp) return link_->send(bytes);
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kMaxDatagram - datagram_.size());
    datagram_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (datagram_.size() == kMaxDatagram) send_datagram();
  }
  if (!datagram_.empty()) datagram_timer_.after(kPause);
}

void DataMode::send_datagram() {
  datagram_timer_.cancel();
  const std::string bytes = std::exchange(datagram_, {});
  if (bytes.empty() || link_ == nullptr || !link_->open()) return;
  stack_.send_data(*link_, bytes, link_->peer());
}

}  // namespace a7600::sim
