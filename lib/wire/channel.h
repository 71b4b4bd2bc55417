// SPDX-License-Identifier: MIT
#pragma once

#include <sys/un.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "wire/message.h"

// The connections that control messages travel on: AF_UNIX SOCK_SEQPACKET, so that a message is
// whole or not there. Nothing here allocates memory: it runs inside system call hooks.
namespace a7600::wire {

// An engine's address: a path, or an abstract name written with a leading '@'.
struct UnixAddress {
  sockaddr_un address{};
  socklen_t length = 0;

  // nullopt if `name` is empty or too long for a socket address.
  static std::optional<UnixAddress> from(std::string_view name);
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
  // As from() takes it.
  std::string text() const;
  // The abstract name without its NUL, or empty for anything else.
  std::string_view abstract_name() const;
};

// Sends one message with at most one descriptor (-1: none). 0 or an errno.
int send_message(int fd, const void* message, std::size_t size, int descriptor);

template <typename Message>
int send(int fd, const Message& message, int descriptor = -1) {
  return send_message(fd, &message, sizeof(message), descriptor);
}

// Receives one message of exactly `size` bytes and at most one descriptor, close-on-exec. 0 or an
// errno; ECONNRESET at the end of the stream, EPROTO for a message of another size.
int receive_message(int fd, void* message, std::size_t size, UniqueFd& descriptor, int flags);

// `flags` as for recvmsg(2). EPROTO also for a message that is not valid().
template <typename Message>
int receive(int fd, Message& message, UniqueFd& descriptor, int flags = 0) {
  if (const int error = receive_message(fd, &message, sizeof(message), descriptor, flags)) {
    return error;
  }
  return valid(message) ? 0 : EPROTO;
}

// Who is at the other end. nullopt if the kernel doesn't say.
std::optional<ucred> peer_of(int fd);

}  // namespace a7600::wire
