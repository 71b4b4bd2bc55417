// SPDX-License-Identifier: MIT
#include "delivery.h"

#include <algorithm>
#include <utility>

#include "text.h"

namespace a7600::sim {
namespace {

// The most that one URC of direct push mode carries (manual 2.5, note 3).
constexpr std::size_t kMaxPush = 1500;

}  // namespace

Delivery::Delivery(Loop& loop, const Settings& settings, const Profile& profile, Outlets& outlets,
                   Faults& faults, Links& links)
    : settings_(settings), profile_(profile), outlets_(outlets), faults_(faults), links_(links) {
  for (std::size_t i = 0; i < delays_.size(); ++i) {
    delays_[i] = std::make_unique<Timer>(loop, [this, i] { push(*links_[i]); });
  }
}

// Transparent mode is link 0's (manual 1.2).
bool Delivery::transparent(const Link& link) const {
  return settings_.mode == 1 && link.number() == 0;
}

void Delivery::arrived(Link& link, bool was_empty) {
  if (transparent(link)) {
    if (&link == data_link_) pass(link);
  } else if (settings_.rx_mode == 0) {
    if (settings_.delay == 0) return push(link);
    Timer& delay = *delays_[index(link)];
    if (!delay.armed()) delay.after(std::chrono::milliseconds(settings_.delay));
  } else if (was_empty) {
    tell_data(link);
  }
}

void Delivery::tell_data(const Link& link) {
  Text text;
  text << "+CIPRXGET: 1," << link.number();
  if (!faults_.happens(Fault::kMissDataUrc)) outlets_.urc(link.number(), text);
  if (faults_.happens(Fault::kRepeatDataUrc)) outlets_.urc(link.number(), text);
}

void Delivery::ended(Link& link) {
  const bool pushed = transparent(link) || settings_.rx_mode == 0;
  end_due_[index(link)] = true;
  if (!pushed || link.received().empty()) tell_end(link);
}

void Delivery::tell_end(Link& link) {
  if (!std::exchange(end_due_[index(link)], false)) return;
  if (&link == data_link_) on_data_ended();
  Text text;
  text << "+IPCLOSE: " << link.number() << ',' << static_cast<int>(CloseReason::kByRemote);
  outlets_.urc(link.number(), text);
}

void Delivery::forget(const Link& link) {
  end_due_[index(link)] = false;
  delays_[index(link)]->cancel();
}

bool Delivery::may_push(const Link& link) const {
  const Outlet& outlet = outlets_.of(link.number());
  const bool held = outlet.out.holding() && !(outlet.payload_awaited && profile_.pushes_in_payload);
  return !link.received().empty() && outlet.line.room() && !held &&
         !delays_[static_cast<std::size_t>(link.number())]->armed();
}

void Delivery::push(Link& link) {
  while (may_push(link)) push_once(link);
  if (link.received().empty()) tell_end(link);
}

void Delivery::push_once(Link& link) {
  const bool udp = link.type() == Link::Type::kUdp;
  const Endpoint from = udp ? link.datagram().from : link.peer();
  const std::size_t whole = udp ? link.datagram().left : link.received().size();
  const std::size_t count = std::min(kMaxPush, whole);
  Text header;
  header << profile_.line_end;
  if (settings_.srip != 0) header << "RECV FROM:" << from << profile_.line_end;
  if (settings_.head != 0) {
    if (settings_.header_type == 0 || !profile_.obeys_header_type) {
      header << "+IPD" << count << profile_.line_end;
    } else {
      header << "+RECEIVE," << link.number() << ',' << count << profile_.receive_end;
    }
  }
  last_pushed_ = link.number();
  const Outlet& outlet = outlets_.of(link.number());
  outlet.out.seam(Seam::kBeforeLine);
  outlet.line.write(header);
  for (const std::string_view piece : link.received().front(count)) outlet.line.write(piece);
  link.drop(count);
}

// Data as it is, in data mode.
void Delivery::pass(Link& link) {
  constexpr std::size_t kPiece = 4096;
  while (!link.received().empty() && data_line_->room()) {
    const std::size_t count = std::min(kPiece, link.received().size());
    for (const std::string_view piece : link.received().front(count)) data_line_->write(piece);
    link.drop(count);
  }
  if (link.received().empty()) tell_end(link);
}

void Delivery::pump() {
  if (data_link_ != nullptr) return pass(*data_link_);
  if (settings_.rx_mode != 0) return;
  for (int i = 1; i <= kLinks; ++i) {
    Link& link = *links_[static_cast<std::size_t>((last_pushed_ + i) % kLinks)];
    if (transparent(link) || link.received().empty() || !may_push(link)) continue;
    push_once(link);
    if (link.received().empty()) tell_end(link);
    i = 0;
  }
}

void Delivery::mode_changed() {
  for (auto& link : links_) {
    if (!link->received().empty() && !transparent(*link)) arrived(*link, true);
    if (settings_.rx_mode == 1) tell_end(*link);
  }
}

void Delivery::start_data(Link& link, Outlet& outlet) {
  data_link_ = &link;
  data_line_ = &outlet.line;
  pass(link);
}

}  // namespace a7600::sim
