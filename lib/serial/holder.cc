// SPDX-License-Identifier: MIT
#include "serial/holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/major.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <functional>
#include <string_view>

#include "base/unique_fd.h"

namespace a7600::serial {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kModemManager = "ModemManager";

// Fields of /proc/PID/stat, numbered as in proc(5).
constexpr int kStatState = 3;
constexpr int kStatParent = 4;
constexpr int kStatThreads = 20;
constexpr int kStatStarted = 22;  // in ticks since the system's start

std::string read_all(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char part[4096];
  for (ssize_t size; file && (size = ::read(file.get(), part, sizeof part)) > 0;) {
    text.append(part, static_cast<std::size_t>(size));
  }
  return text;
}

// Takes the next field of `line`, which blanks separate.
std::string_view take_field(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view field = line.substr(0, line.find(' '));
  line.remove_prefix(field.size());
  return field;
}

// Calls `found` with the names in `directory` until it returns true; returns whether it did, or
// nullopt when the directory can't be read.
std::optional<bool> any_entry(const std::string& directory,
                              const std::function<bool(std::string_view)>& found) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return std::nullopt;
  bool done = false;
  while (!done) {
    const dirent* entry = ::readdir(stream);
    if (entry == nullptr) break;
    done = entry->d_name[0] != '.' && found(entry->d_name);
  }
  ::closedir(stream);
  return done;
}

std::optional<pid_t> parse_pid(std::string_view text) {
  pid_t pid = 0;
  const char* end = text.data() + text.size();
  auto [next, error] = std::from_chars(text.data(), end, pid);
  if (error != std::errc() || next != end || pid <= 0) return std::nullopt;
  return pid;
}

// The field of that number, from 3 on, of /proc/PID/stat. Empty when that is hidden from us, or the
// process is gone.
std::string stat_field(pid_t pid, int number) {
  const std::string text = read_all("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = text.rfind(')');  // field 2, which may hold anything
  if (name_end == std::string::npos) return {};
  std::string_view rest = std::string_view(text).substr(name_end + 1);
  for (int field = 3; field < number; ++field) take_field(rest);
  return std::string(take_field(rest));
}

// From lines of /proc/locks: "1: FLOCK ADVISORY WRITE 5426 00:19:3 0 EOF".
std::optional<pid_t> flock_holder(const std::string& device) {
  struct stat status;
  if (::stat(device.c_str(), &status) != 0) return std::nullopt;
  char inode[64];
  ::snprintf(inode, sizeof inode, "%02x:%02x:%ju", major(status.st_dev), minor(status.st_dev),
             static_cast<std::uintmax_t>(status.st_ino));
  const std::string text = read_all("/proc/locks");
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    take_field(line);
    if (take_field(line) != "FLOCK") continue;  // "->" is one that waits
    take_field(line);
    take_field(line);
    const std::optional<pid_t> pid = parse_pid(take_field(line));
    // The lock outlives a process that forked; the child, which is then the holder, isn't listed.
    if (pid && take_field(line) == inode && is_alive(*pid)) return pid;
  }
  return std::nullopt;
}

