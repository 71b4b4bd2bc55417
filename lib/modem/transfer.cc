// SPDX-License-Identifier: MIT
//
// The modem's data path in buffer access mode (manual 1.2): one chunk a command, links and
// directions in turn. A read always asks for the largest chunk and never for its length first: the
// answer carries both (manual 2.5).
#include <algorithm>
#include <cerrno>

#include "at/command.h"
#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kSendWait = kSendTimeout + 5s;
constexpr auto kReadWait = 10s;
constexpr auto kBusyPause = 100ms;
constexpr int kBusyRetries = 50;
constexpr int kReadErrors = 3;

// A data announcement can be missed (MODEM-NOTES). A stream in motion is asked soon, a connection
// that has never carried anything late, and both ever less often.
constexpr auto kFirstPollInMotion = 2s;
constexpr auto kFirstPollAtRest = 10s;
constexpr auto kLongestPollPause = 300s;

}  // namespace

bool Modem::next_transfer() {
  if (config_.transparent) return false;
  constexpr int kTurns = 2 * at::kLinks;
  for (int i = 1; i <= kTurns; ++i) {
    const int turn = (cursor_ + i) % kTurns;
    Connection* connection = by_link(turn / 2);
    if (connection == nullptr) continue;
    const bool open = connection->state == Connection::State::kOpen;
    if (turn % 2 == 0) {
      if (!open && connection->state != Connection::State::kDraining) continue;
      if (!connection->readable || !connection->room || connection->close_wanted) continue;
      if (!rx_mode_.buffered()) continue;
      cursor_ = turn;
      read_chunk(*connection);
      return true;
    }
    // A chunk that was already taken from the host is owed to the peer also after close().
    if (!open || (!connection->writable && connection->unsent.empty())) continue;
    if (connection->not_before && now_ < *connection->not_before) continue;
    send_chunk(*connection);
    if (chat_.idle()) continue;
    cursor_ = turn;
    return true;
  }
  return false;
}

// ---- Sending

void Modem::send_chunk(Connection& connection) {
  std::size_t size = connection.unsent.size();
  if (size > 0) {
    std::copy(connection.unsent.begin(), connection.unsent.end(), chunk_.begin());
  } else if (connection.udp) {
    if (const auto datagram = host_.take_datagram(connection.id, chunk_)) {
      size = datagram->size;
      connection.to = datagram->to;
    }
  } else {
    size = host_.take(connection.id, chunk_);
  }
  if (size == 0) {
    connection.writable = false;
    return;
  }
  chunk_size_ = size;
  command(Task::kSend, connection.id,
          {.text = connection.udp ? at::send_to(connection.link, size, connection.to)
                                  : at::send(connection.link, size),
           .shape = chat::Shape::kSend,
           .link = connection.link,
           .payload = std::span(chunk_).first(size),
           .timeout = kSendWait});
}

void Modem::on_send_answer(Connection& connection, const chat::Answer& answer) {
  connection.unsent.clear();
  // Lost meanwhile, with its network.
  if (connection.state != Connection::State::kOpen &&
      connection.state != Connection::State::kDraining) {
    return;
  }
  if (answer.final == chat::Final::kOk) {
    // A datagram that did not leave is one that got lost.
    if (answer.sent->confirmed == static_cast<int>(chunk_size_) ||
        (connection.udp && answer.sent->confirmed >= 0)) {
      connection.busy_retries = 0;
      connection.sent += chunk_size_;
      expect_data(connection);
      return;
    }
    return break_connection(connection, ECONNRESET, "the module sent only a part (+CIPSEND:)",
                            Drain::kYes);
  }
  if (answer.final == chat::Final::kTimeout || answer.prompted) {
    return break_connection(connection, ECONNRESET, "it is unknown whether a chunk was sent",
                            answer.final == chat::Final::kTimeout ? Drain::kNo : Drain::kYes);
  }
  const bool busy = answer.err == static_cast<int>(at::Err::kBusy);
  // Without a reason the command itself may have been garbled on the line; nothing was sent.
  if ((busy || !answer.err) && connection.state == Connection::State::kOpen &&
      ++connection.busy_retries <= (busy ? kBusyRetries : 2)) {
    const auto sent = std::span(chunk_).first(chunk_size_);
    connection.unsent.assign(sent.begin(), sent.end());
    connection.not_before = now_ + kBusyPause;
    ++counters_.retries;
    return;
  }
  if (answer.err == static_cast<int>(at::Err::kNetworkNotOpened)) {
    return network_lost("+CIPERROR: network not opened");
  }
  if (connection.state == Connection::State::kOpen) connection.link_open = answer.err != 4;
  break_connection(connection, ECONNRESET, "the module refused to send (+CIPERROR:)", Drain::kYes);
}

