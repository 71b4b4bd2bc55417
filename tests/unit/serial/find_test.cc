// SPDX-License-Identifier: MIT
#include "serial/find.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "pty.h"

namespace a7600::serial {
namespace {

PortInfo usb_port(const std::string& device, std::uint16_t product, int interface,
                  const std::string& usb_path = "1-1") {
  PortInfo port;
  port.device = device;
  port.usb_vendor = 0x1e0e;
  port.usb_product = product;
  port.usb_path = usb_path;
  port.interface = interface;
  return port;
}

PortInfo uart(const std::string& device) {
  PortInfo port;
  port.device = device;
  return port;
}

std::vector<std::string> likely(std::vector<PortInfo> ports) {
  mark_likely_at(ports);
  std::vector<std::string> out;
  for (const PortInfo& port : ports) {
    if (port.likely_at) out.push_back(port.device);
  }
  return out;
}

using Names = std::vector<std::string>;

TEST_CASE("an A7600's AT port is interface 4") {
  CHECK(likely({uart("/dev/ttyS0"), usb_port("/dev/ttyUSB0", 0x9011, 2),
                usb_port("/dev/ttyUSB1", 0x9011, 3), usb_port("/dev/ttyUSB2", 0x9011, 4),
                usb_port("/dev/ttyUSB3", 0x9011, 5)}) == Names{"/dev/ttyUSB2"});
}

TEST_CASE("an A7600 with RNDIS and other interface numbers has it on its third port") {
  CHECK(likely({usb_port("/dev/ttyUSB5", 0x9011, 5), usb_port("/dev/ttyUSB6", 0x9011, 6),
                usb_port("/dev/ttyUSB7", 0x9011, 7)}) == Names{"/dev/ttyUSB7"});
  CHECK(likely({usb_port("/dev/ttyUSB0", 0x9011, 5)}).empty());
}

TEST_CASE("a SIM7600's AT port is interface 2, else 3") {
  CHECK(likely({usb_port("/dev/ttyUSB2", 0x9001, 2), usb_port("/dev/ttyUSB3", 0x9001, 3)}) ==
        Names{"/dev/ttyUSB2"});
  CHECK(likely({usb_port("/dev/ttyUSB1", 0x9001, 1), usb_port("/dev/ttyUSB3", 0x9001, 3)}) ==
        Names{"/dev/ttyUSB3"});
}

TEST_CASE("each of two modems has its own AT port, and auto is the first") {
  std::vector<PortInfo> ports = {usb_port("/dev/ttyUSB0", 0x9001, 2, "1-2"),
                                 usb_port("/dev/ttyUSB1", 0x9011, 4, "1-1")};
  CHECK(likely(ports) == Names{"/dev/ttyUSB0", "/dev/ttyUSB1"});
  mark_likely_at(ports);
  CHECK(choose_at_port(ports).value() == "/dev/ttyUSB0");
}

TEST_CASE("ports of other makers and plain UARTs are not chosen") {
  PortInfo other = usb_port("/dev/ttyUSB2", 0x9011, 4);
  other.usb_vendor = 0x0403;
  CHECK(likely({uart("/dev/ttyS0"), other}).empty());
}

TEST_CASE("with nothing found, auto is ENODEV and says what was looked for") {
  Result<std::string> none = choose_at_port({uart("/dev/ttyS0"), uart("/dev/ttyS1")});
  REQUIRE_FALSE(none.ok());
  CHECK(none.error().posix == ENODEV);
  CHECK(none.error().text ==
        "auto: no modem found; looked for USB 1e0e:9011 interface 4 (A7600) and 1e0e:9001 "
        "interface 2 or 3 (SIM7600) among /dev/ttyS0, /dev/ttyS1; A7600_PORT can name the port");
  CHECK(choose_at_port({}).error().text.find("among no serial ports at all;") != std::string::npos);
  CHECK(choose_at_port(std::vector<PortInfo>(32, uart("/dev/ttyS9"))).error().text.size() < 400);
}

// ---- Which port answers

// A7600 with its four ports, and the header's UART.
std::vector<PortInfo> dongle_and_header() {
  std::vector<PortInfo> ports = {uart("/dev/ttyAMA0"), usb_port("/dev/ttyUSB0", 0x9011, 2),
                                 usb_port("/dev/ttyUSB1", 0x9011, 3),
                                 usb_port("/dev/ttyUSB2", 0x9011, 4)};
  ports[0].header = true;
  mark_likely_at(ports);
  return ports;
}

// The choice when these ports answer, and what was asked on the way.
std::pair<std::string, Names> choice(const Names& answering, const Names& unknown = {}) {
  Names asked;
  const auto has = [](const Names& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  Result<std::string> chosen =
      choose_answering_port(dongle_and_header(), [&](const std::string& device) {
        asked.push_back(device);
        if (has(unknown, device)) return Probe::kUnknown;
        return has(answering, device) ? Probe::kAnswers : Probe::kSilent;
      });
  return {chosen.value(), asked};
}

TEST_CASE("the likely port is asked first, and no other when it answers") {
  CHECK(choice({"/dev/ttyUSB2", "/dev/ttyUSB1"}) ==
        std::pair<std::string, Names>("/dev/ttyUSB2", {"/dev/ttyUSB2"}));
}

TEST_CASE("when it is silent the others of the module are asked, then the header's UART") {
  CHECK(choice({"/dev/ttyUSB1"}).first == "/dev/ttyUSB1");
  CHECK(choice({"/dev/ttyAMA0"}).first == "/dev/ttyAMA0");
  CHECK(choice({}).first == "/dev/ttyUSB2");
}

TEST_CASE("a likely port that can't be asked is chosen, so that opening it tells why") {
  CHECK(choice({"/dev/ttyUSB1"}, {"/dev/ttyUSB2"}).first == "/dev/ttyUSB2");
  CHECK(choice({}, {"/dev/ttyAMA0"}).first == "/dev/ttyUSB2");
}

TEST_CASE("a board's name for the UART of its header marks the port that it leads to") {
  const Directory directory;
  const std::filesystem::path dev = directory.path();
  std::ofstream(dev / "ttyAMA0") << "";
  std::filesystem::create_symlink(dev / "ttyAMA0", dev / "serial0");
  std::vector<PortInfo> ports = {uart(dev / "ttyAMA0"), uart(dev / "ttyAMA1")};
  mark_headers(ports, dev);
  CHECK(ports[0].header);
  CHECK_FALSE(ports[1].header);
}

// A tree like the kernel's for one ttyUSB and one ttyACM.
TEST_CASE("sysfs says which driver and which USB interface a tty belongs to") {
  const Directory directory;
  const std::filesystem::path sys = directory.path();
  const std::filesystem::path usb = sys / "devices/usb1/1-1.4";
  const auto file = [](const std::filesystem::path& path, const char* text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  };
  const auto link = [](const std::filesystem::path& to, const std::filesystem::path& path) {
    std::filesystem::create_directories(to);
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::create_directory_symlink(to, path);
  };
  file(usb / "1-1.4:1.4/bInterfaceNumber", "04\n");
  file(usb / "1-1.4:1.a/bInterfaceNumber", "0a\n");
  link(sys / "bus/usb-serial/drivers/option1", usb / "1-1.4:1.4/ttyUSB2/driver");
  link(usb / "1-1.4:1.4/ttyUSB2", sys / "class/tty/ttyUSB2/device");
  link(sys / "bus/usb/drivers/cdc_acm", usb / "1-1.4:1.a/driver");
  link(usb / "1-1.4:1.a", sys / "class/tty/ttyACM0/device");
  link(sys / "devices/pnp0/00:00", sys / "class/tty/ttyS0/device");

  const TtyPlace option = find_place("ttyUSB2", sys);
  CHECK(option.driver == "option1");
  CHECK(option.usb_path == "1-1.4");
  CHECK(option.interface == 4);
  const TtyPlace acm = find_place("ttyACM0", sys);
  CHECK(acm.driver == "cdc_acm");
  CHECK(acm.usb_path == "1-1.4");
  CHECK(acm.interface == 10);
  const TtyPlace plain = find_place("ttyS0", sys);
  CHECK(plain.interface == -1);
  CHECK(plain.usb_path == "");
  CHECK(find_place("ttyNone", sys).driver == "");
}

TEST_CASE("only drivers of modems count as lossless") {
  CHECK(is_usb_modem_driver("option1"));
  CHECK(is_usb_modem_driver("cdc_acm"));
  CHECK_FALSE(is_usb_modem_driver("ftdi_sio"));
  CHECK_FALSE(is_usb_modem_driver("serial8250"));
  CHECK_FALSE(is_usb_modem_driver(""));
}

TEST_CASE("this machine's ports are listed by name and leave no descriptor open") {
  const std::vector<std::string> before = open_descriptors();
  const std::vector<PortInfo> ports = list_ports();
  CHECK(open_descriptors() == before);
  for (const PortInfo& port : ports) CHECK(port.device.find("/dev/") == 0);
}

}  // namespace
}  // namespace a7600::serial
