// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "rig.h"

// What the tests of two AT channels share.
namespace a7600::test {

inline const Script kSideUp = {{"AT", "OK"}, {"ATE0", "OK"}};

// With the network up and both channels ready; connection 1 on link 9, connection 2 on link 8.
inline Rig& both_connected(Rig& rig) {
  rig.has_second_port = true;
  rig.bring_up();
  rig.play_side(kSideUp);
  rig.connect(1, 9);
  rig.connect(2, 8);
  return rig;
}

inline std::string payload(int link, const std::string& bytes, int rest = 0) {
  return "\r\n+CIPRXGET: 2," + std::to_string(link) + "," + std::to_string(bytes.size()) + "," +
         std::to_string(rest) + "\r\n" + bytes + "\r\n\r\nOK\r\n";
}

inline std::string send_command(int link, const std::string& bytes) {
  return "AT+CIPSEND=" + std::to_string(link) + "," + std::to_string(bytes.size());
}

inline std::string sent(int link, std::size_t size) {
  const std::string count = std::to_string(size);
  return "OK|+CIPSEND: " + std::to_string(link) + "," + count + "," + count;
}

// A send over the second channel, not answered yet.
inline void send_aside(Rig& rig, int link, const std::string& bytes) {
  rig.expect_side(send_command(link, bytes));
  rig.raw_side("\r\n>");
  rig.expect_side_bytes(bytes);
}

// A send over each channel at a time: connection 1's over the first, which asks for the payload,
// and connection 2's over the second, which has it.
inline void send_over_both(Rig& rig) {
  rig.write(1, "one");
  rig.write(2, "two");
  rig.expect(send_command(9, "one"));
  send_aside(rig, 8, "two");
}

// The first channel's send goes on to its end.
inline void finish_first_send(Rig& rig) {
  rig.raw("\r\n>");
  rig.expect_bytes("one");
  rig.say(sent(9, 3));
}

// A read over each channel at a time: connection 1's over the second, connection 2's over the
// first.
inline void read_over_both(Rig& rig) {
  rig.say("+CIPRXGET: 1,9|+CIPRXGET: 1,8");
  rig.expect("AT+CIPRXGET=2,8");
  rig.expect_side("AT+CIPRXGET=2,9");
}

}  // namespace a7600::test
