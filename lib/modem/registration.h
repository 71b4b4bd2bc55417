// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace a7600::modem {

// <stat> of AT+CREG, CGREG and CEREG, 3GPP TS 27.007 chapter 7.2.

// At home or roaming; 9 and 10 are the same, with calls of little use.
constexpr bool is_registered(int stat) { return stat == 1 || stat == 5 || stat == 9 || stat == 10; }

// As half a sentence; -1: the module has not said.
std::string_view registration_text(int stat);

}  // namespace a7600::modem
