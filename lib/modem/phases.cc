// SPDX-License-Identifier: MIT
//
// The module comes up, is looked at again, and goes: what that means for those who use it.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kFirstRetry = 5s;
constexpr std::chrono::seconds kLongestRetry = 60s;
// A restart has several words; what is said so much later belongs to another one.
constexpr auto kBootWords = 5s;

}  // namespace

bool Modem::wanted() const {
  if (!lookups_.empty()) return true;
  for (const auto& [id, server] : servers_) {
    if (!server.announced || now_ >= retry_at_) return true;
  }
  return std::any_of(connections_.begin(), connections_.end(), [](const auto& entry) {
    return entry.second.state == Connection::State::kWaiting;
  });
}

void Modem::start_bringup(Bringup::Start start) {
  if (std::exchange(was_silent_, false)) host_.reopen();
  phase_ = start == Bringup::Start::kCheck ? Phase::kCheck : Phase::kBringup;
  if (phase_ == Phase::kBringup) config_.transparent = next_transparent_;
  start_side();
  bringup_ = std::make_unique<Bringup>(
      config_, start, host_,
      Bringup::Leftovers{.payload = std::exchange(unfinished_, 0),
                         .data_mode = std::exchange(leftover_data_mode_, false)});
}

void Modem::drop_bringup() {
  if (!bringup_) return;
  bringup_->release_wires();
  config_.pin_refused = bringup_->pin_refused();
  const bool echo = found_ ? found_->echo : bringup_->found().echo;
  turned_echo_off_ = bringup_->was_answered() && echo;
  const Bringup::Leftovers left = bringup_->leftovers();
  unfinished_ = std::max(unfinished_, left.payload);
  leftover_data_mode_ = leftover_data_mode_ || left.data_mode;
  bringup_.reset();
}

// In data mode nobody could ask; whoever leaves that looks for himself.
void Modem::start_check(std::string_view why) {
  if (phase_ != Phase::kUp || leaving_ || data_mode_.active()) return;
  ++counters_.checks;
  // Of a restart there was a line already.
  log(has_just_booted() ? log::Level::kInfo : log::Level::kWarn,
      "checking the module: " + std::string(why));
  start_bringup(Bringup::Start::kCheck);
}

void Modem::next_bringup() {
  if (phase_ == Phase::kBringup && !wanted()) {
    phase_ = Phase::kOff;
    drop_bringup();
    return;
  }
  task_ = Task::kBringup;
  bringup_->advance(chat_, now_);
  if (!chat_.idle()) ++counters_.commands;
  after_bringup_answer();
}

void Modem::after_bringup_answer() {
  for (const std::string& news : bringup_->take_news()) log(log::Level::kInfo, news);
  if (phase_ == Phase::kCheck && bringup_->found_network_closed()) {
    constexpr std::string_view kWhy = "the module has lost its network";
    ++counters_.networks_lost;
    log(log::Level::kWarn, kWhy);
    lose_connections(ENETDOWN, kWhy);
    links_.clear();
    servers_.restart();
    phase_ = Phase::kBringup;
  }
  if (bringup_->state() == Bringup::State::kUp) bringup_up();
  if (bringup_ && bringup_->state() == Bringup::State::kFailed) bringup_failed();
}

void Modem::bringup_failed() {
  const Error error = bringup_->error();
  const Trouble trouble = bringup_->trouble();
  undo_owed_ = undo_owed_ && bringup_->was_answered();
  drop_bringup();
  phase_ = Phase::kOff;
  task_ = Task::kNone;
  ++counters_.failed_bringups;
  log(log::Level::kWarn, error.text);
  lose_connections(error.posix, error.text);
  links_.clear();
  servers_.restart();
  if (climb(trouble)) return;
  postpone_retry();
  fail_waiting(error);
}

// Whether there is more to try for those who wait. The next bring-up opens the port, or the
// network, anew in any case.
bool Modem::climb(Trouble trouble) {
  was_silent_ = trouble == Trouble::kSilent;
  network_lost_ = network_lost_ || trouble == Trouble::kStack;
  if (!wanted()) return false;
  const ResetLadder::Rung rung = reset_ladder_.next(config_.reset, trouble, now_);
  if (rung == ResetLadder::Rung::kGiveUp) return false;
  asked_ = true;
  // DTR is that of the port that is open.
  if (rung != ResetLadder::Rung::kAgain) was_silent_ = false;
  start_bringup(network_lost_ ? Bringup::Start::kRebuild : Bringup::Start::kFresh);
  if (rung == ResetLadder::Rung::kAgain) return true;
  const bool by_command = rung == ResetLadder::Rung::kCommand;
  ++counters_.module_resets;
  log(log::Level::kWarn,
      std::string("restarting the module by ") + (by_command ? "AT+CFUN=1,1" : "DTR"));
  bringup_->restart_module(by_command ? Reset::kCommand : Reset::kDtr);
  return true;
}

bool Modem::has_just_booted() const { return boot_word_at_ && now_ - *boot_word_at_ <= kBootWords; }

