// SPDX-License-Identifier: MIT
//
// Direct push mode (manual 1.2): received data that comes by itself, and whose it is.
#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

// A pushed payload of so many bytes is one of many, as a rule.
constexpr std::size_t kBulkPush = 512;
// Small sends in a row, beside a bulk download, that are worth the turnarounds of buffer access.
constexpr int kTypedSends = 2;
// How long a module may take to push what it held when push began (manual 2.5, note 3).
constexpr auto kPushWait = 2s;

bool may_receive(const Connection& connection) {
  return connection.link_open || connection.state == Connection::State::kOpening ||
         connection.state == Connection::State::kDraining;
}

}  // namespace

// Whether the module may hold received data that has to be asked for.
bool Modem::reads_by_command() const {
  return !config_.transparent && (rx_mode_.buffered() || rx_mode_.changing());
}

bool Modem::everyone_keeps_up() const {
  return std::all_of(connections_.begin(), connections_.end(), [](const auto& entry) {
    const Connection& connection = entry.second;
    return connection.room && connection.state != Connection::State::kDraining;
  });
}

// Whether what names a pushed payload will do for every connection there is, or is about to be.
bool Modem::is_owner_certain() const {
  if (rx_mode_.naming() == RxMode::Naming::kLink) return true;
  // A link that somebody else has opened may have any peer, as one had of which the module has kept
  // data.
  if (links_.has_foreign() || links_.has_unread()) return false;
  std::set<Endpoint> peers;
  std::size_t count = 0;
  bool datagrams = false;
  for (const auto& [id, connection] : connections_) {
    if (connection.state == Connection::State::kEnded && !connection.link_open) continue;
    ++count;
    datagrams = datagrams || connection.udp;
    peers.insert(connection.to);
  }
  if (count <= 1) return true;
  return rx_mode_.naming() == RxMode::Naming::kSource && !datagrams && peers.size() == count;
}

bool Modem::has_stream() const {
  return std::any_of(connections_.begin(), connections_.end(),
                     [](const auto& entry) { return !entry.second.udp && entry.second.link_open; });
}

// What the module has kept of a link that is closed, one of ours or of a host before, comes, too,
// when push begins. By its source alone it would be taken for what a connection to the same peer
// receives. A module that pushes keeps nothing, and takes the question in the other mode only
// (manual 2.5, note 2).
bool Modem::next_unread() {
  if (!rx_mode_.buffered() || !rx_mode_.push_wanted()) return false;
  if (rx_mode_.naming() == RxMode::Naming::kLink) return false;
  // Ten commands, which are spent only where there is a stream that could be spoilt.
  if (hidden_leftovers_ && has_stream()) {
    hidden_leftovers_ = false;
    links_.suspect_all();
  }
  const std::optional<int> link = links_.take_suspect();
  if (!link) return false;
  command(Task::kUnread, 0, {.text = at::unread(*link), .payload = {}});
  return true;
}

bool Modem::next_rx_mode() {
  if (rx_mode_.policy() == PushPolicy::kNever && rx_mode_.buffered()) return false;
  const bool datagrams = std::any_of(connections_.begin(), connections_.end(),
                                     [](const auto& entry) { return entry.second.udp; });
  rx_mode_.need_push(datagrams);
  if (next_unread()) return true;
  if (!rx_command_) {
    rx_command_ = rx_mode_.next_command({everyone_keeps_up(), is_owner_certain()}, now_);
  }
  if (!rx_command_) return false;
  // What the second channel reads was received before what is pushed next.
  if (side_.carries() && side_.carries()->direction == Direction::kReceive) return true;
  command(Task::kRxMode, 0, {.text = *std::exchange(rx_command_, std::nullopt), .payload = {}});
  return true;
}

void Modem::on_rx_mode_answer(const chat::Answer& answer) {
  const bool pushed_before = !rx_mode_.buffered();
  const bool must_read = rx_mode_.on_answer(answer);
  const bool begins = !pushed_before && !rx_mode_.buffered();
  for (auto& [id, connection] : connections_) {
    if (connection.link < 0) continue;
    if (must_read) must_be_read(connection);
    if (begins && connection.readable) connection.push_due = now_ + kPushWait;
    if (!begins) connection.push_due.reset();
    // Closed by its peer meanwhile: only reading tells when everything is there.
    if (begins && connection.state == Connection::State::kDraining) rx_mode_.hold_back(now_);
  }
}

