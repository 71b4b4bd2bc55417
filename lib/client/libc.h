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
  // A cancellation point, unlike the raw system call.
  ssize_t (*recv)(int fd, void* data, size_t size, int flags) = nullptr;
  int (*getaddrinfo)(const char* node, const char* service, const addrinfo* hints,
                     addrinfo** out) = nullptr;
  void (*freeaddrinfo)(addrinfo* list) = nullptr;
  int (*gethostbyname2_r)(const char* name, int family, hostent* out, char* buffer, size_t size,
                          hostent** result, int* error) = nullptr;
};

}  // namespace a7600::client
