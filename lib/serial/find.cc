// SPDX-License-Identifier: MIT
#include "serial/find.h"

#include <dirent.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"

namespace a7600::serial {
namespace {

constexpr std::size_t kMostPortsNamed = 8;

// Which interface of a modem carries AT commands, best first, as reported of real modules. With
// RNDIS on, an A7600 has it on its third port, whatever the interface's number.
struct AtInterface {
  std::uint16_t vendor;
  std::uint16_t product;
  int interface;
};
constexpr AtInterface kAtInterfaces[] = {
    {0x1e0e, 0x9011, 4},  // A7600
    {0x1e0e, 0x9001, 2},  // SIM7600
    {0x1e0e, 0x9001, 3},  // its second AT port
};
constexpr std::uint16_t kA7600Product = 0x9011;
constexpr std::size_t kA7600RndisPort = 2;  // ttyUSB2

// Where a board names the UART of its pin header: Raspberry Pi and its like, Jetson.
constexpr const char* kHeaderNames[] = {"/serial0", "/ttyTHS1"};

std::optional<std::string> resolved(const std::string& path) {
  char* target = ::realpath(path.c_str(), nullptr);
  if (target == nullptr) return std::nullopt;
  std::string out(target);
  ::free(target);
  return out;
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }
std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// A file with one hexadecimal number, as bInterfaceNumber is.
std::optional<int> read_hex(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[16];
  const ssize_t size = file ? ::read(file.get(), text, sizeof text) : -1;
  int value = 0;
  if (size <= 0 || std::from_chars(text, text + size, value, 16).ec != std::errc()) {
    return std::nullopt;
  }
  return value;
}

// "/dev/ttyUSB2" as ("/dev/ttyUSB", 2), for an order that people expect.
std::pair<std::string_view, unsigned> split_number(std::string_view name) {
  const std::size_t start = name.find_last_not_of("0123456789") + 1;
  unsigned number = 0;
  std::from_chars(name.data() + start, name.data() + name.size(), number);
  return {name.substr(0, start), number};
}

void add_by_id_names(std::vector<PortInfo>& ports) {
  const std::string directory = "/dev/serial/by-id";
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = directory + '/' + entry->d_name;
    const std::optional<std::string> target = resolved(name);
    for (PortInfo& port : ports) {
      if (target == port.device) port.by_id = name;
    }
  }
  ::closedir(stream);
}

// The ports of the modem at `usb_path`, by interface.
std::vector<PortInfo*> ports_of(std::vector<PortInfo>& ports, const std::string& usb_path) {
  std::vector<PortInfo*> out;
  for (PortInfo& port : ports) {
    if (port.usb_path == usb_path) out.push_back(&port);
  }
  std::sort(out.begin(), out.end(),
            [](const PortInfo* a, const PortInfo* b) { return a->interface < b->interface; });
  return out;
}

PortInfo* likely_at_port(const std::vector<PortInfo*>& modem) {
  for (const AtInterface& at : kAtInterfaces) {
    for (PortInfo* port : modem) {
      if (port->usb_vendor == at.vendor && port->usb_product == at.product &&
          port->interface == at.interface) {
        return port;
      }
    }
  }
  const bool a7600 = !modem.empty() && modem.front()->usb_vendor == kAtInterfaces[0].vendor &&
                     modem.front()->usb_product == kA7600Product;
  return a7600 && modem.size() > kA7600RndisPort ? modem[kA7600RndisPort] : nullptr;
}

}  // namespace

