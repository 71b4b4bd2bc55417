// SPDX-License-Identifier: MIT
#include "wire/status.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <type_traits>

namespace a7600::wire {
namespace {

constexpr std::size_t kMostText = 1024 * 1024;

static_assert(std::is_trivially_copyable_v<StatusHead> &&
              std::is_trivially_copyable_v<StatusLink> &&
              std::is_trivially_copyable_v<StatusServer>);

Error failed(std::string_view what) {
  const int posix = errno;
  return {posix, -1, std::string(what) + ": " + strerror(posix)};
}

bool write_all(int fd, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t put = ::write(fd, at, size);
    if (put <= 0) return false;
    at += put;
    size -= static_cast<std::size_t>(put);
  }
  return true;
}

bool read_all(int fd, void* data, std::size_t size, std::size_t offset) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::pread(fd, at, size, static_cast<off_t>(offset));
    if (got <= 0) return false;
    at += got;
    offset += static_cast<std::size_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

UniqueFd make_file() { return UniqueFd(::memfd_create("a7600", MFD_CLOEXEC | MFD_ALLOW_SEALING)); }

// The reader sees what was written, whatever the writer does afterwards.
bool seal(int fd) {
  return ::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
}

// The size of a regular file; nullopt for anything else.
std::optional<std::size_t> size_of(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < 0) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(status.st_size);
}

}  // namespace

Result<UniqueFd> write_status(Status status) {
  status.head.links = static_cast<std::uint32_t>(status.links.size());
  status.head.servers = static_cast<std::uint32_t>(status.servers.size());
  UniqueFd file = make_file();
  if (!file || !write_all(file.get(), &status.head, sizeof(status.head)) ||
      !write_all(file.get(), status.links.data(), status.links.size() * sizeof(StatusLink)) ||
      !write_all(file.get(), status.servers.data(), status.servers.size() * sizeof(StatusServer)) ||
      !seal(file.get())) {
    return failed("status");
  }
  return file;
}

Result<Status> read_status(int fd) {
  const Error wrong{EPROTO, -1, "a status of another version"};
  const auto size = size_of(fd);
  Status out;
  if (!size || *size < sizeof(out.head) || !read_all(fd, &out.head, sizeof(out.head), 0)) {
    return wrong;
  }
  const StatusHead& head = out.head;
  if (head.magic != kStatusMagic || head.version != kVersion || head.links > kMostStatusEntries ||
      head.servers > kMostStatusEntries || head.modem > ModemState::kUp) {
    return wrong;
  }
  const std::size_t links_size = head.links * sizeof(StatusLink);
  const std::size_t servers_size = head.servers * sizeof(StatusServer);
  if (*size != sizeof(head) + links_size + servers_size) return wrong;
  out.links.resize(head.links);
  out.servers.resize(head.servers);
  if (!read_all(fd, out.links.data(), links_size, sizeof(head)) ||
      !read_all(fd, out.servers.data(), servers_size, sizeof(head) + links_size)) {
    return wrong;
  }
  for (const StatusLink& link : out.links) {
    if (link.state > SocketState::kFailed) return wrong;
  }
  return out;
}

Result<UniqueFd> write_text(std::string_view text) {
  text = text.substr(0, kMostText);
  UniqueFd file = make_file();
  if (!file || !write_all(file.get(), text.data(), text.size()) || !seal(file.get())) {
    return failed("answer");
  }
  return file;
}

Result<std::string> read_text(int fd) {
  const auto size = size_of(fd);
  if (!size || *size > kMostText) return Error{EPROTO, -1, "an answer that is no text"};
  std::string out(*size, '\0');
  if (!read_all(fd, out.data(), out.size(), 0)) return Error{EPROTO, -1, "an answer cut short"};
  return out;
}

}  // namespace a7600::wire
