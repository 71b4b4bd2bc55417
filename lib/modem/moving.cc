// SPDX-License-Identifier: MIT
//
// A link on which the module stays busy (`<err>` 8) from the first send on. Somebody else's CIPSEND
// waits there for its payload: of a host that was killed, or has lost its port, at an AT port that
// this host does not have or that is gone. Nothing ends it from here, so the link is avoided, and a
// connection that has carried nothing yet is closed and opened anew on another one. Its program
// need not know; its peer sees a connection end without a byte, and another.
#include <cerrno>
#include <utility>

#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr int kMostMoves = 2;

}  // namespace

bool Modem::may_move(const Connection& connection) const {
  return connection.state == Connection::State::kOpen && !connection.udp && connection.server < 0 &&
         connection.sent == 0 && !connection.received && !connection.readable &&
         !reads(connection) && connection.moves < kMostMoves;
}

// What was taken from the host goes with it, also when the host has closed it meanwhile.
void Modem::move(Connection& connection) {
  log(log::Level::kInfo, "link " + std::to_string(connection.link) + " to " +
                             connection.to.to_string() + ": stays busy, another is taken");
  ++counters_.retries;
  ++connection.moves;
  connection.moving = true;
  connection.state = Connection::State::kEnded;
  connection.poll_at.reset();
  connection.push_due.reset();
  connection.farewell_until.reset();
}

// The link is closed: nothing can come on it any more that would be taken for the next one's.
void Modem::dial_again(Connection& connection) {
  connection.state = Connection::State::kWaiting;
  connection.not_before.reset();
  connection.busy_retries = 0;
  connection.open_attempts = 0;
  connection.deadline = now_ + config_.connect_timeout;
}

// To the host it was open all the time. A link that it may have is closed in its turn.
void Modem::end_moving(Connection& connection, const End& end) {
  connection.moving = false;
  connection.unsent.clear();
  connection.state = Connection::State::kEnded;
  if (!connection.close_wanted) {
    ++counters_.resets;
    host_.ended(connection.id, end);
  } else if (connection.link < 0) {
    forget(connection.id);
  }
}

void Modem::give_up_waiting(ConnectionId id, const Error& error) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  if (connection->moving) {
    return end_moving(*connection, {ECONNRESET, "no other link was to be had for it"});
  }
  connections_.erase(id);
  host_.open_failed(id, error);
}

}  // namespace a7600::modem
