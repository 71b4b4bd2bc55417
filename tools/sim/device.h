// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace a7600::sim {

// A PDP context as AT+CGDCONT and AT+CGAUTH define it.
struct Context {
  bool defined = false;
  std::string type;
  std::string apn;
  std::string login;  // USER:PASSWORD
};

// The module apart from its TCP/IP: SIM, registration, and what ordinary commands set.
struct Device {
  enum class Sim { kReady, kPinRequired, kPukRequired, kMissing, kFailed };

  static constexpr int kContexts = 15;

  Sim sim = Sim::kReady;
  std::string pin = "1234";
  int pin_tries = 3;
  bool pin_entered = false;

  int registration =
      1;  // 27.007's <stat>: 0 not registered, 1 home, 2 searching, 3 denied, 5 roaming
  int creg_mode = 0;
  int cgreg_mode = 0;
  int cereg_mode = 0;
  int signal = 25;
  int functionality = 1;  // CFUN

  int cmee = 0;
  int dtr_mode = 1;          // AT&D
  bool connect_text = true;  // ATX: CONNECT shows the rate
  int dce_flow = 0;
  int dte_flow = 0;
  std::array<Context, kContexts> contexts;  // of <cid> 1 to 15

  bool registered() const {
    return functionality == 1 && sim == Sim::kReady && (registration == 1 || registration == 5);
  }
};

}  // namespace a7600::sim
