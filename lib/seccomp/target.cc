// SPDX-License-Identifier: MIT
#include "seccomp/target.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <string>
#include <string_view>

#include "seccomp/kernel.h"

namespace a7600::seccomp {
namespace {

// A thread's status file: lines of "Key:\tvalue".
class StatusFile {
 public:
  explicit StatusFile(pid_t thread) {
    const UniqueFd file(
        ::open(("/proc/" + std::to_string(thread) + "/status").c_str(), O_RDONLY | O_CLOEXEC));
    const ssize_t got = file ? ::read(file.get(), text_.data(), text_.size()) : 0;
    size_ = got > 0 ? static_cast<std::size_t>(got) : 0;
  }

  std::uint64_t number(std::string_view key, int base) const {
    const std::string_view text(text_.data(), size_);
    std::uint64_t out = 0;
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) return out;
    std::from_chars(text.data() + at + key.size(), text.data() + text.size(), out, base);
    return out;
  }

 private:
  std::array<char, 8192> text_;
  std::size_t size_ = 0;
};

constexpr std::uint64_t bit(int signal) { return std::uint64_t{1} << (signal - 1); }
constexpr std::uint64_t kStops = bit(SIGSTOP) | bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU);

}  // namespace

pid_t Target::process() const {
  return static_cast<pid_t>(StatusFile(thread_).number("\nTgid:\t", 10));
}

int Target::open_process() const {
  if (process_fd_) return process_fd_.get();
  // A thread may have a descriptor table of its own; before Linux 6.9 only the process's first
  // thread can be asked for.
  long fd = ::syscall(SYS_pidfd_open, thread_, PIDFD_THREAD);
  if (fd < 0 && errno == EINVAL) fd = ::syscall(SYS_pidfd_open, process(), 0);
  process_fd_.reset(static_cast<int>(fd));
  return process_fd_.get();
}

UniqueFd Target::descriptor(int fd) const {
  const int process = open_process();
  if (process < 0) return {};
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_getfd, process, fd, 0)));
}

bool Target::is_open() const { return descriptor(INT_MAX) || errno != EPERM; }

bool Target::has_free_number() const {
  rlimit limit{};
  if (::prlimit(thread_, RLIMIT_NOFILE, nullptr, &limit) != 0 || limit.rlim_cur == 0) return false;
  if (limit.rlim_cur > INT_MAX) return true;
  // Nearly always the last number is free, which is quickly seen.
  if (!descriptor(static_cast<int>(limit.rlim_cur - 1)) && errno == EBADF) return true;
  for (int fd = 0; fd < static_cast<int>(limit.rlim_cur); ++fd) {
    if (!descriptor(fd) && errno == EBADF) return true;
  }
  return false;
}

bool Target::read(std::uint64_t address, std::span<std::byte> into) const {
  if (into.empty()) return true;
  const iovec own{into.data(), into.size()};
  const iovec remote{reinterpret_cast<void*>(address), into.size()};
  const ssize_t got = ::process_vm_readv(thread_, &own, 1, &remote, 1, 0);
  return got == static_cast<ssize_t>(into.size());
}

bool Target::write(std::uint64_t address, std::span<const std::byte> from) const {
  if (from.empty()) return true;
  const iovec own{const_cast<std::byte*>(from.data()), from.size()};
  const iovec remote{reinterpret_cast<void*>(address), from.size()};
  const ssize_t put = ::process_vm_writev(thread_, &own, 1, &remote, 1, 0);
  return put == static_cast<ssize_t>(from.size());
}

Target::Signal Target::pending_signal() const {
  const StatusFile status(thread_);
  const std::uint64_t acts =
      (status.number("\nSigCgt:\t", 16) | (kStops & ~status.number("\nSigIgn:\t", 16))) &
      ~status.number("\nSigBlk:\t", 16);
  if ((status.number("\nSigPnd:\t", 16) & acts) != 0) return Signal::kMine;
  if ((status.number("\nShdPnd:\t", 16) & acts) == 0) return Signal::kNone;
  return status.number("\nThreads:\t", 10) == 1 ? Signal::kMine : Signal::kAnyThreads;
}

}  // namespace a7600::seccomp
