// SPDX-License-Identifier: MIT
#include "serial/lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"
#include "serial/holder.h"

namespace a7600::serial {
namespace {

using namespace std::chrono_literals;

// A program writes its lock file first and opens the device a little later.
constexpr auto kGrace = 10s;
// By which a file's time and a process's may disagree: ticks, and a clock that was set a little.
constexpr auto kClockSlack = 2s;

enum class FileState {
  kFree,
  kStale,    // its process is gone, or its pid is by now another's
  kHeld,     // by `pid`
  kUnclear,  // names no process: half written, or not a lock file at all
};

struct FileLook {
  FileState state = FileState::kFree;
  pid_t pid = 0;
};

// What a lock file says.
struct Claim {
  pid_t pid = 0;                       // 0: names no process
  std::chrono::nanoseconds written{};  // since 1970
};

// nullopt when there is none; if it is there but not for us to read, create() finds out.
std::optional<Claim> read_claim(const std::string& file) {
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status;
  if (!fd || ::fstat(fd.get(), &status) != 0) return std::nullopt;
  char text[32];
  const ssize_t size = ::read(fd.get(), text, sizeof text);
  pid_t pid = 0;
  if (size == static_cast<ssize_t>(sizeof pid)) {
    ::memcpy(&pid, text, sizeof pid);  // the form of before HDB UUCP
  } else if (size > 0) {
    const std::string_view line(text, static_cast<std::size_t>(size));
    const std::size_t first = std::min(line.find_first_not_of(' '), line.size());
    std::from_chars(line.data() + first, line.data() + line.size(), pid);
  }
  return Claim{std::max(pid, 0), std::chrono::seconds(status.st_mtim.tv_sec) +
                                     std::chrono::nanoseconds(status.st_mtim.tv_nsec)};
}

// Whether the process that a lock file names is the one that wrote it, and not one that was given
// the pid of a program that was killed.
bool is_honest(const Claim& claim, const std::string& device) {
  if (!is_alive(claim.pid)) return false;
  const auto age = std::chrono::system_clock::now().time_since_epoch() - claim.written;
  if (age >= 0s && age < kGrace) return true;
  struct stat status;
  if (::stat(device.c_str(), &status) != 0) return true;
  if (const std::optional<bool> open = has_open(claim.pid, status)) return *open;
  if (const auto began = started_at(claim.pid)) return *began <= claim.written + kClockSlack;
  return is_alive(claim.pid);  // it may have ended while it was looked at
}

FileLook look_at(const std::string& file, const std::string& device) {
  const std::optional<Claim> claim = read_claim(file);
  if (!claim) return {};
  if (claim->pid == 0) return {FileState::kUnclear, 0};
  // Our own id: left by a process that had it before us, for we don't look while we hold the lock.
  const bool held = claim->pid != ::getpid() && is_honest(*claim, device);
  return {held ? FileState::kHeld : FileState::kStale, claim->pid};
}

// In `directory`, of this thread alone. A crash may have left one.
std::string draft_name(const std::string& directory) {
  return directory + "/LTMP." + std::to_string(::getpid()) + '.' + std::to_string(::gettid());
}

// Takes a stale `file` away. Between the look at it and now another program may have put its own
// in its place: what was taken is looked at again, and put back. False when it is not for us to
// remove.
bool remove_stale(const std::string& directory, const std::string& file,
                  const std::string& device) {
  const std::string taken = draft_name(directory);
  if (::rename(file.c_str(), taken.c_str()) != 0) return errno == ENOENT;
  if (look_at(taken, device).state != FileState::kStale) ::link(taken.c_str(), file.c_str());
  ::unlink(taken.c_str());
  return true;
}

// Creates `file` with our pid in it, so that nobody ever sees it without. False with errno EEXIST
// when another was faster, else when it can't be done here.
bool create(const std::string& directory, const std::string& file) {
  const std::string draft = draft_name(directory);
  ::unlink(draft.c_str());
  UniqueFd fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) {
    errno = EACCES;
    return false;
  }
  char text[16];
  const int size = ::snprintf(text, sizeof text, "%10d\n", ::getpid());
  const bool written = ::fchmod(fd.get(), 0644) == 0 &&  // whatever the umask
                       ::write(fd.get(), text, static_cast<std::size_t>(size)) == size;
  const bool linked = written && ::link(draft.c_str(), file.c_str()) == 0;
  const int error = linked || written ? errno : EIO;
  ::unlink(draft.c_str());
  errno = error;
  return linked;
}

}  // namespace

