// SPDX-License-Identifier: MIT
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "loop.h"
#include "modem.h"

namespace a7600::sim {

// The control socket: what a test does to the module while it runs. A unix stream socket; a request
// is a line, and so is its answer, "ok", "ok " and a text, or "error " and a reason:
//
//     fault SPEC           set faults, as --fault does
//     clear [NAME]         clear one fault or all
//     faults               those that are set
//     status               one line of JSON: network, links, servers, counters
//     urc TEXT             the module says TEXT
//     reboot               restart (also after AT+CPOF)
//     unplug [MS]          the port vanishes and comes back
//     net-drop [open]      the network closes unexpectedly; "open": NETOPEN? doesn't know it
//     end LINK             the peer ends a link
//     dtr                  the host's DTR drops (AT&D)
//     silence MS           nothing comes out for so long; 0: for ever; "off" ends it
//     register STAT        27.007's registration state, as in +CREG
//     signal N             AT+CSQ's <rssi>
//     map RULE, dns RULE   as the options
//     listen-map RULE      as the option; answers with the real port
//
// "second " before one of the first three, urc, unplug, dtr or silence: the same at the second
// port.
class Control {
 public:
  // Throws std::system_error. The path is removed at the end; a socket left there is replaced.
  Control(Loop& loop, Modem& modem, std::string path);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  ~Control();

 private:
  struct Client {
    Client(Loop& loop, Control& control, UniqueFd client_fd);
    void read(Control& control);
    UniqueFd fd;
    std::string line;
    bool done = false;
    Watch watch;
  };

  void accept();
  void sweep();
  std::string obey(std::string_view line);

  Loop& loop_;
  Modem& modem_;
  std::string path_;
  UniqueFd listener_;
  Watch watch_;
  std::list<Client> clients_;
};

// The requests' first words.
std::vector<std::string_view> request_names();

// The module's state as a line of JSON.
std::string status_json(Modem& modem);

}  // namespace a7600::sim
