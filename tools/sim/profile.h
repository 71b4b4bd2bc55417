// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace a7600::sim {

// Where a command's final result stands beside the line with its <err>. A failure that is known
// before the OK is that line and ERROR in every order.
enum class Order {
  kOkAtOnce,      // OK, and the line when it is known: a failure has its OK as well
  kOkThenResult,  // both when it is known, OK first; a failure is the line and ERROR
  kResultThenOk,  // both when it is known, the line first; a failure is the line and ERROR
};

// How one firmware differs from another where the manual is silent, contradicts itself, or is not
// obeyed: the code asks the profile, and a new firmware is a new row in profile.cc.
struct Profile {
  std::string_view name;
  std::string_view meaning;
  std::string_view model;
  std::string_view revision;
  std::string_view line_end;          // CR LF
  std::string_view prompt;            // CIPSEND's, framing included
  std::string_view after_data;        // between CIPRXGET's data and the final OK
  std::string_view receive_end;       // of "+RECEIVE,<link>,<length>", before the data
  std::string_view send_test;         // the answer to AT+CIPSEND=?
  std::string_view net_state_more;    // behind the state in the answer to AT+NETOPEN?
  std::string_view closed_link_more;  // behind the number of a closed link, AT+CIPOPEN?
  Order net_open;
  Order net_close;
  Order tcp_open;
  Order tcp_close;
  Order udp_open;
  Order udp_close;
  Order server_stop;
  bool all_addresses;      // CDNSGIP answers a line for each address
  bool address_behind_ok;  // and says OK before it
  bool obeys_header_type;  // CIPCCFG's HeaderType has an effect
  bool names_sender;       // CIPRXGET=5: a datagram with its sender
  bool pushes_in_payload;  // pushed data comes also while a CIPSEND's payload is awaited
  bool tells_net_close;    // +IPCLOSE: n,0 for each link that a NETCLOSE ends
  std::span<const std::string_view> boot_lines;
};

// Null if there is none of that name.
const Profile* find_profile(std::string_view name);
std::span<const Profile> profiles();

}  // namespace a7600::sim