// ---- Receiving

void Modem::on_data_ready(int link) {
  // Also while opening: the announcement may overtake "+CIPOPEN:".
  if (Connection* connection = by_link(link)) {
    connection->readable = true;
  } else if (link >= 0 && link < at::kLinks) {
    early_data_[static_cast<std::size_t>(link)] = true;
  }
}

void Modem::read_chunk(Connection& connection) {
  // An announcement from now on is news, also between the lines of the answer.
  connection.readable = false;
  command(Task::kRead, connection.id,
          {.text = at::read(connection.link),
           .shape = chat::Shape::kRead,
           .link = connection.link,
           .payload = {},
           .timeout = kReadWait});
}

// Whether a read of it is on its way.
bool Modem::reads(const Connection& connection) const {
  return task_ == Task::kRead && task_id_ == connection.id;
}

void Modem::on_read_answer(Connection& connection, const chat::Answer& answer) {
  // Lost meanwhile, with its network or its link.
  if (connection.state != Connection::State::kOpen &&
      connection.state != Connection::State::kDraining) {
    return;
  }
  if (answer.final == chat::Final::kTimeout) {
    return break_connection(connection, ECONNRESET, "received data was lost on the line",
                            Drain::kNo);
  }
  if (answer.final == chat::Final::kOk) {
    if (!answer.header) {
      break_connection(connection, ECONNRESET, "received data was garbled on the line", Drain::kNo);
      return start_check("an answer without its header");
    }
    connection.read_errors = 0;
    if (!answer.payload.empty()) give(connection, connection.to, answer.payload);
    connection.unread = answer.header->rest > 0;
    if (connection.unread) {
      connection.readable = true;
      // More than one chunk at a time: a bulk download, which pushing would speed up.
      rx_mode_.ask_for_push();
    }
    if (!connection.readable) {
      if (connection.state == Connection::State::kDraining) return drained(connection);
      expect_data(connection);
    }
    return;
  }
  if (answer.info == at::ErrInfo::kNoData) {
    connection.read_errors = 0;
    if (connection.state == Connection::State::kDraining && !connection.readable) {
      drained(connection);
    }
    return;
  }
  if (answer.info == at::ErrInfo::kNetworkNotOpened) {
    return network_lost("+IP ERROR: Network not opened");
  }
  // An error without one of these reasons may be a garbled command: nothing was read by it.
  connection.readable = ++connection.read_errors < kReadErrors;
  if (connection.readable) {
    ++counters_.retries;
    return;
  }
  if (connection.state == Connection::State::kDraining) return drained(connection);
  break_connection(connection, ECONNRESET, "the module refuses to hand over received data",
                   Drain::kNo);
}

void Modem::give(Connection& connection, const Endpoint& from, std::span<const std::byte> bytes) {
  if (connection.close_wanted) return;
  connection.room = connection.udp ? host_.give_datagram(connection.id, from, bytes)
                                   : host_.give(connection.id, bytes);
}

// Whether the module may hold received data that has to be asked for.
bool Modem::reads_by_command() const {
  return !config_.transparent && (rx_mode_.buffered() || rx_mode_.changing());
}

// ---- Direct push mode

bool Modem::everyone_keeps_up() const {
  return std::all_of(connections_.begin(), connections_.end(), [](const auto& entry) {
    const Connection& connection = entry.second;
    return connection.room && connection.state != Connection::State::kDraining;
  });
}

bool Modem::next_rx_mode() {
  const bool datagrams = std::any_of(connections_.begin(), connections_.end(),
                                     [](const auto& entry) { return entry.second.udp; });
  rx_mode_.need_push(datagrams);
  auto text = rx_mode_.next_command(everyone_keeps_up(), told_apart(), now_);
  if (!text) return false;
  command(Task::kRxMode, 0, {.text = std::move(*text), .payload = {}});
  return true;
}

