// SPDX-License-Identifier: MIT
//
// The modem's data path: one chunk a command, links and directions in turn (schedule.h). A read
// never asks for its length first: the answer carries both (manual 2.5).
#include <algorithm>
#include <cerrno>
#include <utility>

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
constexpr int kGarbledRetries = 2;  // of a send that was refused without a reason

// What a keystroke may wait for a bulk transfer's chunk.
constexpr auto kShortTurn = 40ms;
constexpr std::size_t kLeastChunk = 256;
// In bytes of the line: what a prompt, OK and result take, and what a turnaround may be so that a
// shorter payload pays.
constexpr std::size_t kAnswerSize = 64;
constexpr std::size_t kMostTurnaround = 400;

// Nothing of a refused chunk was sent.
void keep_unsent(Connection& connection, const Chunk& chunk) {
  const auto sent = chunk.taken();
  connection.unsent.assign(sent.begin(), sent.end());
}

}  // namespace

bool Modem::next_transfer() {
  if (config_.transparent) return false;
  return begin_transfer(Via::kFirst);
}

bool Modem::begin_transfer(Via via) {
  // Where data is pushed, a prompt waits for what is on the line; on the other line it doesn't.
  const bool others_send = via == Via::kFirst && !rx_mode_.buffered() && side_.is_free();
  const Via other = via == Via::kFirst ? Via::kSide : Via::kFirst;
  Schedule::LinkSet receive = 0;
  Schedule::LinkSet send = 0;
  for (const auto& [id, connection] : connections_) {
    if (connection.link < 0 || is_served(connection, other)) continue;
    if (is_in_doubt(connection.link)) continue;
    const Schedule::LinkSet bit = 1U << static_cast<unsigned>(connection.link);
    if (is_receivable(connection, via)) receive |= bit;
    if (!others_send && is_sendable(connection)) send |= bit;
  }
  while (const auto turn = schedule_.next(receive, send)) {
    Connection* connection = by_link(turn->link);
    if (turn->direction == Direction::kReceive) {
      read_chunk(*connection, via);
      return true;
    }
    if (send_chunk(*connection, via)) return true;
    // The host had nothing after all.
    send &= ~(1U << static_cast<unsigned>(turn->link));
  }
  return false;
}

void Modem::begin(Via via, Direction direction, const Connection& connection,
                  chat::Command transfer) {
  if (via == Via::kFirst) {
    const Task task = direction == Direction::kSend ? Task::kSend : Task::kRead;
    return command(task, connection.id, std::move(transfer));
  }
  ++counters_.commands;
  side_.begin({direction, connection.id, connection.link}, std::move(transfer), now_);
}

bool Modem::is_receivable(const Connection& connection, Via via) const {
  // A read on one line and what is pushed on the other have no order.
  const bool in_order =
      via == Via::kFirst ? connection.pushed_via != Via::kSide : !rx_mode_.changing();
  return (connection.state == Connection::State::kOpen ||
          connection.state == Connection::State::kDraining) &&
         connection.readable && connection.room && !connection.close_wanted &&
         !connection.doubted && rx_mode_.buffered() && in_order;
}

// A chunk that was already taken from the host is owed to the peer also after close().
bool Modem::is_sendable(const Connection& connection) const {
  return connection.state == Connection::State::kOpen && !connection.doubted &&
         (connection.writable || !connection.unsent.empty()) && !is_ahead(connection) &&
         (!connection.not_before || now_ >= *connection.not_before);
}

// ---- The size of a chunk

bool Modem::is_line_slow() const { return pace_.is_longer(at::kLargestRead, kShortTurn); }

