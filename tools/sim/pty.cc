// SPDX-License-Identifier: MIT
#include "pty.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "host_rate.h"

namespace a7600::sim {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool is_symbolic_link(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
}

}  // namespace

Pty::Pty(std::string link) : link_(std::move(link)) { open(); }

void Pty::open() {
  master_.reset(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!master_) fail("posix_openpt");
  if (::grantpt(master_.get()) != 0 || ::unlockpt(master_.get()) != 0) fail("unlockpt");
  char name[64];
  if (::ptsname_r(master_.get(), name, sizeof name) != 0) fail("ptsname_r");
  name_ = name;
  slave_.reset(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave_) fail(name_);
  termios settings;
  if (::tcgetattr(slave_.get(), &settings) != 0) fail("tcgetattr");
  ::cfmakeraw(&settings);
  ::cfsetspeed(&settings, B115200);
  if (::tcsetattr(slave_.get(), TCSANOW, &settings) != 0) fail("tcsetattr");
  if (link_.empty()) return;
  if (is_symbolic_link(link_)) ::unlink(link_.c_str());
  if (::symlink(name_.c_str(), link_.c_str()) != 0) fail(link_);
}

std::uint32_t Pty::host_rate() const { return sim::host_rate(slave_.get()); }

void Pty::close() {
  if (!master_) return;
  if (!link_.empty() && is_symbolic_link(link_)) ::unlink(link_.c_str());
  slave_.reset();
  master_.reset();
}

}  // namespace a7600::sim
