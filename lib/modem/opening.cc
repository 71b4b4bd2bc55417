// SPDX-License-Identifier: MIT
//
// From a connection that waits for a link to one that is open (manual 2.3).
#include <algorithm>
#include <cerrno>
#include <utility>

#include "at/command.h"
#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kBusyPause = 200ms;
constexpr auto kReclaimPause = 1s;  // links of our own may fall free meanwhile
constexpr auto kClientNews = 1s;    // how late the "+CLIENT:" of a link may come
constexpr auto kTimeoutMargin = 500ms;
constexpr int kOpenAttempts = 12;  // every link once, and a little patience
constexpr int kGarbledRetries = 2;

}  // namespace

std::optional<int> Modem::free_link() const {
  return config_.transparent ? links_.pick_for_data_mode() : links_.pick();
}

// A datagram socket that is closed keeps its port while what it has sent is on its way, and a
// connection while it closes. The module would refuse the port to the next one (manual 4).
bool Modem::is_port_held(const Connection& wanting) const {
  if (!wanting.local_port) return false;
  return std::any_of(connections_.begin(), connections_.end(), [&wanting](const auto& entry) {
    const Connection& other = entry.second;
    return other.id != wanting.id && other.link >= 0 && other.udp == wanting.udp &&
           other.local_port == wanting.local_port && (other.udp || other.close_wanted);
  });
}

bool Modem::next_open() {
  const std::optional<int> link = free_link();
  // What the second port was left with is to be over before a link can be its victim.
  if (side_.is_starting() && !is_link_in_use()) return false;
  if (leftovers_flow()) return false;
  if (!link) return next_reclaim();
  // Its last owner's transfer may still be on the other channel.
  if (side_.carries() && side_.carries()->link == *link) return false;
  // The map is ordered by id, and ids are given in order: first come, first served.
  for (auto& [id, connection] : connections_) {
    if (connection.state != Connection::State::kWaiting) continue;
    if (connection.not_before && now_ < *connection.not_before) continue;
    if (is_port_held(connection)) continue;
    connection.not_before.reset();
    connection.state = Connection::State::kOpening;
    connection.link = *link;
    connection.link_open = false;
    connection.opened = false;
    connection.displaced = false;
    connection.end_doubted = false;
    connection.end_told = false;
    ended_links_.forget(*link);
    // Of an attempt before, on a link that was a stranger's.
    connection.readable = false;
    connection.unread = false;
    connection.early.clear();
    connection.pushed_via.reset();
    early_data_[static_cast<std::size_t>(*link)] = false;
    ++connection.open_attempts;
    connection.dialled = now_;
    links_.assign(*link, id);
    schedule_.forget(*link);
    command(Task::kOpen, id,
            {.text = connection.udp ? at::open_udp(*link, connection.local_port.value_or(0))
                                    : at::open_tcp(*link, connection.to, connection.local_port),
             .shape = config_.transparent ? chat::Shape::kDial : chat::Shape::kPlain,
             .payload = {},
             .timeout = config_.connect_timeout + 5s});
    return true;
  }
  return false;
}

// With every link that is not ours refused, one of them is closed, which a module that keeps a link
// behind its "+IPCLOSE:" may wait for. It is tried again then; what the module meant may have been
// the open itself ("Operation not supported", manual 4), for which no link is any better.
bool Modem::next_reclaim() {
  const std::optional<int> link =
      config_.transparent ? links_.foreign_for_data_mode() : links_.oldest_foreign();
  const bool wanted = std::any_of(connections_.begin(), connections_.end(), [](const auto& entry) {
    return entry.second.state == Connection::State::kWaiting;
  });
  if (!link || !wanted || now_ < reclaim_not_before_) return false;
  reclaim_not_before_ = now_ + kReclaimPause;
  // It is free when the module says that it is closed.
  links_.mark_foreign(*link);
  strays_.push_back(*link);
  return next_stray();
}

void Modem::on_open_answer(Connection& connection, const chat::Answer& answer) {
  // The result line came first, and everything is done.
  if (connection.state != Connection::State::kOpening) return;
  if (connection.displaced) return retry_open(connection, 0ms);
  switch (answer.final) {
    case chat::Final::kOk:
      if (chat_.in_data_mode()) {
        enter_data_mode();
        return on_opened(connection);
      }
      if (connection.opened) return on_opened(connection);
      connection.result_due = now_ + config_.connect_timeout + 5s;
      break;
    case chat::Final::kError:
      // Not ours: the late success of somebody who had the link before.
      if (connection.opened) {
        strays_.push_back(connection.link);
        links_.mark_foreign(connection.link);
        connection.link = -1;
        return retry_open(connection, kBusyPause);
      }
      if (answer.final_line == "CONNECT FAIL" || answer.final_line == "NO CARRIER") {
        // Transparent mode gives no reason; the time that it has taken is one.
        const bool in_time = now_ - connection.dialled < config_.connect_timeout - kTimeoutMargin;
        on_open_result({connection.link,
                        static_cast<int>(in_time ? at::Err::kNetworkFailure : at::Err::kTimeout)});
      } else if (answer.info == at::ErrInfo::kNetworkNotOpened) {
        on_open_result({connection.link, static_cast<int>(at::Err::kNetworkNotOpened)});
      } else if (!answer.err && answer.text.empty() && connection.garbled_opens < kGarbledRetries) {
        // Without a reason the command itself may have been garbled on the line; nothing was
        // opened. A module that says so again may have no TCP/IP any more.
        const bool again = ++connection.garbled_opens == kGarbledRetries;
        retry_open(connection, kBusyPause);
        if (again) start_check("AT+CIPOPEN: ERROR alone");
      } else {
        open_failed(connection, answer.info == at::ErrInfo::kInvalidParameter ? EINVAL : EIO, -1,
                    answer.text.empty() ? "ERROR" : answer.text);
      }
      break;
    case chat::Final::kTimeout:
      // Nothing was told to anybody, and a module that has restarted knows nothing of it either.
      if (has_just_booted()) return retry_open(connection, 0ms);
      open_failed(connection, ETIMEDOUT, -1, "the module gave no answer");
      break;
  }
}

