// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "wire/channel.h"

namespace a7600::client {

// How an epoll instance watches a descriptor.
struct Registration {
  int epoll_fd;
  epoll_event event;
};

// Those of `fd` in the process that `process` leads to: "/proc/self".
std::vector<Registration> registrations_of(const std::string& process, int fd);
// Gives `to` the file status flags of `from` that belong to a program.
void copy_status(int from, int to);

// Puts `fresh` under the number `fd`, with fd's descriptor flags, file status flags and epoll
// registrations (event bits and data as they were). 0 or an errno; fd is then as it was.
int replace(int fd, UniqueFd fresh);

// Makes the modem socket `fd` a kernel socket of its kind, with the options that the program has
// set and its bound port. 0 or an errno; EISCONN if it is connected through the modem.
int hand_to_kernel(int fd, const wire::UnixAddress& engine);

}  // namespace a7600::client
