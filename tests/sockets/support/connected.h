// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>
#include <sys/ioctl.h>

#include <string>

#include "support/case.h"
#include "support/direct.h"
#include "support/far.h"
#include "support/look.h"

namespace sockets {

// A client that is connected, and its peer.
struct Connected {
  far::Listener listener;
  int fd = tcp();
  far::Stream peer;

  Connected() {
    NEED(connect_to(fd, listener.address()));
    peer = listener.next();
  }

  // Waits until `bytes` have arrived.
  void hear(const std::string& bytes) {
    peer.give(bytes);
    int there = 0;
    while (there < static_cast<int>(bytes.size())) {
      await(fd, POLLIN);
      NEED(::ioctl(fd, FIONREAD, &there));
    }
  }
};

}  // namespace sockets