std::optional<pid_t> other_opener(const std::string& device) {
  struct stat status;
  if (::stat(device.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return std::nullopt;
  std::optional<pid_t> opener;
  any_entry("/proc", [&](std::string_view process) {
    const std::optional<pid_t> pid = parse_pid(process);
    if (pid && *pid != ::getpid() && has_open(*pid, status) == true) opener = pid;
    return opener.has_value();
  });
  return opener;
}

std::string program_of(pid_t pid) {
  std::string name = read_all("/proc/" + std::to_string(pid) + "/comm");
  if (name.ends_with('\n')) name.pop_back();
  return name;
}

// It runs as root, so that what it has open is hidden from most users.
std::optional<pid_t> suspected_modem_manager(const std::string& device) {
  struct stat status;
  if (::stat(device.c_str(), &status) != 0) return std::nullopt;
  std::optional<pid_t> suspect;
  any_entry("/proc", [&](std::string_view process) {
    const std::optional<pid_t> pid = parse_pid(process);
    if (pid && program_of(*pid) == kModemManager && !has_open(*pid, status)) suspect = pid;
    return suspect.has_value();
  });
  return suspect;
}

// By number, since a device has other names in another root directory; but each devpts(5) counts
// its pseudo terminals by itself.
bool is_same_device(const struct statx& file, const struct stat& device) {
  if (!S_ISCHR(file.stx_mode)) return false;
  if (makedev(file.stx_rdev_major, file.stx_rdev_minor) != device.st_rdev) return false;
  const bool is_pty = file.stx_rdev_major >= UNIX98_PTY_SLAVE_MAJOR &&
                      file.stx_rdev_major < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT;
  return !is_pty || makedev(file.stx_dev_major, file.stx_dev_minor) == device.st_dev;
}

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

bool is_alive(pid_t pid) {
  if (::kill(pid, 0) != 0 && errno != EPERM) return false;
  // The first thread may have ended before the others.
  return stat_field(pid, kStatState) != "Z" || stat_field(pid, kStatThreads) != "1";
}

bool outlives_child(pid_t pid, std::chrono::milliseconds most) {
  if (stat_field(pid, kStatParent) != std::to_string(::getpid())) return false;
  const UniqueFd child(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  if (!child) return !is_alive(pid);
  pollfd ended{.fd = child.get(), .events = POLLIN, .revents = 0};
  return ::poll(&ended, 1, static_cast<int>(most.count())) == 1;
}

// Threads are looked at one by one: a thread may have a descriptor table of its own, as our engine
// has.
std::optional<bool> has_open(pid_t pid, const struct stat& device) {
  bool hidden = false;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  const auto found = any_entry(tasks, [&](std::string_view task) {
    const std::string descriptors = tasks + '/' + std::string(task) + "/fd";
    const auto here = any_entry(descriptors, [&](std::string_view number) {
      const std::string link = descriptors + '/' + std::string(number);
      struct statx status;
      // A file server that is down is not to hold us up.
      if (::statx(AT_FDCWD, link.c_str(), AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE,
                  &status) != 0) {
        hidden = hidden || errno != ENOENT;  // which is one that was closed meanwhile
        return false;
      }
      return is_same_device(status, device);
    });
    hidden = hidden || !here;
    return here.value_or(false);
  });
  if (found == true) return true;
  if (!found || hidden) return std::nullopt;
  return false;
}

std::optional<std::chrono::nanoseconds> started_at(pid_t pid) {
  const std::string field = stat_field(pid, kStatStarted);
  std::int64_t ticks = 0;
  if (std::from_chars(field.data(), field.data() + field.size(), ticks).ec != std::errc()) {
    return std::nullopt;
  }
  const std::chrono::nanoseconds tick = std::chrono::nanoseconds(1s) / ::sysconf(_SC_CLK_TCK);
  return read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME) + ticks * tick;
}

std::optional<pid_t> find_holder(const std::string& device) {
  if (const std::optional<pid_t> pid = flock_holder(device)) return pid;
  return other_opener(device);
}

Error in_use(const std::string& device, std::optional<pid_t> holder) {
  std::string who;
  if (!holder) {
    who = "another program";
    holder = suspected_modem_manager(device);
    if (holder) who += ", probably ";
  }
  std::string program;
  if (holder) {
    program = program_of(*holder);
    who += (program.empty() ? "a program" : program) + " (pid " + std::to_string(*holder) + ')';
  }
  const char* advice = "run both through `a7600 run` or `a7600 serve`";
  if (program == kModemManager) {
    advice =
        "it takes every modem unless a udev rule says ID_MM_DEVICE_IGNORE, as the installed "
        "78-a7600.rules does for modules on USB; or `sudo systemctl stop ModemManager`";
  }
  return {.posix = EBUSY, .text = device + ": in use by " + who + "; " + advice};
}

}  // namespace a7600::serial
