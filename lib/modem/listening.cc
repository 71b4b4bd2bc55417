// SPDX-License-Identifier: MIT
//
// The modem's TCP servers: starting and stopping them, and the connections that arrive.
#include <cerrno>
#include <utility>

#include "at/command.h"
#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kStopWait = 30s;
constexpr auto kConnectWait = 5s;
constexpr auto kStopPause = 200ms;  // doubled each time
constexpr int kStopAttempts = 5;

int posix_of_listen(const chat::Answer& answer) {
  if (answer.final == chat::Final::kTimeout) return ETIMEDOUT;
  if (answer.info == at::ErrInfo::kServerAlreadyListening) return EADDRINUSE;
  if (!answer.err) return EADDRINUSE;
  switch (static_cast<at::Err>(*answer.err)) {
    case at::Err::kNetworkFailure:
      return ENETDOWN;
    case at::Err::kNotSupported:
      return EADDRINUSE;
    case at::Err::kSuccess:
      return EIO;  // refused all the same
    default:
      return at::err_row(*answer.err).posix;
  }
}

}  // namespace

bool Modem::next_server() {
  for (auto& [id, server] : servers_) {
    if (server.state == Server::State::kWaiting && server.stop_wanted) {
      servers_.remove(id);
      return next_server();
    }
    if (server.state == Server::State::kWaiting) {
      const auto index = servers_.free_index();
      if (!index) {
        log(log::Level::kWarn, "all four servers of the module are in use");
        listen_failed(server, Error{EADDRINUSE, -1, "all four servers are in use"});
        return next_server();
      }
      if (config_.transparent && *index != 0) {
        listen_failed(server, Error{EBUSY, -1, "transparent mode has one server"});
        return next_server();
      }
      server.state = Server::State::kStarting;
      server.index = *index;
      command(Task::kStartServer, id,
              {.text = at::server_start(server.port, *index), .payload = {}});
      return true;
    }
    const bool due = server.stop_wanted && server.state == Server::State::kListening;
    if (!due || has_connections(server.index)) continue;
    if (server.stop_not_before && now_ < *server.stop_not_before) continue;
    server.stop_not_before.reset();
    server.state = Server::State::kStopping;
    server_stopped_ = false;
    command(Task::kStopServer, id,
            {.text = at::server_stop(server.index), .payload = {}, .timeout = kStopWait});
    return true;
  }
  return false;
}

bool Modem::has_connections(int server_index) const {
  for (const auto& [id, connection] : connections_) {
    if (connection.server == server_index && connection.link >= 0) return true;
  }
  return false;
}

void Modem::on_start_server_answer(Server& server, const chat::Answer& answer) {
  if (answer.final == chat::Final::kOk) {
    server.state = Server::State::kListening;
    log(log::Level::kInfo, "listening on port " + std::to_string(server.port));
    if (!std::exchange(server.announced, true) && !server.stop_wanted) host_.listening(server.id);
    return;
  }
  if (answer.err == static_cast<int>(at::Err::kNetworkNotOpened)) {
    server.state = Server::State::kWaiting;
    server.index = -1;
    return network_lost("+CIPERROR: network not opened");
  }
  if (answer.final == chat::Final::kTimeout && has_just_booted()) {
    server.state = Server::State::kWaiting;
    server.index = -1;
    return;
  }
  const Error error{posix_of_listen(answer), answer.err.value_or(-1),
                    "listen on port " + std::to_string(server.port) + ": refused by the module"};
  log(log::Level::kWarn, error.text);
  listen_failed(server, error);
}

// The host has no word to wait for of one that it has stopped itself.
void Modem::listen_failed(const Server& server, const Error& error) {
  const ServerId id = server.id;
  const bool tell = !server.stop_wanted;
  servers_.remove(id);
  if (tell) host_.listen_failed(id, error);
}

// OK with "+SERVERSTOP:" before or behind it. ERROR can mean that it is not there, which is as
// good, or that it has a connection (manual 2.15): a client that came at this moment and is being
// turned away.
void Modem::on_stop_server_answer(Server& server, const chat::Answer& answer) {
  if (answer.final == chat::Final::kOk && !server_stopped_) {
    server.stop_due = now_ + kStopWait;
    return;
  }
  if (answer.final == chat::Final::kError && ++server.stop_refusals < kStopAttempts) {
    server.state = Server::State::kListening;
    server.stop_not_before = now_ + kStopPause * (1 << (server.stop_refusals - 1));
    return;
  }
  servers_.remove(server.id);
}

void Modem::on_server_stop(const at::ServerStop& stopped) {
  Server* server = servers_.by_index(stopped.server);
  if (server == nullptr || server->state != Server::State::kStopping) return;
  if (task_ == Task::kStopServer && task_id_ == server->id) {
    server_stopped_ = true;
    return;
  }
  servers_.remove(server->id);
}

// The module has given the connection's link to a server's client.
void Modem::displace(Connection& connection) {
  // What has come for it already was the client's.
  early_pushes_.keep(connection.link, std::nullopt, connection.early, now_);
  connection.early.clear();
  links_.release(connection.link);
  connection.link_open = false;
  switch (connection.state) {
    case Connection::State::kOpening:
    case Connection::State::kRefused:
      // The number was taken while our CIPOPEN was on its way; that one will be refused.
      connection.displaced = true;
      connection.link = -1;
      // The result goes to the link's new owner; only an answer in flight would tell.
      if (connection.state == Connection::State::kOpening &&
          (task_ != Task::kOpen || task_id_ != connection.id)) {
        retry_open(connection, 0ms);
      }
      break;
    case Connection::State::kDraining:
      // Its end was announced, and all that it had received has been read.
      if (!connection.unread) {
        connection.readable = false;
        return drained(connection);
      }
      [[fallthrough]];
    case Connection::State::kOpen:
      // The news of its end was missed, or bytes of it.
      break_connection(connection, ECONNRESET, "its link belongs to another connection now",
                       Drain::kNo);
      break;
    default:
      release_link(connection);
      break;
  }
}

