// SPDX-License-Identifier: MIT
#include "serial/port.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

#include "child.h"
#include "pty.h"
#include "serial/lock.h"

namespace a7600::serial {
namespace {

Result<Port> open_port(const std::string& port) {
  config::Config config;
  config.port = port;
  return Port::open(config);
}

Error open_error(const std::string& port) {
  Result<Port> opened = open_port(port);
  REQUIRE_FALSE(opened.ok());
  return opened.error();
}

std::vector<unsigned char> all_bytes() {
  std::vector<unsigned char> bytes(256);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i);
  return bytes;
}

termios settings_of(int fd) {
  termios settings;
  REQUIRE(::tcgetattr(fd, &settings) == 0);
  return settings;
}

TEST_CASE("every byte value passes unchanged, both ways, and nothing is echoed") {
  const Pty pty;
  Result<Port> port = open_port(pty.device);
  REQUIRE(port.ok());
  const std::vector<unsigned char> bytes = all_bytes();
  REQUIRE(::write(pty.modem.get(), bytes.data(), bytes.size()) == 256);
  CHECK(read_exactly(port.value().fd(), 256) == bytes);
  REQUIRE(::write(port.value().fd(), bytes.data(), bytes.size()) == 256);
  CHECK(read_exactly(pty.modem.get(), 256) == bytes);
  int left = -1;
  REQUIRE(::ioctl(pty.modem.get(), FIONREAD, &left) == 0);
  CHECK(left == 0);
}

TEST_CASE("the descriptor doesn't block, closes on exec, and an idle line is EAGAIN") {
  const Pty pty;
  Result<Port> port = open_port(pty.device);
  REQUIRE(port.ok());
  const int fd = port.value().fd();
  CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  char byte;
  errno = 0;
  CHECK(::read(fd, &byte, 1) == -1);
  CHECK(errno == EAGAIN);
}

TEST_CASE("what came before the port was opened is dropped") {
  const Pty pty;
  UniqueFd before(::open(pty.device.c_str(), O_RDWR | O_NOCTTY));
  termios raw = settings_of(before.get());
  ::cfmakeraw(&raw);
  REQUIRE(::tcsetattr(before.get(), TCSANOW, &raw) == 0);
  REQUIRE(::write(pty.modem.get(), "RDY\r\n", 5) == 5);
  pollfd readable = {.fd = before.get(), .events = POLLIN, .revents = 0};
  REQUIRE(::poll(&readable, 1, 10000) == 1);
  Result<Port> port = open_port(pty.device);
  REQUIRE(port.ok());
  char byte;
  CHECK(::read(port.value().fd(), &byte, 1) == -1);
}

TEST_CASE("a port that answers AT is told from one that is silent, and from one that is held") {
  const Pty pty;
  CHECK(probe_port(pty.device, 115200) == Probe::kSilent);
  {
    Result<Port> port = open_port(pty.device);
    REQUIRE(port.ok());
    CHECK(probe_port("/dev/ttyNone9", 115200) == Probe::kUnknown);
    const Child child([&](const auto& tell) {
      tell(probe_port(pty.device, 115200) == Probe::kUnknown ? "held" : "asked");
    });
    CHECK(child.told() == "held");
  }
  // Else the thread, if it runs before the port is opened again, reads EIO.
  const UniqueFd kept(::open(pty.device.c_str(), O_RDWR | O_NOCTTY));
  std::thread answering([&] {
    // Also what the silent probe has left.
    std::string heard;
    for (char c; heard.find("AT\rAT\r") == heard.npos && ::read(pty.modem.get(), &c, 1) == 1;) {
      heard += c;
    }
    [[maybe_unused]] const ssize_t put = ::write(pty.modem.get(), "\r\nOK\r\n", 6);
  });
  CHECK(probe_port(pty.device, 115200) == Probe::kAnswers);
  answering.join();
}

TEST_CASE("a PTY pushes back by itself and has the device's name") {
  const Pty pty;
  config::Config config;
  config.port = pty.device;
  config.flow = config::Flow::kRtsCts;
  Result<Port> port = Port::open(config);
  REQUIRE(port.ok());
  CHECK(port.value().flow_control() == FlowControl::kLossless);
  CHECK(port.value().name() == pty.device);
  CHECK((settings_of(port.value().fd()).c_cflag & CRTSCTS) == 0);
}

TEST_CASE("the rate is set, an odd one too") {
  const Pty pty;
  config::Config config;
  config.port = pty.device;
  for (const int rate : {115200, 1842000}) {
    config.baud = rate;
    CHECK(Port::open(config).ok());
  }
}

TEST_CASE("closing gives back the settings that were found") {
  const Pty pty;
  UniqueFd before(::open(pty.device.c_str(), O_RDWR | O_NOCTTY));
  termios found = settings_of(before.get());
  found.c_lflag |= ECHO | ICANON;
  found.c_iflag |= ICRNL | IXON;
  found.c_cc[VINTR] = 7;
  ::cfsetspeed(&found, B9600);
  REQUIRE(::tcsetattr(before.get(), TCSANOW, &found) == 0);
  found = settings_of(before.get());
  {
    Result<Port> port = open_port(pty.device);
    REQUIRE(port.ok());
    CHECK((settings_of(before.get()).c_lflag & (ECHO | ICANON)) == 0);
  }
  const termios after = settings_of(before.get());
  CHECK(after.c_iflag == found.c_iflag);
  CHECK(after.c_oflag == found.c_oflag);
  CHECK(after.c_cflag == found.c_cflag);
  CHECK(after.c_lflag == found.c_lflag);
  CHECK(std::memcmp(after.c_cc, found.c_cc, sizeof found.c_cc) == 0);
  CHECK(::cfgetospeed(&after) == B9600);
}

TEST_CASE("a symbolic link is followed to the device") {
  const Pty pty;
  const Directory directory;
  const std::string link = directory.path() + "/modem";
  REQUIRE(::symlink(pty.device.c_str(), link.c_str()) == 0);
  Result<Port> port = open_port(link);
  REQUIRE(port.ok());
  CHECK(port.value().name() == pty.device);
}

TEST_CASE("only the port's descriptor is left open, and none after it") {
  const Pty pty;
  const std::vector<std::string> before = open_descriptors();
  {
    Result<Port> port = open_port(pty.device);
    REQUIRE(port.ok());
    CHECK(open_descriptors().size() == before.size() + 1);
  }
  CHECK(open_descriptors() == before);
  CHECK_FALSE(open_port("/dev/null").ok());
  CHECK(open_descriptors() == before);
}

TEST_CASE("a device that isn't there is ENODEV") {
  const Error missing = open_error("/dev/ttyUSB-none");
  CHECK(missing.posix == ENODEV);
  CHECK(missing.text.find("/dev/ttyUSB-none: No such file or directory; A7600_PORT") == 0);
  CHECK(open_error("/dev/null/tty").posix == ENODEV);
  const Directory directory;
  const std::string link = directory.path() + "/dangling";
  REQUIRE(::symlink("/dev/ttyUSB-none", link.c_str()) == 0);
  CHECK(open_error(link).posix == ENODEV);
}

TEST_CASE("what is no terminal is ENOTTY") {
  const Directory directory;
  const std::string file = directory.path() + "/file";
  UniqueFd(::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  const std::string fifo = directory.path() + "/fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  for (const std::string& port : {std::string("/dev/null"), file, fifo, directory.path()}) {
    const Error error = open_error(port);
    CHECK(error.posix == ENOTTY);
    CHECK(error.text == port + ": not a serial device");
  }
}

TEST_CASE("a device that isn't for us says which group it is for") {
  const Pty pty;
  const auto error_as_stranger = [&] {
    return Child([&](const auto& tell) {
             // Root may open anything, so become somebody else.
             if (::getuid() == 0 && ::setuid(65534) != 0) return tell("setuid");
             const Error error = open_error(pty.device);
             tell((error.posix == EACCES ? "EACCES " : "other ") + error.text);
           })
        .told();
  };
  REQUIRE(::chmod(pty.device.c_str(), 0) == 0);
  CHECK(error_as_stranger().find("EACCES " + pty.device + ": no permission; it belongs") == 0);
  const group* dialout = ::getgrnam("dialout");
  if (::getuid() != 0 || dialout == nullptr) {
    WARN("left out: a device open to a group; it takes root and a group dialout");
    return;
  }
  REQUIRE(::chown(pty.device.c_str(), 0, dialout->gr_gid) == 0);
  REQUIRE(::chmod(pty.device.c_str(), 0660) == 0);
  CHECK(error_as_stranger() ==
        "EACCES " + pty.device +
            ": no permission; it is open to the group dialout: add yourself (`sudo usermod -aG "
            "dialout $USER`) and log in again");
}

TEST_CASE("a port that another process has is EBUSY with its program and pid") {
  const Pty pty;
  Child child([&](const auto& tell) {
    Result<Port> port = open_port(pty.device);
    tell(port.ok() ? "open" : port.error().text);
  });
  REQUIRE(child.told() == "open");
  const Error error = open_error(pty.device);
  CHECK(error.posix == EBUSY);
  CHECK(error.text == pty.device + ": in use by test_serial (pid " + std::to_string(child.pid()) +
                          "); run both through `a7600 run` or `a7600 serve`");
  child.wait();
  CHECK(open_port(pty.device).ok());
}

TEST_CASE("a holder that wrote no lock file is found by the kernel's list of locks") {
  const Pty pty;
  Child child([&](const auto& tell) {
    UniqueFd fd(::open(pty.device.c_str(), O_RDWR | O_NOCTTY));
    tell(::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 ? "locked" : "not locked");
  });
  REQUIRE(child.told() == "locked");
  const Error error = open_error(pty.device);
  CHECK(error.posix == EBUSY);
  CHECK(error.text.find("(pid " + std::to_string(child.pid()) + ")") != std::string::npos);
}

TEST_CASE("a killed holder leaves a port that can be opened") {
  const Pty pty;
  Child child([&](const auto& tell) {
    Result<Port> port = open_port(pty.device);
    tell(port.ok() ? "open" : port.error().text);
  });
  REQUIRE(child.told() == "open");
  child.kill();
  CHECK(open_port(pty.device).ok());
}

TEST_CASE("a child that was just told to end is no obstacle to its parent") {
  const Pty pty;
  const Child holder([&](const auto& tell) {
    Result<Port> port = open_port(pty.device);
    tell(port.ok() ? "open" : "not open");
  });
  REQUIRE(holder.told() == "open");
  ::kill(holder.pid(), SIGKILL);
  CHECK(open_port(pty.device).ok());
}

TEST_CASE("the same process can't open a port twice either") {
  const Pty pty;
  Result<Port> first = open_port(pty.device);
  REQUIRE(first.ok());
  const Error error = open_error(pty.device);
  CHECK(error.posix == EBUSY);
  CHECK(error.text.find("(pid " + std::to_string(::getpid()) + ")") != std::string::npos);
}

TEST_CASE("a forked child that drops its copy takes nothing from its parent") {
  const Pty pty;
  UniqueFd watch(::open(pty.device.c_str(), O_RDWR | O_NOCTTY));
  auto port = std::make_unique<Result<Port>>(open_port(pty.device));
  REQUIRE(port->ok());
  Child child([&](const auto& tell) {
    port.reset();
    tell("dropped");
  });
  REQUIRE(child.told() == "dropped");
  CHECK((settings_of(watch.get()).c_lflag & ICANON) == 0);
  CHECK(open_error(pty.device).posix == EBUSY);
}

TEST_CASE("a port is free when its owner closed it, even if a forked child has a copy") {
  const Pty pty;
  auto port = std::make_unique<Result<Port>>(open_port(pty.device));
  REQUIRE(port->ok());
  Child child([&](const auto& tell) { tell("forked"); });
  REQUIRE(child.told() == "forked");
  port.reset();
  CHECK(open_port(pty.device).ok());
}

TEST_CASE("a moved port goes on, and what it is assigned to is closed") {
  const Pty a;
  const Pty b;
  Result<Port> first = open_port(a.device);
  Result<Port> second = open_port(b.device);
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  first.value() = std::move(second.value());
  CHECK(first.value().name() == b.device);
  CHECK(open_port(a.device).ok());
  CHECK(open_error(b.device).posix == EBUSY);
}

}  // namespace
}  // namespace a7600::serial
