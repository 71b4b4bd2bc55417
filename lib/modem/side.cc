// SPDX-License-Identifier: MIT
//
// What passes over the second AT channel (side_channel.h), and what becomes of the news that come
// over it.
//
// Firmware may tell of a link's end, or of a server's client, on one port or on each, and the two
// lines are read in no certain order. So such news, when the second channel has them, may be those
// that the first one has brought already, and the link's number may have another owner since; or
// nobody else tells them. They are taken as a hint: the first channel asks which links are open
// (AT+CIPOPEN?), and what the answer confirms is news. Until then the link is in doubt, and nothing
// is read from it or sent to it: it may be somebody else's.
//
// An announcement of data needs no such care, since a read that it leads to in vain finds nothing.
// But where the first channel announces data, too, each read would be followed by one in vain; so
// there it makes the next safety poll come soon.
//
// A host that has ended, or a line that was lost, may have left the port inside a CIPSEND, which
// takes whatever comes as its payload. Carriage returns end it; they are sent only while no link is
// in use, since they go to the link's owner. So the port is asked while the module comes up, and
// the first link is opened when it has answered.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

// How long the first channel may take to tell what the second has told.
constexpr auto kSecondTelling = 200ms;

}  // namespace

// Each time that the module is brought up or looked at: it may have restarted, and echo.
void Modem::start_side() {
  if (config_.transparent || leaving_ || !host_.open_side_line()) return;
  side_.start(now_);
}

bool Modem::is_link_in_use() const {
  return std::any_of(connections_.begin(), connections_.end(),
                     [](const auto& entry) { return entry.second.link >= 0; });
}

void Modem::on_side_ready() {
  links_.forgive();
  log(log::Level::kInfo, "the module answers at its second AT port, too");
}

void Modem::on_side_silent() {
  if (phase_ != Phase::kUp) return;  // it is asked again then
  if (side_.was_flushed() || is_link_in_use()) {
    side_trouble_ = "the module does not answer there";
  } else {
    side_.flush(now_);
  }
}

// The connection whose transfer is on its way is lost, and so are those whose received data may be.
void Modem::drop_side() {
  log(log::Level::kWarn, "going on without the second AT port: " + side_trouble_);
  const auto carried = side_.carries();
  side_.close();
  host_.close_side_line();
  if (carried) {
    chat::Answer none;
    none.final = chat::Final::kTimeout;
    on_side_answer(*carried, none);
  }
  side_trouble_.clear();
  std::vector<ConnectionId> pushed_there;
  for (const auto& [id, connection] : connections_) {
    if (connection.pushed_via == Via::kSide) pushed_there.push_back(id);
  }
  for (const ConnectionId id : pushed_there) {
    if (Connection* connection = find(id)) {
      break_connection(*connection, ECONNRESET, "its data came over the second AT port",
                       Drain::kNo);
    }
  }
  asked_ = true;
}

// Also when the command in flight is for the link's last owner.
bool Modem::is_served(const Connection& connection, Via by) const {
  if (by == Via::kSide) return side_.carries() && side_.carries()->link == connection.link;
  if (task_ == Task::kAcknowledged) return task_id_ == connection.id;
  const chat::Command* command = chat_.in_flight();
  return command != nullptr && command->link == connection.link;
}

bool Modem::is_in_doubt(int link) const {
  const auto is_about = [link](const Hint& hint) {
    return std::visit([link](const auto& news) { return news.link == link; }, hint);
  };
  return std::any_of(hints_.begin(), hints_.end(), is_about) ||
         std::any_of(asked_hints_.begin(), asked_hints_.end(), is_about);
}

void Modem::next_on_side() {
  if (!side_trouble_.empty()) drop_side();
  if (phase_ == Phase::kUp && !leaving_ && side_.is_free()) begin_transfer(Via::kSide);
}

