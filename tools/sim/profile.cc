// SPDX-License-Identifier: MIT
#include "profile.h"

namespace a7600::sim {
namespace {

constexpr Profile kProfiles[] = {
    {.name = "manual",
     .meaning = "the manual to the letter",
     .model = "A7600C-L",
     .revision = "A7600C-L_V1.00",
     .prompt = "\r\n>",
     .after_data = "\r\n",
     .receive_end = "\r\n"},
};

}  // namespace

const Profile* find_profile(std::string_view name) {
  for (const Profile& profile : kProfiles) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

std::span<const Profile> profiles() { return kProfiles; }

}  // namespace a7600::sim
