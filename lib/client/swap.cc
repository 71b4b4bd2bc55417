// SPDX-License-Identifier: MIT
#include "client/swap.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "base/sys.h"
#include "client/address.h"
#include "client/call.h"
#include "client/runtime.h"
#include "client/unconnected.h"

namespace a7600::client {
namespace {

std::string read_file(const char* path) {
  std::string out;
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  char buffer[4096];
  ssize_t got = 0;
  while (file && (got = ::read(file.get(), buffer, sizeof(buffer))) > 0) {
    out.append(buffer, static_cast<std::size_t>(got));
  }
  return out;
}

template <typename Number>
Number number_after(std::string_view line, std::string_view key, int base) {
  Number value{};
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return value;
  line.remove_prefix(at + key.size());
  while (line.starts_with(' ')) line.remove_prefix(1);
  std::from_chars(line.data(), line.data() + line.size(), value, base);
  return value;
}

// The kernel lists an epoll instance's registrations in its fdinfo, one line each:
// "tfd:        5 events: 80000019 data:                5  pos:0 ino:… sdev:…".
void find_in_epoll(const std::string& process, int epoll_fd, int fd,
                   std::vector<Registration>& out) {
  const std::string text = read_file((process + "/fdinfo/" + std::to_string(epoll_fd)).c_str());
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (!line.starts_with("tfd:") || number_after<int>(line, "tfd:", 10) != fd) continue;
    Registration registration{epoll_fd, {}};
    registration.event.events = number_after<std::uint32_t>(line, "events:", 16);
    registration.event.data.u64 = number_after<std::uint64_t>(line, "data:", 16);
    out.push_back(registration);
  }
}

}  // namespace

std::vector<Registration> registrations_of(const std::string& process, int fd) {
  std::vector<Registration> out;
  DIR* directory = ::opendir((process + "/fd").c_str());
  if (directory == nullptr) return out;
  while (const dirent* entry = ::readdir(directory)) {
    char target[64];
    const ssize_t size = ::readlinkat(::dirfd(directory), entry->d_name, target, sizeof(target));
    if (size <= 0) continue;
    if (std::string_view(target, static_cast<std::size_t>(size)) != "anon_inode:[eventpoll]") {
      continue;
    }
    int epoll_fd = -1;
    const std::string_view name = entry->d_name;
    std::from_chars(name.data(), name.data() + name.size(), epoll_fd);
    find_in_epoll(process, epoll_fd, fd, out);
  }
  ::closedir(directory);
  return out;
}

void copy_status(int from, int to) {
  constexpr int kKept = O_NONBLOCK | O_ASYNC | O_APPEND;
  const int status = ::fcntl(from, F_GETFL);
  ::fcntl(to, F_SETFL, (::fcntl(to, F_GETFL) & ~kKept) | (status & kKept));
}

int replace(int fd, UniqueFd fresh) {
  if (const OnBehalf* other = Runtime::get().on_behalf()) return other->replace(fd, fresh.get());
  const int flags = ::fcntl(fd, F_GETFD);
  if (flags < 0) return errno;
  copy_status(fd, fresh.get());

  const std::vector<Registration> registrations = registrations_of("/proc/self", fd);
  // A registration belongs to the open file, not to the number: another descriptor of the old
  // socket would keep it alive.
  for (const Registration& registration : registrations) {
    ::epoll_ctl(registration.epoll_fd, EPOLL_CTL_DEL, fd, nullptr);
  }
  const bool replaced = ::dup3(fresh.get(), fd, (flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0) == fd;
  const int error = replaced ? 0 : errno;
  forget_unconnected(fd);
  for (Registration registration : registrations) {
    ::epoll_ctl(registration.epoll_fd, EPOLL_CTL_ADD, fd, &registration.event);
  }
  return error;
}

int hand_to_kernel(int fd, const wire::UnixAddress& engine) {
  Call call;
  call.request.op = wire::Op::kRelease;
  call.descriptor = fd;
  if (const int error = call.result_of(engine)) return error;
  const wire::Reply& old = call.reply;

  UniqueFd fresh(sys::socket(old.domain, old.type | SOCK_CLOEXEC, 0));
  if (!fresh) return errno;
  for (std::size_t at = 0; at + sizeof(wire::OptionRecord) <= old.size;
       at += sizeof(wire::OptionRecord)) {
    wire::OptionRecord option;
    std::memcpy(&option, old.data.data() + at, sizeof(option));
    sys::setsockopt(fresh.get(), option.level, option.name, option.value.data(), option.size);
  }
  const bool bound = old.value != 0;
  if (bound) {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    write_address(old.local(), old.domain, reinterpret_cast<sockaddr*>(&address), &length);
    if (sys::bind(fresh.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
      return errno;
    }
  }
  return replace(fd, std::move(fresh));
}

}  // namespace a7600::client
