// SPDX-License-Identifier: MIT
#pragma once

#include <netdb.h>
#include <sys/socket.h>
#include <sys/types.h>

namespace a7600::client {

// The C library's own functions that this room needs beside plain system calls. The preload
// library hides these names behind its hooks, so it hands over what it found below itself; a
// program that links directly has them as they are.
struct Libc {
  // Cancellation points, unlike the raw system calls.
  ssize_t (*recv)(int fd, void* data, size_t size, int flags) = nullptr;
  ssize_t (*recvmsg)(int fd, msghdr* message, int flags) = nullptr;
  ssize_t (*send)(int fd, const void* data, size_t size, int flags) = nullptr;
  ssize_t (*sendmsg)(int fd, const msghdr* message, int flags) = nullptr;

  int (*getaddrinfo)(const char* node, const char* service, const addrinfo* hints,
                     addrinfo** out) = nullptr;
  void (*freeaddrinfo)(addrinfo* list) = nullptr;
};

}  // namespace a7600::client
