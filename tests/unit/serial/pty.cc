// SPDX-License-Identifier: MIT
#include "pty.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

namespace a7600::serial {

Pty::Pty() : modem(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  REQUIRE(modem);
  REQUIRE(::grantpt(modem.get()) == 0);
  REQUIRE(::unlockpt(modem.get()) == 0);
  char name[64];
  REQUIRE(::ptsname_r(modem.get(), name, sizeof name) == 0);
  device = name;
}

std::vector<unsigned char> read_exactly(int fd, std::size_t size) {
  std::vector<unsigned char> data(size);
  std::size_t have = 0;
  while (have < size) {
    pollfd readable = {.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, 10000) <= 0) break;
    const ssize_t got = ::read(fd, data.data() + have, size - have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  data.resize(have);
  return data;
}

std::vector<std::string> open_descriptors() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the iterator's own
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (!gone && target.string().find("/fd") == std::string::npos) {
      out.push_back(entry.path().filename().string() + " " + target.string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

Directory::Directory() {
  char name[] = "/tmp/a7600-serial-XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  path_ = name;
}

Directory::~Directory() { std::filesystem::remove_all(path_); }

}  // namespace a7600::serial
