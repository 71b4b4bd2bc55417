// SPDX-License-Identifier: MIT
#include "engine/place.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/sys.h"
#include "base/unique_fd.h"
#include "serial/find.h"
#include "wire/channel.h"

namespace a7600::engine {
namespace {

bool is_directory(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

std::vector<std::string> shared_directories(const config::Config& config) {
  std::vector<std::string> out;
  if (!config.runtime_directory.empty()) out.push_back(config.runtime_directory + "/a7600");
  out.emplace_back(kMachineDirectory);
  return out;
}

std::optional<std::string> socket_name(const std::string& port) {
  std::string name = port;
  if (port == "auto") {
    auto found = serial::choose_at_port(serial::list_ports());
    if (!found) return std::nullopt;
    name = std::move(found.value());
  }
  if (name.starts_with('/')) {
    char* device = ::realpath(name.c_str(), nullptr);
    if (device == nullptr) return std::nullopt;
    name = device;
    ::free(device);
    const std::string dev = "/dev/";
    name.erase(0, name.starts_with(dev) ? dev.size() : 1);
  }
  // As sysfs writes names with slashes.
  std::replace(name.begin(), name.end(), '/', '!');
  return name + ".sock";
}

std::vector<std::string> shared_sockets(const config::Config& config) {
  std::vector<std::string> out;
  const std::vector<std::string> directories = shared_directories(config);
  if (std::none_of(directories.begin(), directories.end(), is_directory)) return out;
  const auto name = socket_name(config.port);
  if (!name) return out;
  for (const std::string& directory : directories) {
    std::string path = directory + '/' + *name;
    struct stat status;
    if (::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
      out.push_back(std::move(path));
    }
  }
  return out;
}

bool is_trusted_host(uid_t uid) {
  if (uid == 0 || uid == ::geteuid() || uid == ::getuid()) return true;
  const int saved = errno;
  struct stat status;
  // Only root can make it, or hand it to somebody.
  const bool given =
      ::lstat(kMachineDirectory, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == uid;
  errno = saved;
  return given;
}

bool takes_calls(const std::string& address) {
  const auto to = wire::UnixAddress::from(address);
  if (!to) return false;
  const UniqueFd connection(sys::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!connection) return false;
  if (sys::connect(connection.get(), to->get(), to->length) != 0) return errno == EAGAIN;
  const auto peer = wire::peer_of(connection.get());
  return peer && is_trusted_host(peer->uid);
}

}  // namespace a7600::engine
