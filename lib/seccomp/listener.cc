// SPDX-License-Identifier: MIT
#include "seccomp/listener.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "seccomp/kernel.h"

namespace a7600::seccomp {

std::optional<Listener> Listener::of(int fd) {
  std::array<char, 64> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  if (size <= 0 || std::string_view(target.data(), static_cast<std::size_t>(size)) !=
                       "anon_inode:seccomp notify") {
    return std::nullopt;
  }
  // The program goes on where this thread has just run: about twice as fast where the kernel
  // can do it (Linux 6.6).
  ::ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
  const Features features = probe(fd);
  return Listener(fd, features);
}

std::optional<seccomp_notif> Listener::receive() const {
  // Asked first: where nobody is left under the filter, older kernels would wait for ever.
  pollfd poll{fd_, POLLIN, 0};
  if (::poll(&poll, 1, -1) < 0) return std::nullopt;
  if ((poll.revents & POLLIN) == 0) {
    errno = ENOENT;
    return std::nullopt;
  }
  seccomp_notif out{};
  if (::ioctl(fd_, SECCOMP_IOCTL_NOTIF_RECV, &out) == 0) return out;
  // ENOENT: the thread died while it was looked at.
  errno = EAGAIN;
  return std::nullopt;
}

bool Listener::is_waiting(std::uint64_t id) const {
  return ::ioctl(fd_, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

bool Listener::answer(std::uint64_t id, std::int64_t value, int error) const {
  seccomp_notif_resp response{};
  response.id = id;
  response.val = error == 0 ? value : 0;
  response.error = -error;
  return ::ioctl(fd_, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0;
}

bool Listener::pass(std::uint64_t id) const {
  seccomp_notif_resp response{};
  response.id = id;
  response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  return ::ioctl(fd_, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0;
}

int Listener::add(std::uint64_t id, int fd, std::uint32_t flags, int number,
                  bool close_on_exec) const {
  seccomp_notif_addfd add{};
  add.id = id;
  add.flags = flags;
  add.srcfd = static_cast<std::uint32_t>(fd);
  add.newfd = static_cast<std::uint32_t>(number);
  add.newfd_flags = close_on_exec ? O_CLOEXEC : 0;
  int out = 0;
  do {
    out = ::ioctl(fd_, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
  } while (out < 0 && errno == EINTR);
  return out;
}

bool Listener::answer_with_descriptor(std::uint64_t id, int fd, bool close_on_exec) const {
  if (features_.send_descriptor) {
    return add(id, fd, SECCOMP_ADDFD_FLAG_SEND, 0, close_on_exec) >= 0;
  }
  const int number = add(id, fd, 0, 0, close_on_exec);
  return number >= 0 && answer(id, number, 0);
}

bool Listener::put_descriptor(std::uint64_t id, int fd, int number, bool close_on_exec) const {
  return add(id, fd, SECCOMP_ADDFD_FLAG_SETFD, number, close_on_exec) >= 0;
}

}  // namespace a7600::seccomp
