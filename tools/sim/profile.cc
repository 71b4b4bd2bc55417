// SPDX-License-Identifier: MIT
#include "profile.h"

namespace a7600::sim {
namespace {

// [HW] in some order, after a NUL byte.
constexpr std::string_view kManualBoot[] = {"RDY", "+CPIN: READY", "SMS DONE", "PB DONE"};
constexpr std::string_view kA7670Boot[] = {
    "*ATREADY: 1",          "*ISIMAID: \"A0000000871004FF49FF0589\"",
    "+CPIN: READY",         "SMS DONE",
    "+CGEV: EPS PDN ACT 1", "PB DONE"};
constexpr std::string_view kSim7600Boot[] = {"RDY", "+CPIN: READY", "SMS DONE", "PB DONE"};

constexpr Profile kProfiles[] = {
    {.name = "manual",
     .meaning = "the manual to the letter",
     .model = "A7600C-L",
     .revision = "A7600C-L_V1.00",
     .line_end = "\r\n",
     .prompt = "\r\n>",
     .after_data = "\r\n",
     .receive_end = "\r\n",
     .send_test = "AT+CIPSEND: (0-9),(1-1500)",
     .net_state_more = "",
     .closed_link_more = "",
     .net_open = Order::kOkAtOnce,
     .net_close = Order::kOkAtOnce,
     .tcp_open = Order::kOkAtOnce,
     .tcp_close = Order::kOkAtOnce,
     .udp_open = Order::kResultThenOk,
     .udp_close = Order::kResultThenOk,
     .server_stop = Order::kResultThenOk,
     .all_addresses = false,
     .address_behind_ok = false,
     .obeys_header_type = true,
     .names_sender = false,
     .pushes_in_payload = true,
     .tells_net_close = false,
     .boot_lines = kManualBoot},
    {.name = "a7670",
     .meaning = "as reported of A7670 modules: failures end with ERROR, a space after the prompt, "
                "all of a name's addresses, CIPRXGET=5",
     .model = "A7670E-FASE",
     .revision = "A7670M7_V1.11.1",
     .line_end = "\r\n",
     .prompt = "\r\n> ",
     .after_data = "\r\n",
     .receive_end = "\r\n",
     .send_test = "+CIPSEND: (0-9),(1-1500)",
     .net_state_more = "",
     .closed_link_more = "",
     .net_open = Order::kOkAtOnce,
     .net_close = Order::kOkAtOnce,
     .tcp_open = Order::kOkThenResult,
     .tcp_close = Order::kOkAtOnce,
     .udp_open = Order::kResultThenOk,
     .udp_close = Order::kOkAtOnce,
     .server_stop = Order::kOkAtOnce,
     .all_addresses = true,
     .address_behind_ok = false,
     .obeys_header_type = true,
     .names_sender = true,
     .pushes_in_payload = true,
     .tells_net_close = false,
     .boot_lines = kA7670Boot},
    {.name = "sim7600",
     .meaning =
         "as reported of SIM7600 modules: results before OK, a line end after the prompt, no "
         "blank line after data, a colon in +RECEIVE, +IPCLOSE at NETCLOSE",
     .model = "SIMCOM_SIM7600E-H",
     .revision = "SIM7600M22_V2.0.1",
     .line_end = "\r\n",
     .prompt = "\r\n>\r\n",
     .after_data = "",
     .receive_end = ":\r\n",
     .send_test = "+CIPSEND: (0-9),(1-1500)",
     .net_state_more = "",
     .closed_link_more = "",
     .net_open = Order::kResultThenOk,
     .net_close = Order::kResultThenOk,
     .tcp_open = Order::kResultThenOk,
     .tcp_close = Order::kResultThenOk,
     .udp_open = Order::kOkAtOnce,
     .udp_close = Order::kResultThenOk,
     .server_stop = Order::kOkAtOnce,
     .all_addresses = false,
     .address_behind_ok = false,
     .obeys_header_type = true,
     .names_sender = false,
     .pushes_in_payload = false,
     .tells_net_close = true,
     .boot_lines = kSim7600Boot},
    {.name = "odd",
     .meaning =
         "what no one module is reported to do together: CR CR LF, OK before every result, two "
         "numbers for NETOPEN?, empty fields for closed links, HeaderType taken without effect",
     .model = "A7608E-H",
     .revision = "A7608M11_V1.0",
     .line_end = "\r\r\n",
     .prompt = ">",
     .after_data = "",
     .receive_end = "\r\r\n",
     .send_test = "+CIPSEND: (0-9),(1-1500)",
     .net_state_more = ",0",
     .closed_link_more = ",\"\",\"\",,",
     .net_open = Order::kOkAtOnce,
     .net_close = Order::kOkAtOnce,
     .tcp_open = Order::kOkAtOnce,
     .tcp_close = Order::kOkAtOnce,
     .udp_open = Order::kOkAtOnce,
     .udp_close = Order::kOkAtOnce,
     .server_stop = Order::kOkAtOnce,
     .all_addresses = true,
     .address_behind_ok = true,
     .obeys_header_type = false,
     .names_sender = false,
     .pushes_in_payload = true,
     .tells_net_close = false,
     .boot_lines = kSim7600Boot},
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
