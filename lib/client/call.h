// SPDX-License-Identifier: MIT
#pragma once

#include <sys/time.h>

#include <optional>

#include "base/unique_fd.h"
#include "wire/channel.h"
#include "wire/message.h"

namespace a7600::client {

// One control call: connect to the engine, send the request, read the reply, close. Nothing of it
// stays open between calls, so close_range(2), fork and exec can't break it. Allocates nothing.
struct Call {
  enum class Wait {
    kLikeConnect,     // signals interrupt or restart it, and `timeout` bounds it, as connect(2)
    kThroughSignals,  // only the engine ends it
  };

  wire::Request request;
  int descriptor = -1;  // sent along; stays the caller's
  // It is closed behind the request; then the call's own side is shut down, which tells the engine.
  bool closes_descriptor = false;
  Wait wait = Wait::kThroughSignals;
  timeval timeout{};  // kLikeConnect: SO_SNDTIMEO of the socket; zero waits for ever

  wire::Reply reply;
  UniqueFd received;
  bool replied = false;
  bool descriptor_closed = false;

  // 0 when there is a reply, whatever it says; else an errno: EINTR; EINPROGRESS when `timeout`
  // has run out; ECONNREFUSED when no engine takes calls there; EACCES when the one that does
  // belongs to another user; ENETDOWN when it died. Prints the notice that the reply carries.
  int run(const wire::UnixAddress& engine);
  // Sends a request that is not answered. 0 or an errno, as run().
  int post(const wire::UnixAddress& engine);
  // run(), with the reply's own error if there is a reply.
  int result_of(const wire::UnixAddress& engine);

 private:
  int open(const wire::UnixAddress& engine, UniqueFd& connection);
};

// The state of a socket; nullopt when its engine doesn't say.
std::optional<wire::SocketState> state_of(int fd, const wire::UnixAddress& engine);

}  // namespace a7600::client