// One of the words of a restart.
void Modem::on_boot(std::string_view line) {
  const bool is_first = !has_just_booted();
  boot_word_at_ = now_;
  if (is_first) {
    ++counters_.restarts;
    log(log::Level::kWarn, "the module has restarted");
  }
  lookups_.forget_names();
  if (bringup_) {
    bringup_->on_boot(now_);
    // Whatever was in flight has no answer any more.
    if (!chat_.idle()) chat_.hurry(now_);
  } else if (phase_ == Phase::kUp) {
    if (chat_.idle()) {
      start_check(line);
    } else {
      chat_.hurry(now_ + kRestartWait);
    }
  }
}

void Modem::bringup_up() {
  const bool checked = phase_ == Phase::kCheck;
  const unsigned open_links = bringup_->open_links();
  const bool had_network = bringup_->found_network_open();
  const bool escaped = bringup_->has_escaped();
  address_ = bringup_->address();
  if (!found_) found_ = bringup_->found();
  undo_owed_ = true;
  drop_bringup();
  task_ = Task::kNone;
  phase_ = Phase::kUp;
  rx_mode_.reset();
  rx_command_.reset();
  network_lost_ = false;
  ask_still_open_ = false;
  forget_hints();
  retry_pause_ = 0s;
  reset_ladder_.rescued(now_);
  log(log::Level::kInfo, "the network is up, address " + address_.to_string());
  if (!side_.is_open()) start_side();
  if (side_.is_silent()) on_side_silent();
  if (!checked) {
    links_.clear();
    ended_links_.clear();
    strays_.clear();
    leftovers_until_ = now_ + kLeftoversLast;
    // Some were left open; the others may have been, until their peers closed them.
    if (open_links != 0) links_.suspect_all();
    hidden_leftovers_ = open_links == 0 && had_network;
    return;
  }
  std::vector<int> closed;
  for (auto& [id, connection] : connections_) {
    if (connection.link < 0) continue;
    const bool open = (open_links >> static_cast<unsigned>(connection.link) & 1U) != 0;
    switch (connection.state) {
      case Connection::State::kOpen:
        // What the module holds for it is read even if the link has closed meanwhile.
        must_be_read(connection);
        if (!open) closed.push_back(connection.link);
        break;
      case Connection::State::kClosing:
        connection.state = Connection::State::kEnded;
        connection.result_due.reset();
        connection.link_open = open;
        break;
      case Connection::State::kDraining:
      case Connection::State::kEnded:
        connection.link_open = open;
        break;
      default:
        break;
    }
  }
  for (const int link : closed) on_link_closed({link, std::exchange(data_mode_end_, 1)});
  if (config_.transparent && escaped) break_spilt();
}

void Modem::postpone_retry() {
  retry_pause_ = std::clamp(retry_pause_ * 2, kFirstRetry, kLongestRetry);
  retry_at_ = now_ + retry_pause_;
}

void Modem::network_lost(std::string_view why) {
  network_lost_ = true;
  ++counters_.networks_lost;
  log(log::Level::kWarn, why);
  lose_connections(ENETDOWN, why);
  links_.clear();
  ended_links_.clear();
  servers_.restart();
  drop_bringup();
  phase_ = Phase::kOff;
}

// Every connection that has a link, or is about to get one, is gone; those that still wait for one
// go on waiting. Names may have other addresses in the next network.
void Modem::lose_connections(int posix, std::string_view why) {
  lookups_.forget_names();
  early_pushes_.clear();
  side_.hurry(now_ + kRestartWait);
  std::vector<ConnectionId> lost;
  for (const auto& [id, connection] : connections_) {
    if (connection.state != Connection::State::kWaiting) lost.push_back(id);
  }
  for (const ConnectionId id : lost) {
    Connection* connection = find(id);
    if (connection == nullptr) continue;
    links_.release(connection->link);
    connection->link = -1;
    connection->link_open = false;
    connection->poll_at.reset();
    connection->result_due.reset();
    if (connection->close_wanted) {
      forget(id);
    } else if (connection->moving) {
      end_moving(*connection, {posix, why});
    } else if (connection->state == Connection::State::kOpening ||
               connection->state == Connection::State::kRefused) {
      // Nobody has been told yet that it is open: it may have another try.
      connection->state = Connection::State::kWaiting;
    } else if (connection->state == Connection::State::kClosing) {
      // The host knows its end already, and has not closed it yet.
      connection->state = Connection::State::kEnded;
    } else if (connection->state != Connection::State::kEnded) {
      ++counters_.resets;
      connection->state = Connection::State::kEnded;
      host_.ended(id, connection->end.posix != 0 ? connection->end : End{posix, why});
    }
  }
}

void Modem::fail_waiting(const Error& error) {
  std::vector<ConnectionId> waiting;
  for (const auto& [id, connection] : connections_) {
    if (connection.state == Connection::State::kWaiting) waiting.push_back(id);
  }
  for (const ConnectionId id : waiting) give_up_waiting(id, error);
  std::vector<ServerId> unstarted;
  for (const auto& [id, server] : servers_) {
    if (!server.announced) unstarted.push_back(id);
  }
  for (const ServerId id : unstarted) {
    if (const Server* server = servers_.find(id)) listen_failed(*server, error);
  }
  lookups_.fail(error);
}

Error Modem::not_up() const {
  if (bringup_) return {ENETDOWN, -1, bringup_->obstacle()};
  // Another command, which `a7600 status` or `a7600 at` has sent, keeps the bring-up waiting.
  return {ENETDOWN, -1, chat_.idle() ? "the module is not up" : why_busy()};
}

}  // namespace a7600::modem
