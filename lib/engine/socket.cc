// SPDX-License-Identifier: MIT
#include "engine/socket.h"

namespace a7600::engine {

wire::SocketState Socket::wire_state() const {
  switch (state) {
    case State::kIdle:
      return wire::SocketState::kIdle;
    case State::kListening:
      return wire::SocketState::kListening;
    case State::kConnecting:
      return wire::SocketState::kConnecting;
    case State::kConnected:
      return wire::SocketState::kConnected;
    case State::kFinished:
      return wire::SocketState::kClosedByPeer;
    case State::kFailed:
      return wire::SocketState::kFailed;
  }
  return wire::SocketState::kFailed;
}

}  // namespace a7600::engine