// The module keeps what it should have pushed: read it, before anything comes behind it.
void Modem::on_push_missing() {
  log(log::Level::kWarn, "the module does not push what it had received before");
  rx_mode_.give_up(now_);
}

// A header without the link. If only one connection can be meant, the bytes are its; if several
// can, none of them may miss them unnoticed.
Connection* Modem::pushed_without_link(const std::optional<Endpoint>& from) {
  std::vector<ConnectionId> candidates;
  for (const auto& [id, connection] : connections_) {
    if (!may_receive(connection)) continue;
    if (!from || connection.udp || connection.to == *from) candidates.push_back(id);
  }
  if (candidates.size() == 1) return find(candidates.front());
  if (!candidates.empty()) {
    log(log::Level::kWarn, "the module does not name the link of what it pushes");
    rx_mode_.give_up(now_);
  }
  for (const ConnectionId id : candidates) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->udp) continue;
    break_connection(*connection, ECONNRESET, "data was pushed for one of several links",
                     Drain::kNo);
  }
  return nullptr;
}

void Modem::on_pushed(int link, const std::optional<Endpoint>& from,
                      std::span<const std::byte> bytes) {
  take_pushed(Via::kFirst, link, from, bytes);
}

void Modem::take_pushed(Via via, int link, const std::optional<Endpoint>& from,
                        std::span<const std::byte> bytes) {
  Connection* connection = link < 0 ? pushed_without_link(from) : by_link(link);
  rx_mode_.on_push(link >= 0 ? RxMode::Naming::kLink
                   : from    ? RxMode::Naming::kSource
                             : RxMode::Naming::kNothing);
  if (connection == nullptr) {
    if (!servers_.empty()) early_pushes_.keep(link, from, bytes, now_);
    return on_leftover_push();
  }
  // Nothing is received on a link before its CIPOPEN is answered, unless it is a server's client's.
  const bool is_dialling = task_ == Task::kOpen && task_id_ == connection->id;
  if (is_dialling && !connection->opened && may_be_leftover()) return on_leftover_push();
  connection->push_due.reset();
  if (via == Via::kSide && !connection->pushed_via) {
    // What comes over the one line and what over the other have no order: not again.
    rx_mode_.give_up(now_);
  }
  if (connection->pushed_via.value_or(via) != via && !connection->udp) {
    return break_connection(*connection, ECONNRESET, "its data came over both AT ports",
                            Drain::kNo);
  }
  connection->pushed_via = via;
  switch (connection->state) {
    case Connection::State::kOpening:
      connection->early.insert(connection->early.end(), bytes.begin(), bytes.end());
      break;
    case Connection::State::kOpen:
    case Connection::State::kDraining:
      // What the latest read has left comes by itself, or will be told anew.
      connection->rest = 0;
      connection->unread = false;
      schedule_.moved({connection->link, Direction::kReceive}, bytes.size(),
                      bytes.size() >= kBulkPush, now_);
      give(*connection, from.value_or(connection->to), bytes);
      if (!connection->room && !connection->udp) rx_mode_.hold_back(now_);
      break;
    default:
      break;
  }
}

// When direct push mode is turned on, the module hands over what it still holds for links that have
// been closed. Some of it may be of the link number that is taken next, so nothing is opened until
// that is over.
void Modem::on_leftover_push() {
  log(log::Level::kDebug, "data was pushed for a link that nobody has");
  if (may_be_leftover()) leftover_push_at_ = now_;
}

bool Modem::may_be_leftover() const {
  return leftovers_until_ && now_ < *leftovers_until_ && servers_.empty() && !rx_mode_.buffered();
}

bool Modem::leftovers_flow() const {
  return leftover_push_at_ && now_ < *leftover_push_at_ + kLeftoverPause;
}

void Modem::on_push_cut(int link) {
  break_cut(link);
  start_check("pushed data was cut off");
}

// Without a link's name it may have been any stream's.
void Modem::break_cut(int link) {
  Connection* connection = link < 0 ? pushed_without_link(std::nullopt) : by_link(link);
  if (connection == nullptr || connection->udp) return;
  break_connection(*connection, ECONNRESET, "pushed data was cut off", Drain::kNo);
}

void Modem::mind_typing() {
  if (schedule_.is_typed_beside(-1, kTypedSends, now_) && is_line_slow() &&
      schedule_.is_bulk_under_way(Direction::kReceive, now_)) {
    rx_mode_.pause(now_ + Schedule::kTyping);
  }
}

}  // namespace a7600::modem
