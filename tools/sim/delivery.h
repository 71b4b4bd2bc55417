// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "errors.h"
#include "faults.h"
#include "link.h"
#include "loop.h"
#include "outlets.h"
#include "profile.h"
#include "settings.h"

namespace a7600::sim {

// How what the links have received reaches the host.
//
// Buffer access (CIPRXGET 1): "+CIPRXGET: 1,n" when a buffer stops being empty; the host asks for
// the rest. Direct push (0): at most 1500 bytes at a time, as the line takes them, with the headers
// that CIPSRIP, CIPHEAD and CIPCCFG's <HeaderType> ask for. Transparent: link 0's bytes as they
// are, while the line is in data mode. "+IPCLOSE" follows the last byte that is pushed; in buffer
// access it comes at once, and the rest stays to be read.
class Delivery {
 public:
  using Links = std::array<std::unique_ptr<Link>, kLinks>;

  Delivery(Loop& loop, const Settings& settings, const Profile& profile, Outlets& outlets,
           Faults& faults, Links& links);

  void arrived(Link& link, bool was_empty);
  // The peer has ended the link.
  void ended(Link& link);
  // The link has been closed or opened anew: an end that was still to be told isn't any more.
  void forget(const Link& link);
  // Sends what is to be pushed, as far as the lines have room. Called when one has room again, and
  // when result codes are no longer held.
  void pump();
  // The host has set another CIPRXGET mode.
  void mode_changed();

  // Data mode: the line of this port belongs to this link.
  void start_data(Link& link, Outlet& outlet);
  void stop_data() { data_link_ = nullptr; }
  bool data() const { return data_link_ != nullptr; }
  // Called when the link in data mode has ended and its last byte has gone.
  std::function<void()> on_data_ended;

 private:
  bool transparent(const Link& link) const;
  bool may_push(const Link& link) const;
  void push(Link& link);
  void push_once(Link& link);
  void pass(Link& link);
  void tell_data(const Link& link);
  void tell_end(Link& link);
  std::size_t index(const Link& link) const { return static_cast<std::size_t>(link.number()); }

  const Settings& settings_;
  const Profile& profile_;
  Outlets& outlets_;
  Faults& faults_;
  Links& links_;
  Link* data_link_ = nullptr;
  Line* data_line_ = nullptr;
  int last_pushed_ = 0;  // links with much to push take turns
  std::array<bool, kLinks> end_due_{};
  std::array<std::unique_ptr<Timer>, kLinks> delays_;  // CIPCCFG's <DelayTm>
};

}  // namespace a7600::sim