void Modem::on_open_result(const at::OpenResult& result) {
  Connection* connection = by_link(result.link);
  if (connection == nullptr || connection->state != Connection::State::kOpening) {
    if (connection == nullptr && result.err == 0 && phase_ == Phase::kUp && result.link >= 0 &&
        result.link < at::kLinks) {
      links_.mark_foreign(result.link);
      strays_.push_back(result.link);
    }
    return;
  }
  connection->result_due.reset();
  switch (static_cast<at::Err>(result.err)) {
    case at::Err::kSuccess:
      // Before its OK: only that tells that the answer is ours.
      if (task_ == Task::kOpen && task_id_ == connection->id) {
        connection->opened = true;
        return;
      }
      return on_opened(*connection);
    case at::Err::kNetworkFailure:
      connection->state = Connection::State::kRefused;
      return;
    case at::Err::kNetworkNotOpened:
      if (connection->open_attempts > 2) break;
      return network_lost("+CIPOPEN: network not opened");
    case at::Err::kNotSupported:
    case at::Err::kSocketsOpened:
      if (connection->open_attempts >= kOpenAttempts) break;
      links_.mark_foreign(connection->link);
      // The word of a server's client that has it may be on its way.
      if (!servers_.empty()) {
        reclaim_not_before_ = std::max(reclaim_not_before_, now_ + kClientNews);
      }
      connection->link = -1;
      return retry_open(*connection, 0ms);
    case at::Err::kBusy:
      // As while it opens another, which may take as long as a connection may.
      if (now_ + kBusyPause >= connection->deadline) break;
      --connection->open_attempts;
      return retry_open(*connection, kBusyPause);
    default:
      break;
  }
  const at::ErrRow& row = at::err_row(result.err);
  open_failed(*connection, row.posix, result.err, std::string(row.text));
}

void Modem::on_opened(Connection& connection) {
  connection.state = Connection::State::kOpen;
  connection.link_open = true;
  early_pushes_.forget(connection.link);
  leftovers_until_.reset();
  expect_first_data(connection);
  if (connection.end_doubted && !config_.transparent) ask_still_open_ = true;
  log(log::Level::kInfo,
      "link " + std::to_string(connection.link) + " is open to " + connection.to.to_string());
  if (std::exchange(connection.moving, false) || connection.close_wanted) return;
  host_.opened(connection.id);
  const std::vector<std::byte> early = std::exchange(connection.early, {});
  if (!early.empty()) give(connection, connection.to, early);
}

void Modem::retry_open(Connection& connection, std::chrono::milliseconds pause) {
  ++counters_.retries;
  links_.release(connection.link);
  connection.link = -1;
  if (connection.close_wanted && !connection.moving) return forget(connection.id);
  connection.state = Connection::State::kWaiting;
  connection.not_before = now_ + pause;
}

void Modem::open_failed(Connection& connection, int posix, int err, std::string text) {
  const ConnectionId id = connection.id;
  const std::string what = "connect to " + connection.to.to_string() + ": " + text;
  log(log::Level::kInfo, what);
  // One report says that a link was open after a time-out all the same (MODEM-NOTES): close it.
  const bool maybe_open = posix == ETIMEDOUT;
  if (connection.moving) {
    connection.link_open = maybe_open;
    if (!maybe_open) links_.release(std::exchange(connection.link, -1));
    return end_moving(connection, {ECONNRESET, "no other link could be opened to it"});
  }
  const bool tell = !connection.close_wanted;
  connection.failed = tell;
  connection.link_open = maybe_open;
  connection.close_wanted = true;
  connection.state = Connection::State::kEnded;
  if (!maybe_open) release_link(connection);
  if (tell) host_.open_failed(id, Error{posix, err, what});
}

bool Modem::next_refused() {
  for (auto& [id, connection] : connections_) {
    if (connection.state != Connection::State::kRefused) continue;
    network_open_.reset();
    command(Task::kWhyRefused, id, {.text = "AT+NETOPEN?", .payload = {}});
    return true;
  }
  return false;
}

void Modem::on_refused_answer(Connection& connection, const chat::Answer& answer) {
  if (connection.state != Connection::State::kRefused) return;
  if (answer.final == chat::Final::kOk && network_open_ == false) {
    const ConnectionId id = connection.id;
    open_failed(connection, ENETDOWN, 1, "the network is closed");
    if (Connection* left = find(id)) left->link_open = false;
    return network_lost("AT+NETOPEN?: the network is closed");
  }
  const at::ErrRow& row = at::err_row(static_cast<int>(at::Err::kNetworkFailure));
  open_failed(connection, row.posix, static_cast<int>(row.err), std::string(row.text));
}

}  // namespace a7600::modem