// The largest, but for two reasons to take less. What one link moves at a time is what a keystroke
// on another waits for. And a send whose payload takes a little less time than a pushed one has its
// answer in front of the next pushed one instead of behind it.
std::size_t Modem::chunk_limit(int link, Direction direction, Via via) const {
  if (schedule_.is_typed_beside(link, 1, now_)) {
    return std::max(pace_.bytes_in(kShortTurn, at::kLargestSend), kLeastChunk);
  }
  if (direction == Direction::kSend && via == Via::kFirst && !rx_mode_.buffered() &&
      schedule_.is_bulk_under_way(Direction::kReceive, now_)) {
    const std::size_t turnaround = pace_.bytes_in(pace_.turnaround(), at::kLargestSend);
    if (turnaround > 0 && turnaround <= kMostTurnaround) {
      return at::kLargestSend - turnaround - kAnswerSize;
    }
  }
  return at::kLargestSend;
}

// ---- Sending

// Whether there was something to send.
bool Modem::send_chunk(Connection& connection, Via via) {
  Chunk& chunk = via == Via::kFirst ? chunk_ : side_chunk_;
  chunk.size = connection.unsent.size();
  chunk.limit = at::kLargestSend;
  chunk.astray = false;
  if (chunk.size > 0) {
    std::copy(connection.unsent.begin(), connection.unsent.end(), chunk.bytes.begin());
  } else if (connection.udp) {
    if (const auto datagram = host_.take_datagram(connection.id, chunk.bytes)) {
      chunk.size = datagram->size;
      connection.to = datagram->to;
    }
  } else {
    chunk.limit = chunk_limit(connection.link, Direction::kSend, via);
    chunk.size = host_.take(connection.id, std::span(chunk.bytes).first(chunk.limit));
  }
  if (chunk.size == 0) {
    connection.writable = false;
    return false;
  }
  begin(via, Direction::kSend, connection,
        {.text = connection.udp ? at::send_to(connection.link, chunk.size, connection.to)
                                : at::send(connection.link, chunk.size),
         .shape = chat::Shape::kSend,
         .link = connection.link,
         .payload = chunk.taken(),
         .timeout = kSendWait});
  return true;
}