std::vector<PortInfo> list_ports() {
  std::vector<PortInfo> ports;
  sp_port** found = nullptr;
  if (sp_list_ports(&found) != SP_OK) return ports;
  for (sp_port** at = found; *at != nullptr; ++at) {
    PortInfo port;
    port.device = sp_get_port_name(*at);
    if (const char* description = sp_get_port_description(*at)) port.description = description;
    int vendor = 0;
    int product = 0;
    if (sp_get_port_usb_vid_pid(*at, &vendor, &product) == SP_OK) {
      port.usb_vendor = static_cast<std::uint16_t>(vendor);
      port.usb_product = static_cast<std::uint16_t>(product);
      TtyPlace place = find_place(base_name(port.device));
      port.usb_path = std::move(place.usb_path);
      port.interface = place.interface;
    }
    ports.push_back(std::move(port));
  }
  sp_free_port_list(found);
  std::sort(ports.begin(), ports.end(), [](const PortInfo& a, const PortInfo& b) {
    return split_number(a.device) < split_number(b.device);
  });
  add_by_id_names(ports);
  mark_likely_at(ports);
  mark_headers(ports);
  return ports;
}

void mark_likely_at(std::vector<PortInfo>& ports) {
  for (const PortInfo& port : ports) {
    if (port.usb_vendor == 0) continue;
    if (PortInfo* likely = likely_at_port(ports_of(ports, port.usb_path))) likely->likely_at = true;
  }
}

Result<std::string> choose_at_port(const std::vector<PortInfo>& ports) {
  std::string among;
  for (const PortInfo& port : ports) {
    if (port.likely_at) return port.device;
    if (static_cast<std::size_t>(&port - ports.data()) >= kMostPortsNamed) continue;
    among += (among.empty() ? "" : ", ") + port.device;
  }
  if (ports.size() > kMostPortsNamed) among += ", ...";
  return Error{.posix = ENODEV,
               .text =
                   "auto: no modem found; looked for USB 1e0e:9011 interface 4 (A7600) and "
                   "1e0e:9001 interface 2 or 3 (SIM7600) among " +
                   (among.empty() ? "no serial ports at all" : among) +
                   "; A7600_PORT can name the port"};
}

void mark_headers(std::vector<PortInfo>& ports, const std::string& dev) {
  for (const char* name : kHeaderNames) {
    const std::optional<std::string> device = resolved(dev + name);
    for (PortInfo& port : ports) port.header = port.header || port.device == device;
  }
}

Result<std::string> choose_answering_port(const std::vector<PortInfo>& ports,
                                          const std::function<Probe(const std::string&)>& probe) {
  for (const PortInfo& port : ports) {
    if (port.likely_at && probe(port.device) != Probe::kSilent) return port.device;
  }
  auto beside_likely = [&ports](const PortInfo& port) {
    return !port.usb_path.empty() && std::any_of(ports.begin(), ports.end(), [&](const auto& one) {
      return one.likely_at && one.usb_path == port.usb_path;
    });
  };
  for (const PortInfo& port : ports) {
    if (!port.likely_at && beside_likely(port) && probe(port.device) == Probe::kAnswers) {
      return port.device;
    }
  }
  for (const PortInfo& port : ports) {
    if (port.header && probe(port.device) == Probe::kAnswers) return port.device;
  }
  return choose_at_port(ports);
}

TtyPlace find_place(const std::string& tty, const std::string& sysfs) {
  TtyPlace place;
  const std::optional<std::string> device = resolved(sysfs + "/class/tty/" + tty + "/device");
  if (!device) return place;
  if (const auto driver = resolved(*device + "/driver")) place.driver = base_name(*driver);
  // The device of a ttyACM is the USB interface; that of a ttyUSB is a port in it.
  for (const std::string& interface : {*device, directory_of(*device)}) {
    const std::optional<int> number = read_hex(interface + "/bInterfaceNumber");
    if (!number) continue;
    place.interface = *number;
    place.usb_path = base_name(directory_of(interface));
    break;
  }
  return place;
}

bool is_usb_modem_driver(const std::string& driver) {
  constexpr std::string_view kDrivers[] = {"option1", "cdc_acm", "qcserial", "generic"};
  return std::find(std::begin(kDrivers), std::end(kDrivers), driver) != std::end(kDrivers);
}

}  // namespace a7600::serial