void Modem::on_side_answer(const SideChannel::Transfer& transfer, const chat::Answer& answer) {
  const bool sends = transfer.direction == Direction::kSend;
  if (answer.final != chat::Final::kOk) ++counters_.errors;
  if (answer.final == chat::Final::kTimeout) {
    side_trouble_ = "a command was not answered";
    // The link may be busy with it as long as the port waits for the payload.
    if (sends) links_.avoid(transfer.link);
  }
  if (Connection* connection = find(transfer.id)) {
    if (sends) {
      on_send_answer(*connection, answer, side_chunk_);
    } else {
      on_read_answer(*connection, answer, Via::kSide);
    }
  }
  distrust_new_owner(sends ? Task::kSend : Task::kRead, transfer.id, answer, side_chunk_);
}

void Modem::on_side_unsolicited(const at::Reply& reply, std::string_view line) {
  if (const auto* ready = std::get_if<at::DataReady>(&reply)) {
    // Behind a hint it is about the link's new owner.
    if (is_in_doubt(ready->link)) {
      ready_in_doubt_.push_back(ready->link);
    } else {
      on_data_ready_aside(ready->link);
    }
  } else if (const auto* closed = std::get_if<at::LinkClosed>(&reply)) {
    const Connection* connection = by_link(closed->link);
    const bool known = connection == nullptr || connection->state == Connection::State::kDraining ||
                       connection->state == Connection::State::kEnded;
    if (!known) hints_.emplace_back(*closed);
  } else if (const auto* client = std::get_if<at::ClientAccepted>(&reply)) {
    const bool valid = client->link >= 0 && client->link < at::kLinks;
    if (valid && is_news(*client)) hints_.emplace_back(*client);
  } else if (std::holds_alternative<at::NetworkClosed>(reply) ||
             std::holds_alternative<at::Boot>(reply)) {
    // The check finds out, and does no harm when the first channel has told it before.
    if (phase_ != Phase::kUp) return;
    lookups_.forget_names();
    start_check(line);
    if (!chat_.idle()) chat_.hurry(now_ + kRestartWait);
  } else {
    log(log::Level::kDebug, "skipped: " + std::string(line));
  }
}

// Whether the link is not known to be this client's.
bool Modem::is_news(const at::ClientAccepted& client) const {
  const Connection* owner = by_link(client.link);
  return owner == nullptr || owner->server != client.server || owner->to != client.peer;
}

// AT+CIPOPEN? was answered: what of the hints that it was asked for is so?
void Modem::check_hints() {
  for (const Hint& hint : std::exchange(asked_hints_, {})) {
    if (const auto* closed = std::get_if<at::LinkClosed>(&hint)) {
      const Connection* connection = by_link(closed->link);
      const bool open = still_open_[static_cast<std::size_t>(closed->link)].has_value();
      if (connection != nullptr && !open && !connection->udp) on_link_closed(*closed);
    } else {
      const auto& client = std::get<at::ClientAccepted>(hint);
      const auto& found = still_open_[static_cast<std::size_t>(client.link)];
      const bool open = found && found->server == client.server && found->peer == client.peer;
      if (!open || !is_news(client)) continue;
      on_client(client);
      if (Connection* connection = by_link(client.link)) connection->heard_on_side = true;
    }
  }
  if (!hints_.empty()) return;
  for (const int link : std::exchange(ready_in_doubt_, {})) on_data_ready_aside(link);
}

void Modem::on_data_ready_aside(int link) {
  if (!first_announces_) return on_data_ready(link);
  Connection* connection = by_link(link);
  if (connection == nullptr || connection->readable || reads(*connection)) return;
  if (!connection->poll_at || *connection->poll_at < now_ + kSecondTelling) return;
  connection->poll_at = now_ + kSecondTelling;
}

void Modem::forget_hints() {
  hints_.clear();
  asked_hints_.clear();
  ready_in_doubt_.clear();
}

void Modem::on_side_pushed(int link, const std::optional<Endpoint>& from,
                           std::span<const std::byte> bytes) {
  take_pushed(Via::kSide, link, from, bytes);
}

void Modem::on_side_push_cut(int link) {
  break_cut(link);
  side_trouble_ = "pushed data was cut off";
}

}  // namespace a7600::modem
