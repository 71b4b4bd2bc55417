// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "rig.h"

// What the tests of direct push mode share.
namespace a7600::test {

inline constexpr const char* kConfig = "+CIPCCFG: 10,0,0,1,0,0,500|OK";
inline constexpr const char* kNamed = "+CIPCCFG: 10,0,0,1,1,0,500|OK";

// From the first question to pushing.
inline const Script kSetUp = {{"AT+CIPCCFG?", kConfig},
                              {"AT+CIPCCFG=10,0,0,1,1,0,500", "OK"},
                              {"AT+CIPCCFG?", kNamed},
                              {"AT+CIPHEAD?", "+CIPHEAD: 1|OK"},
                              {"AT+CIPSRIP?", "+CIPSRIP: 0|OK"},
                              {"AT+CIPSRIP=1", "OK"},
                              {"AT+CIPRXGET=0", "OK"}};

inline void push(Rig& rig, int link, const std::string& payload) {
  rig.raw("\r\n+RECEIVE," + std::to_string(link) + "," + std::to_string(payload.size()) + "\r\n" +
          payload);
}

inline void push_from(Rig& rig, const std::string& peer, const std::string& payload) {
  rig.raw("\r\nRECV FROM:" + peer + "\r\n+IPD" + std::to_string(payload.size()) + "\r\n" + payload);
}

inline Rig& up(Rig& rig, modem::PushPolicy policy, const Script& set_up) {
  rig.modem.set_push_policy(policy);
  rig.resolve(999, "bring.up");
  rig.play(whole_bringup() + set_up);
  rig.play({{"AT+CDNSGIP=\"bring.up\"", "+CDNSGIP: 0,10|ERROR"}});
  rig.events();
  return rig;
}

// Connection 1 on link 9 has read its first chunk; push is what the policy makes of that.
inline void begin_download(Rig& rig, int rest = 6) {
  rig.modem.set_push_policy(modem::PushPolicy::kAuto);
  rig.bring_up();
  rig.connect(1, 9);
  rig.say("+CIPRXGET: 1,9");
  rig.expect("AT+CIPRXGET=2,9");
  rig.say_payload(9, "first ", rest);
}

// Connection 1 on link 9, connection 2 on link 8, the module pushing with a header that it has
// agreed to but not yet shown.
inline Rig& agreed(Rig& rig) {
  up(rig, modem::PushPolicy::kAlways, kSetUp);
  rig.connect(1, 9);
  rig.connect(2, 8);
  return rig;
}

// The same, its header seen.
inline Rig& pushing(Rig& rig) {
  push(agreed(rig), 3, "nobody's");
  rig.play({{"AT+CIPSRIP=0", "OK"}});
  return rig;
}

}  // namespace a7600::test
