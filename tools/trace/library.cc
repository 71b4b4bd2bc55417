// SPDX-License-Identifier: MIT
#include "library.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>

namespace a7600::tracer {

Result<std::string> find_library() {
  std::array<char, PATH_MAX> self{};
  const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
  if (size <= 0) return Error{ENOENT, -1, "/proc/self/exe can't be read"};
  std::string directory(self.data(), static_cast<std::size_t>(size));
  directory.erase(directory.rfind('/') + 1);
  std::string tried;
  for (const char* place : {"../preload/", A7600_LIBRARY_FROM_PROGRAM}) {
    const std::string path = directory + place + "liba7600sock.so";
    std::array<char, PATH_MAX> real{};
    if (::realpath(path.c_str(), real.data()) != nullptr) return std::string(real.data());
    tried += (tried.empty() ? "" : ", ");
    tried += path;
  }
  return Error{ENOENT, -1, "there is no liba7600sock.so; looked for: " + tried};
}

}  // namespace a7600::tracer