// At a prompt that comes now the last owner's bytes would be sent to the link's new one. What the
// module has said to have before it gave the link away was the last owner's, however late the
// result; but what the two lines say has no order.
void Modem::withhold_payload(int link) {
  const chat::Command* command = chat_.in_flight();
  if (command != nullptr && command->link == link) {
    chunk_.astray = !chat_.is_payload_taken();
    chat_.withhold_payload();
  }
  if (side_.carries() && side_.carries()->link == link) {
    side_chunk_.astray = true;
    side_.withhold_payload();
  }
}

// The link of a transfer was given to a server's client before the answer came: the bytes may have
// been the client's, or have gone to it. Or it was the client that our close has ended, which only
// the module can tell: by its peer it knows who has the link now.
void Modem::distrust_new_owner(Task task, ConnectionId id, const chat::Answer& answer,
                               const Chunk& chunk) {
  const bool closes = task == Task::kClose || task == Task::kCloseStray;
  if (closes && answer.final == chat::Final::kOk) {
    Connection* owner = by_link(closing_link_);
    if (owner == nullptr || owner->id == id) return;
    owner->doubted = true;
    ask_still_open_ = ask_still_open_ || close_result_seen_;
    return;
  }
  const bool received = answer.header && !answer.payload.empty();
  const bool sent = chunk.astray && answer.prompted && (!answer.sent || answer.sent->confirmed > 0);
  Connection* owner = received || sent ? by_link(answer.link) : nullptr;
  if (owner == nullptr || owner->id == id) return;
  break_connection(*owner, ECONNRESET, "its link was still in use by another connection",
                   Drain::kNo);
}

// Those whose link another one has, or nobody, were closed; the link is not theirs to close again.
void Modem::settle_doubts(bool answered) {
  std::vector<ConnectionId> closed;
  for (auto& [id, connection] : connections_) {
    if (!std::exchange(connection.doubted, false) || connection.link < 0) continue;
    const auto& open = still_open_[static_cast<std::size_t>(connection.link)];
    if (!answered || !open || open->peer != connection.to) closed.push_back(id);
  }
  for (const ConnectionId id : closed) {
    Connection* connection = find(id);
    if (connection == nullptr) continue;
    connection->link_open = connection->link_open && !answered;
    break_connection(*connection, ECONNRESET, "it was closed in place of its link's last owner",
                     Drain::kNo);
  }
}

void Modem::on_client(const at::ClientAccepted& client) {
  if (client.link < 0 || client.link >= at::kLinks || phase_ == Phase::kOff ||
      phase_ == Phase::kBringup) {
    return;
  }
  bool read_is_its_own = false;
  bool side_reads = false;
  if (Connection* owner = by_link(client.link)) {
    if (owner->heard_on_side && !is_news(client)) return;
    // The last look at a connection that has ended finds what the new one has received: the module
    // answers after it has given the link away.
    read_is_its_own =
        owner->state == Connection::State::kDraining && !owner->unread && reads(*owner);
    side_reads = side_.carries(owner->id);
    displace(*owner);
  }
  withhold_payload(client.link);
  ended_links_.forget(client.link);
  Server* server = servers_.by_index(client.server);
  const EarlyPushes::Taken early = early_pushes_.take(client.link, client.peer, now_);
  // Whoever was to be closed on it has gone.
  std::erase(strays_, client.link);
  std::optional<ConnectionId> id;
  const bool usable = !config_.transparent || client.link == kDataModeLink;
  if (usable && server != nullptr && !server->stop_wanted) {
    id = host_.accepted(server->id, client.peer);
  }
  if (!id) {
    links_.mark_foreign(client.link);
    strays_.push_back(client.link);
    return;
  }
  Connection connection;
  connection.id = *id;
  connection.to = client.peer;
  connection.server = client.server;
  connection.state = Connection::State::kOpen;
  connection.link = client.link;
  connection.link_open = true;
  // In transparent mode CONNECT follows; if it gets lost, ATO asks for it.
  if (config_.transparent) connection.not_before = now_ + kConnectWait;
  // Its first data may have been announced before it was.
  if (early_data_[static_cast<std::size_t>(client.link)]) must_be_read(connection);
  links_.assign(client.link, *id);
  schedule_.forget(client.link);
  if (read_is_its_own && side_reads) {
    side_.hand_over(*id);
  } else if (read_is_its_own) {
    task_id_ = *id;
  }
  Connection& accepted = connections_.emplace(*id, std::move(connection)).first->second;
  expect_first_data(accepted);
  log(log::Level::kInfo,
      "link " + std::to_string(client.link) + " is open from " + client.peer.to_string());
  if (!early.whole) {
    return break_connection(accepted, ECONNRESET, "it sent too much before it was announced",
                            Drain::kNo);
  }
  if (early.bytes.empty()) return;
  give(accepted, client.peer, early.bytes);
  if (!accepted.room) rx_mode_.hold_back(now_);
}

}  // namespace a7600::modem