void Modem::on_send_answer(Connection& connection, const chat::Answer& answer, const Chunk& chunk) {
  connection.unsent.clear();
  // Lost meanwhile, with its network.
  if (connection.state != Connection::State::kOpen &&
      connection.state != Connection::State::kDraining) {
    return;
  }
  if (answer.final == chat::Final::kOk) {
    // A datagram that did not leave is one that got lost.
    if (answer.sent->confirmed == static_cast<int>(chunk.size) ||
        (connection.udp && answer.sent->confirmed >= 0)) {
      connection.busy_retries = 0;
      connection.sent += chunk.size;
      expect_answer(connection, chunk.size >= chunk.limit);
      schedule_.moved({connection.link, Direction::kSend}, chunk.size, chunk.size >= chunk.limit,
                      now_);
      mind_typing();
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
      ++connection.busy_retries <= (busy ? kBusyRetries : kGarbledRetries)) {
    keep_unsent(connection, chunk);
    connection.not_before = now_ + kBusyPause;
    ++counters_.retries;
    // Again: the module may have no TCP/IP any more.
    if (answer.has_no_reason() && connection.busy_retries == kGarbledRetries) {
      start_check("AT+CIPSEND: ERROR alone");
    }
    return;
  }
  if (answer.err == static_cast<int>(at::Err::kNetworkNotOpened)) {
    return network_lost("+CIPERROR: network not opened");
  }
  if (busy) {
    links_.avoid(connection.link);
    if (may_move(connection)) {
      keep_unsent(connection, chunk);
      return move(connection);
    }
  }
  if (connection.state == Connection::State::kOpen) connection.link_open = answer.err != 4;
  break_connection(connection, ECONNRESET, "the module refused to send (+CIPERROR:)", Drain::kYes);
}

// ---- Receiving

void Modem::on_data_ready(int link) {
  // Also while opening: the announcement may overtake "+CIPOPEN:".
  if (Connection* connection = by_link(link)) {
    must_be_read(*connection);
  } else if (link >= 0 && link < at::kLinks) {
    early_data_[static_cast<std::size_t>(link)] = true;
  }
}

void Modem::must_be_read(Connection& connection) {
  connection.readable = true;
  connection.unread = true;
}

void Modem::read_chunk(Connection& connection, Via via) {
  // An announcement from now on is news, also between the lines of the answer.
  connection.readable = false;
  std::string text =
      at::read(connection.link, chunk_limit(connection.link, Direction::kReceive, via));
  if (via == Via::kFirst) pace_.asked(text.size(), now_);
  begin(via, Direction::kReceive, connection,
        {.text = std::move(text),
         .shape = chat::Shape::kRead,
         .link = connection.link,
         .payload = {},
         .timeout = kReadWait});
}

// Whether a read of it is on its way.
bool Modem::reads(const Connection& connection) const {
  return (task_ == Task::kRead && task_id_ == connection.id) ||
         side_.carries(Direction::kReceive, connection.id);
}

void Modem::on_read_answer(Connection& connection, const chat::Answer& answer, Via via) {
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
      constexpr std::string_view kWhy = "an answer without its header";
      if (via == Via::kFirst) return start_check(kWhy);
      side_trouble_ = kWhy;
      return;
    }
    // Bytes that a line loses are made up for by those behind the payload.
    if (!answer.whole) {
      return break_connection(connection, ECONNRESET, "received data was lost on the line",
                              Drain::kNo);
    }
    connection.read_errors = 0;
    schedule_.moved({connection.link, Direction::kReceive}, answer.payload.size(),
                    answer.header->rest > 0, now_);
    if (!answer.payload.empty()) give(connection, connection.to, answer.payload);
    connection.rest = answer.header->rest;
    connection.unread = connection.rest > 0;
    if (connection.unread) {
      connection.readable = true;
      // More than one chunk at a time: a bulk download, which pushing would speed up.
      rx_mode_.ask_for_push();
    }
    // A full chunk with nothing behind it may be a count that lags; at the end of a stream nothing
    // but "No data" is its end.
    const bool is_full = answer.payload.size() >= at::kLargestRead;
    const bool is_last_look = connection.state == Connection::State::kDraining;
    if (!answer.payload.empty() && (is_full || is_last_look)) connection.readable = true;
    if (!connection.readable) {
      if (is_last_look) return drained(connection);
      expect_data(connection);
    }
    return;
  }
  // Unless it has just said that there was more than a chunk. (Up to one, its count may lag.)
  if (answer.info == at::ErrInfo::kNoData &&
      connection.rest <= static_cast<int>(at::kLargestRead)) {
    connection.read_errors = 0;
    // What was announced behind the command may be more than the answer knows of.
    if (std::exchange(connection.unread_if_read, false) || !connection.readable) {
      connection.unread = false;
    }
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
    const bool again =
        connection.state == Connection::State::kOpen && connection.read_errors == kReadErrors - 1;
    if (again && answer.has_no_reason()) start_check("AT+CIPRXGET: ERROR alone");
    return;
  }
  constexpr std::string_view kWhy = "the module refuses to hand over received data";
  if (connection.state == Connection::State::kDraining) {
    // Of what it was only asked for there may be nothing.
    if (connection.unread && connection.end.posix == 0) connection.end = {ECONNRESET, kWhy};
    return drained(connection);
  }
  break_connection(connection, ECONNRESET, kWhy, Drain::kNo);
}

void Modem::give(Connection& connection, const Endpoint& from, std::span<const std::byte> bytes) {
  connection.seems_closed = false;
  if (connection.close_wanted) return;
  connection.received = true;
  connection.room = connection.udp ? host_.give_datagram(connection.id, from, bytes)
                                   : host_.give(connection.id, bytes);
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
  if (!connection.link_open) release_ended(connection);
  if (tell) host_.ended(id, end);
}

}  // namespace a7600::modem
