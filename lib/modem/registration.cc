// SPDX-License-Identifier: MIT
#include "modem/registration.h"

namespace a7600::modem {

std::string_view registration_text(int stat) {
  switch (stat) {
    case 0:
      return "not registered and not searching";
    case 1:
    case 9:
      return "registered";
    case 2:
      return "searching for a network";
    case 3:
      return "registration denied";
    case 5:
    case 10:
      return "registered, roaming";
    case 6:
    case 7:
      return "registered for short messages only";
    case 8:
    case 11:
      return "registered for emergency calls only";
    default:
      return "registration unknown";
  }
}

}  // namespace a7600::modem
