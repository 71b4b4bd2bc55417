// SPDX-License-Identifier: MIT
#include "ports.h"

#include <stdio.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "options.h"
#include "serial/find.h"
#include "serial/port.h"

namespace a7600::tool {
namespace {

constexpr std::uint16_t kSimcom = 0x1e0e;

std::string usb_id(const serial::PortInfo& port) {
  if (port.usb_vendor == 0) return {};
  char text[16];
  snprintf(text, sizeof(text), "%04x:%04x", port.usb_vendor, port.usb_product);
  return text;
}

const char* answer_of(serial::Probe probe) {
  switch (probe) {
    case serial::Probe::kAnswers:
      return "answers AT";
    case serial::Probe::kSilent:
      return "silent";
    case serial::Probe::kUnknown:
      break;
  }
  return "can't be asked";
}

// Only those that may be a module's: others would not know what to make of "AT".
bool may_be_asked(const serial::PortInfo& port) {
  return port.likely_at || port.header || port.usb_vendor == kSimcom;
}

}  // namespace

int list_ports(bool json, bool probe) {
  const std::vector<serial::PortInfo> ports = serial::list_ports();
  const auto answer = [&](const serial::PortInfo& port) -> std::string {
    if (!probe || !may_be_asked(port)) return {};
    return answer_of(serial::probe_port(port.device, config::Config{}.baud));
  };
  if (json) {
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const serial::PortInfo& port : ports) {
      out.push_back({{"device", port.device},
                     {"likely_at", port.likely_at},
                     {"description", port.description},
                     {"usb", usb_id(port)},
                     {"interface", port.interface},
                     {"by_id", port.by_id},
                     {"header", port.header},
                     {"answer", probe ? nlohmann::ordered_json(answer(port)) : nullptr}});
    }
    printf("%s\n", out.dump(2).c_str());
    return ports.empty() ? 1 : 0;
  }
  if (ports.empty()) return complain("this machine has no serial ports");
  std::size_t widest = 0;
  for (const serial::PortInfo& port : ports) widest = std::max(widest, port.device.size());
  for (const serial::PortInfo& port : ports) {
    std::string line = (port.likely_at ? "* " : "  ") + port.device;
    line.resize(std::max(line.size(), widest + 4), ' ');
    line += port.description;
    if (port.usb_vendor != 0) line += "  USB " + usb_id(port);
    if (port.interface >= 0) line += " interface " + std::to_string(port.interface);
    if (!port.by_id.empty()) line += "  " + port.by_id;
    if (port.header) line += "  the pin header's, for a HAT";
    if (port.likely_at) line += "  <- AT commands";
    if (const std::string heard = answer(port); !heard.empty()) line += "  " + heard;
    printf("%s\n", line.c_str());
  }
  return 0;
}

}  // namespace a7600::tool
