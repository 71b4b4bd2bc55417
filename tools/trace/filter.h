// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "trace/reader.h"

namespace a7600::tracer {

// What -e chooses. Nothing chosen: everything is shown.
class Filter {
 public:
  // "call=NAME,…", "link=N,…", "at", "urc". False for anything else.
  bool add(const std::string& expression);

  bool shows_call(const trace::Record& record) const;
  bool shows_command(int link) const { return shows(at_) && on_link(link); }
  bool shows_urc(int link) const { return shows(urc_) && on_link(link); }
  // What a connection carries and its states.
  bool shows_link(int link) const { return !kinds_ && on_link(link); }
  bool shows_rest() const { return !kinds_ && links_.empty(); }

 private:
  bool shows(bool kind) const { return !kinds_ || kind; }
  bool on_link(int link) const { return links_.empty() || links_.count(link) > 0; }

  bool kinds_ = false;  // one of the three was named
  bool at_ = false;
  bool urc_ = false;
  std::set<std::string, std::less<>> calls_;
  std::set<int> links_;
};

// The name of the call that a record is about: "connect" of "connect(3, …)".
std::string_view call_name(const trace::Record& record);

}  // namespace a7600::tracer
