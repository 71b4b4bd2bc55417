// SPDX-License-Identifier: MIT
#include "serial/holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <functional>
#include <string_view>

#include "base/unique_fd.h"

namespace a7600::serial {
namespace {

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

// Calls `found` with the names in `directory` until it returns true; returns whether it did.
bool any_entry(const std::string& directory, const std::function<bool(std::string_view)>& found) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return false;
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

bool has_open(const std::string& descriptors, const std::string& device) {
  return any_entry(descriptors, [&](std::string_view number) {
    char target[256];
    const std::string link = descriptors + '/' + std::string(number);
    const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
    return size > 0 && std::string_view(target, static_cast<std::size_t>(size)) == device;
  });
}

// Threads are looked at one by one: a thread may have a descriptor table of its own, as our engine
// has.
std::optional<pid_t> other_opener(const std::string& device) {
  std::optional<pid_t> opener;
  any_entry("/proc", [&](std::string_view process) {
    const std::optional<pid_t> pid = parse_pid(process);
    if (!pid || *pid == ::getpid()) return false;
    const std::string tasks = "/proc/" + std::string(process) + "/task";
    if (any_entry(tasks, [&](std::string_view task) {
          return has_open(tasks + '/' + std::string(task) + "/fd", device);
        })) {
      opener = pid;
    }
    return opener.has_value();
  });
  return opener;
}

}  // namespace

bool is_alive(pid_t pid) { return ::kill(pid, 0) == 0 || errno == EPERM; }

std::optional<pid_t> find_holder(const std::string& device) {
  if (const std::optional<pid_t> pid = flock_holder(device)) return pid;
  return other_opener(device);
}

Error in_use(const std::string& device, std::optional<pid_t> holder) {
  std::string program;
  std::string who = "another program";
  if (holder) {
    program = read_all("/proc/" + std::to_string(*holder) + "/comm");
    if (program.ends_with('\n')) program.pop_back();
    who = (program.empty() ? "a program" : program) + " (pid " + std::to_string(*holder) + ')';
  }
  const char* advice = "run both through `a7600 run` or `a7600 serve`";
  if (program == "ModemManager") {
    advice =
        "it takes every modem unless a udev rule says ID_MM_DEVICE_IGNORE, as the installed "
        "78-a7600.rules does for modules on USB; or `sudo systemctl stop ModemManager`";
  }
  return {.posix = EBUSY, .text = device + ": in use by " + who + "; " + advice};
}

}  // namespace a7600::serial
