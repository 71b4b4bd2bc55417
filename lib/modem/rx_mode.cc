// SPDX-License-Identifier: MIT
#include "modem/rx_mode.h"

#include <algorithm>
#include <utility>

#include "at/command.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstPenalty = 250ms;
constexpr std::chrono::milliseconds kLongestPenalty = 60s;
constexpr std::size_t kHeaderType = 4;

}  // namespace

void RxMode::Setting::found(std::optional<int> value) {
  if (!before) before = value;
  now = value;
}

void RxMode::reset() {
  setup_ = Setup::kUntried;
  naming_ = Naming::kLink;
  naming_seen_ = false;
  pushing_ = false;
  in_flight_ = false;
  switching_source_ = false;
  source_fixed_ = false;
  push_asked_ = false;
  hold_back_ = false;
  config_.reset();
}

std::vector<std::string> RxMode::undo() const {
  std::vector<std::string> commands;
  if (head_.before == 0 && head_.now == 1) commands.emplace_back("AT+CIPHEAD=0");
  if (source_.before && source_.now != source_.before) {
    commands.emplace_back(*source_.before == 0 ? "AT+CIPSRIP=0" : "AT+CIPSRIP=1");
  }
  if (before_ && (*before_)[kHeaderType] != 1) commands.push_back(at::set_socket_config(*before_));
  return commands;
}

void RxMode::hold_back(chat::TimePoint now) {
  if (!pushing_ || hold_back_) return;
  hold_back_ = true;
  push_asked_ = false;
  // Soon after the last time: this reader will not keep up. Long after: a passing weakness.
  const bool again = now - held_back_at_ < 2 * penalty_ + 1s && !push_needed_;
  penalty_ = again ? std::min(penalty_ * 2, kLongestPenalty) : kFirstPenalty;
  penalty_ = std::max(penalty_, kFirstPenalty);
  held_back_at_ = now;
  not_before_ = std::max(not_before_, now + penalty_);
}

void RxMode::pause(chat::TimePoint until) {
  if (push_needed_ || policy_ == PushPolicy::kAlways) return;
  not_before_ = std::max(not_before_, until);
  if (pushing_) hold_back_ = true;
}

void RxMode::give_up(chat::TimePoint now) {
  hold_back(now);
  setup_ = Setup::kUnsupported;
}

void RxMode::on_push(Naming seen) {
  naming_seen_ = true;
  naming_ = std::max(naming_, seen);
}

bool RxMode::push_wanted() const {
  if (policy_ == PushPolicy::kNever || setup_ == Setup::kUnsupported) return false;
  return push_asked_ || push_needed_ || policy_ == PushPolicy::kAlways;
}

// The line of a TCP connection's source takes as much of the line as two hundredths of its data.
int RxMode::source_wanted() const { return push_needed_ || naming() != Naming::kLink ? 1 : 0; }

std::optional<std::string> RxMode::next_command(const Situation& situation, chat::TimePoint now) {
  std::optional<std::string> text;
  if (pushing_) {
    if (!situation.owner_certain) hold_back_ = true;
    if (hold_back_) {
      text = "AT+CIPRXGET=1";
    } else if (!source_fixed_ && source_.now != source_wanted()) {
      switching_source_ = true;
      text = source_wanted() == 0 ? "AT+CIPSRIP=0" : "AT+CIPSRIP=1";
    }
  } else if (push_wanted() && situation.everyone_keeps_up && now >= not_before_ &&
             (setup_ != Setup::kReady || situation.owner_certain)) {
    text = setup_command();
  }
  in_flight_ = text.has_value();
  return text;
}

std::optional<std::string> RxMode::setup_command() {
  if (setup_ == Setup::kUntried) setup_ = Setup::kAskConfig;
  setting_.reset();
  switch (setup_) {
    case Setup::kSetConfig: {
      if (!before_) before_ = config_;
      auto named = *config_;
      named[kHeaderType] = 1;
      return at::set_socket_config(named);
    }
    case Setup::kAskConfig:
    case Setup::kVerify:
      config_.reset();
      return "AT+CIPCCFG?";
    case Setup::kAskHead:
      return "AT+CIPHEAD?";
    case Setup::kSetHead:
      return "AT+CIPHEAD=1";
    case Setup::kAskSource:
      return "AT+CIPSRIP?";
    case Setup::kSetSource:
      return "AT+CIPSRIP=1";
    case Setup::kReady:
      return "AT+CIPRXGET=0";
    case Setup::kUntried:
    case Setup::kUnsupported:
      break;
  }
  return std::nullopt;
}

void RxMode::on_reply(const at::Reply& reply) {
  if (const auto* config = std::get_if<at::SocketConfig>(&reply)) config_ = config->values;
  if (const auto* head = std::get_if<at::HeadMode>(&reply)) setting_ = head->mode;
  if (const auto* source = std::get_if<at::SourceMode>(&reply)) setting_ = source->mode;
}

bool RxMode::on_answer(const chat::Answer& answer) {
  in_flight_ = false;
  const bool ok = answer.final == chat::Final::kOk;
  if (std::exchange(switching_source_, false)) {
    if (ok) {
      source_.now = 1 - source_.now.value_or(1);
    } else {
      source_fixed_ = true;
    }
    return false;
  }
  if (pushing_) {
    // Refused or not answered: tried again, since the reader is still behind.
    if (!ok) return false;
    pushing_ = false;
    hold_back_ = false;
    return true;
  }
  on_setup_answer(ok);
  return false;
}

void RxMode::on_setup_answer(bool ok) {
  switch (setup_) {
    case Setup::kUntried:
    case Setup::kUnsupported:
      break;
    case Setup::kAskConfig:
      if (!ok || !config_) naming_ = Naming::kSource;
      setup_ = ok && config_ && (*config_)[kHeaderType] != 1 ? Setup::kSetConfig : Setup::kAskHead;
      break;
    case Setup::kSetConfig:
      if (!ok) naming_ = Naming::kSource;
      setup_ = ok ? Setup::kVerify : Setup::kAskHead;
      break;
    case Setup::kVerify:
      if (!ok || !config_ || (*config_)[kHeaderType] != 1) naming_ = Naming::kSource;
      setup_ = Setup::kAskHead;
      break;
    case Setup::kAskHead:
      head_.found(ok ? setting_ : std::nullopt);
      setup_ = head_.now == 1 ? Setup::kAskSource : Setup::kSetHead;
      break;
    case Setup::kSetHead:
      if (ok) head_.now = 1;
      setup_ = ok ? Setup::kAskSource : Setup::kUnsupported;
      break;
    case Setup::kAskSource:
      source_.found(ok ? setting_ : std::nullopt);
      setup_ = source_.now == 1 ? Setup::kReady : Setup::kSetSource;
      break;
    case Setup::kSetSource:
      if (ok) source_.now = 1;
      setup_ = ok ? Setup::kReady : Setup::kUnsupported;
      break;
    case Setup::kReady:
      pushing_ = ok;
      if (!ok) setup_ = Setup::kUnsupported;
      break;
  }
}

std::optional<chat::TimePoint> RxMode::wake(chat::TimePoint now) const {
  if (pushing_ || !push_wanted() || now >= not_before_) return std::nullopt;
  return not_before_;
}

}  // namespace a7600::modem
