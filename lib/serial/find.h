// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace a7600::serial {

// A serial port of this machine, as far as it is known without opening it.
struct PortInfo {
  std::string device;            // "/dev/ttyUSB2"
  std::string description;       // the USB product's name, or the device's
  std::uint16_t usb_vendor = 0;  // 0: not on USB
  std::uint16_t usb_product = 0;
  std::string usb_path;  // "1-1.4": which USB device, when there are several of a kind
  int interface = -1;    // bInterfaceNumber; -1: not on USB
  std::string by_id;     // its name under /dev/serial/by-id, empty when it has none
  bool likely_at = false;
  bool header = false;  // the UART on the board's pin header, where a HAT is
};

// All serial ports, by name: ttyUSB2 before ttyUSB10. A modem's AT port is marked `likely_at`.
std::vector<PortInfo> list_ports();

// Marks the port that carries AT commands on each modem whose USB ids are known: one per modem.
void mark_likely_at(std::vector<PortInfo>& ports);

// Marks the ports that the names of pin headers' UARTs (/dev/serial0 …) in `dev` lead to.
void mark_headers(std::vector<PortInfo>& ports, const std::string& dev = "/dev");

// What "auto" means where nobody may be disturbed: the first port marked `likely_at`. ENODEV when
// there is none, with a sentence that says what was looked for and among what.
Result<std::string> choose_at_port(const std::vector<PortInfo>& ports);

// What a port says to "AT".
enum class Probe {
  kAnswers,
  kSilent,
  kUnknown,  // it can't be asked: somebody has it, or it may not be opened
};

// What "auto" means for whoever is about to open the port: of the ports marked `likely_at`, the
// others of the same modems, and headers' UARTs, in that order, the first that answers. If none
// does, as choose_at_port(). One that can't be asked is taken if it is likely: opening it tells
// why.
Result<std::string> choose_answering_port(const std::vector<PortInfo>& ports,
                                          const std::function<Probe(const std::string&)>& probe);

// What sysfs says of a tty such as "ttyUSB2".
struct TtyPlace {
  std::string driver;    // "option1", "cdc_acm", "serial8250"; empty: none
  std::string usb_path;  // as in PortInfo
  int interface = -1;
};
TtyPlace find_place(const std::string& tty, const std::string& sysfs = "/sys");

// Whether the driver carries bytes to the module itself, so that a slow reader holds the sender
// up instead of losing bytes: USB modems, not USB adapters with a UART behind them.
bool is_usb_modem_driver(const std::string& driver);

}  // namespace a7600::serial
