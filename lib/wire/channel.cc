// SPDX-License-Identifier: MIT
#include "wire/channel.h"

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/sys.h"

namespace a7600::wire {

std::optional<UnixAddress> UnixAddress::from(std::string_view name) {
  UnixAddress out;
  if (name.empty() || name.size() >= sizeof(out.address.sun_path)) return std::nullopt;
  out.address.sun_family = AF_UNIX;
  std::memcpy(out.address.sun_path, name.data(), name.size());
  std::size_t path_size = name.size() + 1;
  if (name.front() == '@') {
    out.address.sun_path[0] = '\0';
    path_size = name.size();
  }
  out.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_size);
  return out;
}

std::string UnixAddress::text() const {
  const std::string_view name = abstract_name();
  return name.empty() ? std::string(address.sun_path) : '@' + std::string(name);
}

std::string_view UnixAddress::abstract_name() const {
  constexpr std::size_t kStart = offsetof(sockaddr_un, sun_path) + 1;
  if (length <= kStart || address.sun_family != AF_UNIX || address.sun_path[0] != '\0') return {};
  return {address.sun_path + 1, length - kStart};
}

int send_message(int fd, const void* message, std::size_t size, int descriptor) {
  iovec part{const_cast<void*>(message), size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (descriptor >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof(control);
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof(int));
  }
  ssize_t sent = 0;
  do {
    sent = sys::sendmsg(fd, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

int receive_message(int fd, void* message, std::size_t size, UniqueFd& descriptor, int flags) {
  iovec part{message, size};
  // Room for more than one descriptor, so that a surplus is seen and closed, not leaked.
  alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  const ssize_t got = sys::recvmsg(fd, &header, flags | MSG_CMSG_CLOEXEC);
  if (got < 0) return errno;
  int surplus = 0;
  for (cmsghdr* part_header = CMSG_FIRSTHDR(&header); part_header != nullptr;
       part_header = CMSG_NXTHDR(&header, part_header)) {
    if (part_header->cmsg_level != SOL_SOCKET || part_header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part_header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int passed = -1;
      std::memcpy(&passed, CMSG_DATA(part_header) + i * sizeof(int), sizeof(int));
      if (descriptor) {
        ++surplus;
        sys::close(passed);
      } else {
        descriptor.reset(passed);
      }
    }
  }
  if (got == 0) return ECONNRESET;
  const bool cut = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  if (cut || surplus > 0 || static_cast<std::size_t>(got) != size) return EPROTO;
  return 0;
}

std::optional<ucred> peer_of(int fd) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (sys::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer;
}

}  // namespace a7600::wire
