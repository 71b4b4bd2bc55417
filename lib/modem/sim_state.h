// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace a7600::modem {

// What keeps a SIM from being used, as AT+CPIN?'s error says it.
enum class SimState {
  kUnclear,  // an error without a name
  kAbsent,
  kPin,
  kPuk,
  kFailed,
  kBusy,
};

// From "+CME ERROR: <err>", 3GPP TS 27.007 chapter 9.2.1: the number, or the words.
SimState sim_state(std::optional<int> err, std::string_view words);

// What it means and what to do about it.
std::string sim_text(SimState state);

}  // namespace a7600::modem
