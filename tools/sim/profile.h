// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace a7600::sim {

// How one firmware differs from another where the manual is silent, contradicts itself, or is not
// obeyed: the code asks the profile, and a new firmware is a new row in profile.cc.
struct Profile {
  std::string_view name;
  std::string_view meaning;
  std::string_view model;
  std::string_view revision;
  std::string_view prompt;       // CIPSEND's, framing included
  std::string_view after_data;   // between CIPRXGET's data and the final OK
  std::string_view receive_end;  // of "+RECEIVE,<link>,<length>", before the data
};

// Null if there is none of that name.
const Profile* find_profile(std::string_view name);
std::span<const Profile> profiles();

}  // namespace a7600::sim
