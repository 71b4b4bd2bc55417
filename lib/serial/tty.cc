// SPDX-License-Identifier: MIT
#include "serial/tty.h"

#include <asm/termbits.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace a7600::serial {
namespace {

Error error_of(int posix, const std::string& device, std::string_view what) {
  return {.posix = posix, .text = device + ": " + std::string(what)};
}

// Of /proc/devices' "pts", 136 to 143, and the older "ttyp", 3.
bool is_pty_number(dev_t device) {
  return (major(device) >= 136 && major(device) <= 143) || major(device) == 3;
}

// The name of group `id`, from /etc/group only: the C library's look-up can load modules that talk
// to a network, and this runs inside any program. Groups that own devices are local ones.
std::optional<std::string> group_name(gid_t id) {
  UniqueFd file(::open("/etc/group", O_RDONLY | O_CLOEXEC));
  std::string text;
  char part[4096];
  for (ssize_t size; file && (size = ::read(file.get(), part, sizeof part)) > 0;) {
    text.append(part, static_cast<std::size_t>(size));
  }
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t name = line.find(':');  // NAME:PASSWORD:ID:MEMBERS
    const std::size_t password = name == line.npos ? line.npos : line.find(':', name + 1);
    if (password == line.npos) continue;
    std::uint32_t found = 0;
    const char* end = line.data() + line.size();
    if (std::from_chars(line.data() + password + 1, end, found).ec == std::errc() && found == id) {
      return std::string(line.substr(0, name));
    }
  }
  return std::nullopt;
}

Error no_permission(const std::string& device, const struct stat& status) {
  const std::string group =
      group_name(status.st_gid).value_or("number " + std::to_string(status.st_gid));
  if ((status.st_mode & S_IRGRP) != 0 && (status.st_mode & S_IWGRP) != 0) {
    return error_of(EACCES, device,
                    "no permission; it is open to the group " + group +
                        ": add yourself (`sudo usermod -aG " + group + " $USER`) and log in again");
  }
  return error_of(EACCES, device,
                  "no permission; it belongs to the group " + group +
                      ", but its mode lets only its owner read and write it");
}

Error open_error(int error, const std::string& device, const struct stat& status) {
  switch (error) {
    case EACCES:
    case EPERM:
      return no_permission(device, status);
    case EBUSY:
      return {.posix = EBUSY, .text = {}};
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EIO:
      return error_of(ENODEV, device, "there is no device behind it");
    default:
      return error_of(error, device, strerrordesc_np(error));
  }
}

// The code of a usual rate: programs that watch the other end of a PTY know no others. BOTHER for
// any other.
tcflag_t rate_code(int baud) {
  struct Rate {
    int baud;
    tcflag_t code;
  };
  static constexpr Rate kRates[] = {
      {300, B300},         {600, B600},         {1200, B1200},       {2400, B2400},
      {4800, B4800},       {9600, B9600},       {19200, B19200},     {38400, B38400},
      {57600, B57600},     {115200, B115200},   {230400, B230400},   {460800, B460800},
      {921600, B921600},   {1000000, B1000000}, {1500000, B1500000}, {2000000, B2000000},
      {3000000, B3000000}, {4000000, B4000000},
  };
  for (const Rate& rate : kRates) {
    if (rate.baud == baud) return rate.code;
  }
  return BOTHER;
}

termios2 raw_settings(const termios2& from, int baud, bool rtscts) {
  termios2 to = from;
  to.c_iflag = 0;
  to.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  to.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  to.c_cflag &=
      ~static_cast<tcflag_t>(CSIZE | PARENB | CSTOPB | CRTSCTS | CBAUD | (CBAUD << IBSHIFT));
  to.c_cflag |= CS8 | CREAD | CLOCAL | rate_code(baud);
  if (rtscts) to.c_cflag |= CRTSCTS;
  to.c_ispeed = to.c_ospeed = static_cast<speed_t>(baud);
  // With VMIN 0 a non-blocking read of an idle line returns 0, as at the end of a file.
  to.c_cc[VMIN] = 1;
  to.c_cc[VTIME] = 0;
  return to;
}

// A UART divides its clock, so the rate is seldom exact; 8N1 tolerates about 4 %.
bool near(speed_t actual, int wanted) {
  const auto rate = static_cast<speed_t>(wanted);
  const speed_t off = actual > rate ? actual - rate : rate - actual;
  return off <= rate / 33;
}

}  // namespace

Tty::Tty(UniqueFd fd, std::string device, bool is_pty, std::unique_ptr<termios2> found)
    : fd_(std::move(fd)), device_(std::move(device)), is_pty_(is_pty), found_(std::move(found)) {}
Tty::Tty(Tty&&) noexcept = default;
Tty& Tty::operator=(Tty&&) noexcept = default;
Tty::~Tty() = default;

Result<Tty> Tty::open(const std::string& device) {
  // Looked at before it is opened: opening a FIFO, say, would be felt at its other end.
  struct stat status;
  if (::stat(device.c_str(), &status) != 0) {
    return error_of(errno == EACCES ? EACCES : ENODEV, device, strerrordesc_np(errno));
  }
  if (!S_ISCHR(status.st_mode)) return error_of(ENOTTY, device, "not a serial device");
  UniqueFd fd(::open(device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return open_error(errno, device, status);
  auto found = std::make_unique<termios2>();
  if (::ioctl(fd.get(), TCGETS2, found.get()) != 0) {
    if (errno == ENOTTY || errno == EINVAL) return error_of(ENOTTY, device, "not a serial device");
    return open_error(errno, device, status);
  }
  return Tty(std::move(fd), device, is_pty_number(status.st_rdev), std::move(found));
}

Status Tty::make_raw(int baud, bool rtscts) {
  if (Status set = set_line(baud, rtscts); !set) return set;
  ::ioctl(fd(), TCFLSH, TCIFLUSH);
  return Done{};
}

Status Tty::set_line(int baud, bool rtscts) {
  const termios2 wanted = raw_settings(*found_, baud, rtscts);
  termios2 before = {};
  termios2 actual = {};
  if (::ioctl(fd(), TCGETS2, &before) != 0 || ::ioctl(fd(), TCSETS2, &wanted) != 0 ||
      ::ioctl(fd(), TCGETS2, &actual) != 0) {
    const int error = errno;
    ::ioctl(fd(), TCSETS2, &before);
    return error_of(error == EIO ? ENODEV : error, device_, strerrordesc_np(error));
  }
  if (!near(actual.c_ospeed, baud)) {
    ::ioctl(fd(), TCSETS2, &before);
    return error_of(EINVAL, device_,
                    "the device refuses A7600_BAUD " + std::to_string(baud) + " and offers " +
                        std::to_string(actual.c_ospeed));
  }
  if (rtscts && (actual.c_cflag & CRTSCTS) == 0) {
    ::ioctl(fd(), TCSETS2, &before);
    return error_of(EINVAL, device_, "the device has no RTS/CTS, which A7600_FLOW asks for");
  }
  return Done{};
}

bool Tty::set_wire(int wire, bool up) {
  return ::ioctl(fd(), up ? TIOCMBIS : TIOCMBIC, &wire) == 0;
}

bool Tty::set_rts(bool up) { return set_wire(TIOCM_RTS, up); }
bool Tty::set_dtr(bool up) { return set_wire(TIOCM_DTR, up); }

void Tty::restore() { ::ioctl(fd(), TCSETS2, found_.get()); }

}  // namespace a7600::serial
