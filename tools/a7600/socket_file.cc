// SPDX-License-Identifier: MIT
#include "socket_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "engine/place.h"
#include "wire/channel.h"

namespace a7600::tool {
namespace {

Error failed(const std::string& what, int posix = errno) {
  return {posix, -1, what + ": " + strerror(posix)};
}

Result<UniqueFd> open_directory(const std::string& path, const SocketFile::Access& access) {
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return failed(path);
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return failed(path);
  struct stat status;
  if (::fstat(directory.get(), &status) != 0) return failed(path);
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return Error{EPERM, -1, path + ": belongs to another user"};
  }
  if (status.st_uid == ::geteuid() && access.group) {
    if (::fchown(directory.get(), static_cast<uid_t>(-1), *access.group) != 0) return failed(path);
    if (::fchmod(directory.get(), 0750) != 0) return failed(path);
  } else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{EPERM, -1, path + ": others can write to it"};
  }
  return directory;
}

}  // namespace

Result<SocketFile> SocketFile::create(const std::string& path, const Access& access) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == path.size()) {
    return Error{EINVAL, -1, path + ": a socket needs a directory of its own"};
  }
  if (!wire::UnixAddress::from(path)) return failed(path, ENAMETOOLONG);
  auto directory = open_directory(path.substr(0, slash), access);
  if (!directory) return directory.error();
  SocketFile out;
  out.path_ = path;
  out.name_ = path.substr(slash + 1);
  out.directory_ = std::move(directory.value());
  const int at = out.directory_.get();
  // By the descriptor: whatever the directory's path leads to meanwhile.
  const std::string there = "/proc/self/fd/" + std::to_string(at) + '/' + out.name_;
  const auto address = wire::UnixAddress::from(there);
  if (!address) return failed(path, ENAMETOOLONG);

  // One at a time between looking whether a socket is alive and taking its place.
  if (::flock(at, LOCK_EX) != 0) return failed(path);
  out.listener_.reset(sys::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out.listener_) return failed(path);
  struct stat status;
  if (::fstatat(at, out.name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    if (!S_ISSOCK(status.st_mode)) return failed(path + " is not a socket", EEXIST);
    if (engine::takes_calls(there)) return Error{EADDRINUSE, -1, path + ": an engine runs there"};
    if (::unlinkat(at, out.name_.c_str(), 0) != 0) return failed(path);
  }
  const mode_t mode = access.mode.value_or(access.group ? 0660 : 0600);
  const mode_t before = ::umask(0177);
  const int bound = sys::bind(out.listener_.get(), address->get(), address->length);
  const int posix = errno;
  ::umask(before);
  if (bound != 0) return failed(path, posix);
  out.owner_ = ::getpid();
  if (::fstatat(at, out.name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return failed(path);
  out.inode_ = status.st_ino;
  if (access.group && ::fchownat(at, out.name_.c_str(), static_cast<uid_t>(-1), *access.group,
                                 AT_SYMLINK_NOFOLLOW) != 0) {
    return failed(path);
  }
  if (::fchmodat(at, out.name_.c_str(), mode, 0) != 0) return failed(path);
  if (sys::listen(out.listener_.get(), SOMAXCONN) != 0) return failed(path);
  ::flock(at, LOCK_UN);
  return out;
}

void SocketFile::adopt() { owner_ = ::getpid(); }

void SocketFile::remove() {
  if (!directory_ || owner_ != ::getpid()) return;
  owner_ = 0;
  struct stat status;
  const bool ours = ::fstatat(directory_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISSOCK(status.st_mode) && status.st_ino == inode_;
  if (ours) ::unlinkat(directory_.get(), name_.c_str(), 0);
}

Result<UniqueFd> listen_at(const std::string& name) {
  const auto address = wire::UnixAddress::from(name);
  if (!address) return failed(name, ENAMETOOLONG);
  UniqueFd out(sys::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out || sys::bind(out.get(), address->get(), address->length) != 0 ||
      sys::listen(out.get(), SOMAXCONN) != 0) {
    return failed(name);
  }
  return out;
}

Result<std::string> default_path(const config::Config& config, const std::string& port) {
  const auto name = engine::socket_name(port);
  if (!name) return Error{ENODEV, -1, port + ": no such port"};
  return engine::shared_directories(config).front() + '/' + *name;
}

}  // namespace a7600::tool
