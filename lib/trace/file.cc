// SPDX-License-Identifier: MIT
#include "trace/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace a7600::trace {
namespace {

constexpr std::string_view kPid = "%p";

std::string expand(std::string name) {
  for (std::size_t at = 0; (at = name.find(kPid, at)) != std::string::npos;) {
    const std::string pid = std::to_string(::getpid());
    name.replace(at, kPid.size(), pid);
    at += pid.size();
  }
  return name;
}

// Replacing a regular file instead of truncating it: its permissions may be wider than ours, and
// another process may still be writing to it.
UniqueFd open_new(const std::string& name) {
  struct stat status;
  if (::lstat(name.c_str(), &status) == 0 && S_ISREG(status.st_mode)) ::unlink(name.c_str());
  // O_NONBLOCK: a FIFO that nobody reads is an error, not a wait for ever.
  return UniqueFd(
      ::open(name.c_str(),
             O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
}

}  // namespace

Result<File> File::create(const std::string& name, std::string header, std::uint64_t most) {
  const std::string path = expand(name);
  UniqueFd fd = open_new(path);
  if (!fd) {
    const int posix = errno;
    return Error{posix, -1,
                 "A7600_TRACE: \"" + path + "\" can't be written (" + strerror(posix) +
                     "); allowed: the name of a file in a directory that is there and writable, "
                     "or nothing"};
  }
  struct stat status;
  const bool regular = ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode);
  File file(std::move(fd), std::move(header));
  file.name_ = path;
  file.most_ = regular ? most : 0;
  return file;
}

File::File(UniqueFd fd, std::string header) : fd_(std::move(fd)), header_(std::move(header)) {
  pending_ = header_;
}

std::string* File::begin_block() {
  if (pending_.size() - written_ > kMostPending) {
    ++dropped_;
    return nullptr;
  }
  return &pending_;
}

std::uint64_t File::take_dropped() { return std::exchange(dropped_, 0); }

bool File::flush() {
  if (!write_pending()) return false;
  if (most_ != 0 && size_ > most_ && !has_pending()) rotate();
  return true;
}

bool File::write_pending() {
  while (has_pending()) {
    const ssize_t put = ::write(fd_.get(), pending_.data() + written_, pending_.size() - written_);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) {
      // So that the front does not grow while a slow reader is waited for.
      pending_.erase(0, std::exchange(written_, 0));
      return true;
    }
    if (put < 0) return false;
    written_ += static_cast<std::size_t>(put);
    size_ += static_cast<std::uint64_t>(put);
  }
  pending_.clear();
  written_ = 0;
  return true;
}

// A new file that can't be made is no reason to lose the trace: the old one goes on.
void File::rotate() {
  const std::string old = name_ + ".1";
  size_ = 0;
  if (std::rename(name_.c_str(), old.c_str()) != 0) return;
  UniqueFd fd = open_new(name_);
  if (!fd) return;
  fd_ = std::move(fd);
  pending_ = header_;
}

}  // namespace a7600::trace