std::string lock_directory() {
  struct stat status;
  return ::stat("/var/lock", &status) == 0 ? "/var/lock" : "/run/lock";
}

std::string lock_file_name(const std::string& device) {
  constexpr std::string_view kDev = "/dev/";
  std::string name = device.starts_with(kDev) ? device.substr(kDev.size()) : device;
  std::replace(name.begin(), name.end(), '/', '_');
  return "LCK.." + name;
}

Error device_in_use(const std::string& device, const std::string& directory) {
  const std::string file = directory + '/' + lock_file_name(device);
  const FileLook look = look_at(file, device);
  if (look.state == FileState::kHeld) return in_use(device, look.pid);
  const std::optional<pid_t> holder = find_holder(device);
  if (!holder && look.state == FileState::kUnclear) {
    return {.posix = EBUSY,
            .text = device + ": in use, says " + file +
                    ", but it names no process; remove it if nothing uses the device"};
  }
  return in_use(device, holder);
}

DeviceLock::DeviceLock(int fd, bool exclusive, File file)
    : fd_(fd),
      exclusive_(exclusive),
      file_(std::move(file.path)),
      abandoned_(file.abandoned),
      owner_(::getpid()) {}

DeviceLock::DeviceLock(DeviceLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      exclusive_(other.exclusive_),
      file_(std::move(other.file_)),
      abandoned_(other.abandoned_),
      owner_(other.owner_) {}

// The lock file's path, empty when the directory isn't for us to write in; nullopt when the file
// says that the device is in use.
std::optional<DeviceLock::File> DeviceLock::acquire_file(const std::string& device,
                                                         const std::string& directory) {
  const std::string file = directory + '/' + lock_file_name(device);
  bool abandoned = false;
  // Each turn but the last follows a change that another process made meanwhile.
  for (int turn = 0; turn < 3; ++turn) {
    const FileState state = look_at(file, device).state;
    if (state == FileState::kHeld || state == FileState::kUnclear) return std::nullopt;
    if (state == FileState::kStale) {
      abandoned = true;
      if (!remove_stale(directory, file, device)) return File{{}, abandoned};
    }
    if (create(directory, file)) return File{file, abandoned};
    if (errno != EEXIST) return File{{}, abandoned};
  }
  return std::nullopt;
}

Result<DeviceLock> DeviceLock::acquire(int fd, const std::string& device, bool is_pty,
                                       const std::string& directory) {
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return device_in_use(device, directory);
    const int error = errno;
    return Error{.posix = error, .text = device + ": can't be locked: " + strerrordesc_np(error)};
  }
  // Root's open(2) isn't refused, so ask.
  int exclusive = 0;
  const bool refused = !is_pty && ::ioctl(fd, TIOCGEXCL, &exclusive) == 0 && exclusive != 0;
  std::optional<File> file;
  if (!refused) file = acquire_file(device, directory);
  if (!file) {
    ::flock(fd, LOCK_UN);  // first, or we would find ourselves
    return device_in_use(device, directory);
  }
  return DeviceLock(fd, !is_pty && ::ioctl(fd, TIOCEXCL) == 0, std::move(*file));
}

bool DeviceLock::is_ours() const { return fd_ >= 0 && owner_ == ::getpid(); }

void DeviceLock::release() {
  if (is_ours()) {
    if (exclusive_) ::ioctl(fd_, TIOCNXCL);
    const std::optional<Claim> claim = file_.empty() ? std::nullopt : read_claim(file_);
    if (claim && claim->pid == owner_) ::unlink(file_.c_str());
    // Said aloud, since a forked child may keep the descriptor, and with it the lock, alive.
    ::flock(fd_, LOCK_UN);
  }
  fd_ = -1;
}

}  // namespace a7600::serial
