// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace a7600::seccomp {

// A program that is about to become a static one gives its filter's listener to the supervisor of
// `a7600 run`. 0 or an errno: ECONNREFUSED when there is none.
int hand_over(const std::string& supervisor, int listener);

// The supervisor's side.
class Receptionist {
 public:
  // `address`: "@…", free.
  static Result<Receptionist> open(const std::string& address);

  // Descriptors to be polled for input, and then taken care of by take().
  const std::vector<UniqueFd>& watched() const { return watched_; }
  // The listeners that have come; never blocks. Only processes of this one's user and root are
  // heard.
  std::vector<UniqueFd> take();

 private:
  explicit Receptionist(UniqueFd listening) { watched_.push_back(std::move(listening)); }

  std::vector<UniqueFd> watched_;  // the socket that listens, and connections still silent
};

}  // namespace a7600::seccomp