// Whether the peer's address alone tells which connection pushed data is for.
bool Modem::told_apart() const {
  if (rx_mode_.policy() == PushPolicy::kNever || rx_mode_.names_link()) return true;
  std::vector<Endpoint> peers;
  std::size_t datagrams = 0;
  for (const auto& [id, connection] : connections_) {
    if (connection.state == Connection::State::kEnded && !connection.link_open) continue;
    if (connection.udp) {
      ++datagrams;
    } else {
      peers.push_back(connection.to);
    }
    // A datagram may come from any peer.
    if (datagrams > 0 && datagrams + peers.size() > 1) return false;
    if (std::count(peers.begin(), peers.end(), connection.to) > 1) return false;
  }
  return true;
}

// The module pushes without naming the link. If only one connection can be meant, the bytes are
// its; if several can, none of them may miss them unnoticed.
Connection* Modem::pushed_without_link(const std::optional<Endpoint>& from) {
  if (!rx_mode_.buffered()) rx_mode_.missed_link();
  std::vector<ConnectionId> candidates;
  for (const auto& [id, connection] : connections_) {
    const bool open = connection.link_open || connection.state == Connection::State::kOpening ||
                      connection.state == Connection::State::kDraining;
    if (open && (!from || connection.udp || connection.to == *from)) candidates.push_back(id);
  }
  if (candidates.size() == 1) return find(candidates.front());
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
  if (link >= 0) rx_mode_.saw_link();
  Connection* connection = link < 0 ? pushed_without_link(from) : by_link(link);
  if (connection == nullptr) {
    log(log::Level::kDebug, "skipped data pushed for a link that nobody has");
    return;
  }
  switch (connection->state) {
    case Connection::State::kOpening:
      connection->early.insert(connection->early.end(), bytes.begin(), bytes.end());
      break;
    case Connection::State::kOpen:
    case Connection::State::kDraining:
      give(*connection, from.value_or(connection->to), bytes);
      if (!connection->room && !connection->udp) rx_mode_.hold_back(now_);
      break;
    default:
      break;
  }
}

void Modem::on_push_cut(int link) {
  if (Connection* connection = by_link(link)) {
    break_connection(*connection, ECONNRESET, "pushed data was cut off", Drain::kNo);
  }
  start_check("pushed data was cut off");
}

void Modem::break_connection(Connection& connection, int posix, std::string_view why, Drain drain) {
  if (connection.state != Connection::State::kOpen &&
      connection.state != Connection::State::kDraining) {
    return;
  }
  ++counters_.resets;
  log(log::Level::kWarn, "link " + std::to_string(connection.link) + " to " +
                             connection.to.to_string() + ": " + std::string(why));
  connection.state = Connection::State::kDraining;
  connection.end = {posix, why};
  connection.writable = false;
  connection.unsent.clear();
  // What was pushed is here already.
  connection.readable = drain == Drain::kYes && reads_by_command();
  if (!connection.readable) drained(connection);
}

void Modem::drained(Connection& connection) {
  const ConnectionId id = connection.id;
  const End end = connection.end;
  const bool tell = !connection.close_wanted;
  connection.state = Connection::State::kEnded;
  connection.poll_at.reset();
  if (!connection.link_open) release_link(connection);
  if (tell) host_.ended(id, end);
}

// ---- The safety poll

void Modem::expect_first_data(Connection& connection) {
  if (config_.transparent) return;
  connection.poll_pause = kFirstPollAtRest;
  connection.poll_at = now_ + connection.poll_pause;
}

void Modem::expect_data(Connection& connection) {
  connection.poll_pause = kFirstPollInMotion;
  connection.poll_at = now_ + connection.poll_pause;
}

void Modem::safety_poll(Connection& connection) {
  connection.readable = rx_mode_.buffered();
  connection.poll_pause =
      std::min<std::chrono::seconds>(connection.poll_pause * 3, kLongestPollPause);
  connection.poll_at = now_ + connection.poll_pause;
}

}  // namespace a7600::modem
