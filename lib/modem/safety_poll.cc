// SPDX-License-Identifier: MIT
//
// The safety poll. A data announcement can be missed (MODEM-NOTES), and so can "+IPCLOSE:". A
// stream in motion is asked soon, and so is a server's new client; a connection of ours that has
// never carried anything is asked late, and all of them ever less often.
#include <algorithm>
#include <utility>

#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstPollInMotion = 2s;
constexpr auto kFirstPollAtRest = 10s;
constexpr auto kLongestPollPause = 300s;

}  // namespace

// A client that has just connected to a server nearly always speaks first.
void Modem::expect_first_data(Connection& connection) {
  if (config_.transparent) return;
  connection.poll_pause = connection.server >= 0 ? kFirstPollInMotion : kFirstPollAtRest;
  connection.poll_at = now_ + connection.poll_pause;
}

void Modem::expect_data(Connection& connection) {
  connection.poll_pause = kFirstPollInMotion;
  connection.poll_at = now_ + connection.poll_pause;
}

// Something was sent. A bulk transfer's next chunk puts the poll off; a program that asks again and
// again, because the announcement of its answer was missed, must not.
void Modem::expect_answer(Connection& connection, bool bulk) {
  const bool comes_soon = connection.poll_at && *connection.poll_at <= now_ + kFirstPollInMotion;
  if (bulk || !comes_soon) return expect_data(connection);
  connection.poll_pause = kFirstPollInMotion;
}

// Asks for what may have been missed. In direct push mode, where nothing need ever be asked, this
// is also how a module that has fallen silent is found out.
void Modem::safety_poll(Connection& connection) {
  connection.readable = connection.readable || rx_mode_.buffered();
  ask_still_open_ = ask_still_open_ || (!connection.udp && connection.room);
  connection.poll_pause =
      std::min<std::chrono::seconds>(connection.poll_pause * 3, kLongestPollPause);
  connection.poll_at = now_ + connection.poll_pause;
}

bool Modem::next_still_open() {
  const bool is_due = ended_links_.take_due(now_);
  if (!is_due && !ask_still_open_ && hints_.empty()) return false;
  ask_still_open_ = false;
  still_open_ = {};
  asked_hints_ = std::exchange(hints_, {});
  command(Task::kStillOpen, 0, {.text = "AT+CIPOPEN?", .payload = {}});
  return true;
}

void Modem::on_still_open_answer(const chat::Answer& answer) {
  settle_doubts(answer.final == chat::Final::kOk);
  if (answer.final != chat::Final::kOk) {
    ended_links_.unanswered(now_);
    if (!asked_hints_.empty()) {
      start_check("it is not known which links are open");
    } else if (answer.has_no_reason()) {
      start_check("AT+CIPOPEN?: ERROR alone");
    }
    return;
  }
  check_hints();
  close_kept();
  std::vector<int> closed;
  for (auto& [id, connection] : connections_) {
    if (connection.state != Connection::State::kOpen || connection.udp) continue;
    const bool open = still_open_[static_cast<std::size_t>(connection.link)].has_value();
    // Its last data, and "+IPCLOSE:", may be on their way behind this answer.
    if (!open && connection.seems_closed) closed.push_back(connection.link);
    if (!open && !std::exchange(connection.seems_closed, true)) expect_data(connection);
  }
  for (const int link : closed) {
    log(log::Level::kWarn, "link " + std::to_string(link) + " has closed unnoticed");
    on_link_closed({link, 1});
  }
}

}  // namespace a7600::modem
