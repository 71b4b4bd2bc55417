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

void RxMode::reset() {
  setup_ = Setup::kUntried;
  pushing_ = false;
  in_flight_ = false;
  push_asked_ = false;
  hold_back_ = false;
  config_.reset();
}

std::vector<std::string> RxMode::undo() const {
  std::vector<std::string> commands;
  if (head_changed_) commands.emplace_back("AT+CIPHEAD=0");
  if (source_changed_) commands.emplace_back("AT+CIPSRIP=0");
  if (before_ && (*before_)[kHeaderType] != 1) commands.push_back(at::set_socket_config(*before_));
  return commands;
}

void RxMode::hold_back(chat::TimePoint now) {
  if (!pushing_ || hold_back_) return;
  hold_back_ = true;
  push_asked_ = false;
  // Soon after the last time: this reader will not keep up. Long after: a passing weakness.
  const bool again = now - held_back_at_ < 2 * penalty_ + 1s;
  penalty_ = again ? std::min(penalty_ * 2, kLongestPenalty) : kFirstPenalty;
  penalty_ = std::max(penalty_, kFirstPenalty);
  held_back_at_ = now;
  not_before_ = now + penalty_;
}

void RxMode::missed_link() {
  link_named_ = false;
  link_unsettable_ = true;
}

bool RxMode::push_wanted() const {
  if (policy_ == PushPolicy::kNever || setup_ == Setup::kUnsupported) return false;
  if (push_needed_ || policy_ == PushPolicy::kAlways) return true;
  return push_asked_ && !link_unsettable_;
}

std::optional<std::string> RxMode::next_command(bool everyone_keeps_up, bool told_apart,
                                                chat::TimePoint now) {
  const bool safe = link_named_ || told_apart;
  if (pushing_) {
    if (!hold_back_ && safe) return std::nullopt;
    in_flight_ = true;
    return "AT+CIPRXGET=1";
  }
  if (!push_wanted() || !everyone_keeps_up || !safe || now < not_before_) return std::nullopt;
  in_flight_ = true;
  switch (setup_) {
    case Setup::kUntried:
      setup_ = Setup::kAskConfig;
      [[fallthrough]];
    case Setup::kAskConfig:
      return "AT+CIPCCFG?";
    case Setup::kSetConfig: {
      if (!before_) before_ = config_;
      auto named = *config_;
      named[kHeaderType] = 1;
      return at::set_socket_config(named);
    }
    case Setup::kVerify:
      config_.reset();
      return "AT+CIPCCFG?";
    case Setup::kAskHead:
      setting_.reset();
      return "AT+CIPHEAD?";
    case Setup::kSetHead:
      return "AT+CIPHEAD=1";
    case Setup::kAskSource:
      setting_.reset();
      return "AT+CIPSRIP?";
    case Setup::kSetSource:
      return "AT+CIPSRIP=1";
    case Setup::kReady:
    case Setup::kUnsupported:
      break;
  }
  return "AT+CIPRXGET=0";
}

void RxMode::on_reply(const at::Reply& reply) {
  if (const auto* config = std::get_if<at::SocketConfig>(&reply)) config_ = config->values;
  if (const auto* head = std::get_if<at::HeadMode>(&reply)) setting_ = head->mode;
  if (const auto* source = std::get_if<at::SourceMode>(&reply)) setting_ = source->mode;
}

bool RxMode::on_answer(const chat::Answer& answer) {
  in_flight_ = false;
  const bool ok = answer.final == chat::Final::kOk;
  if (pushing_) {
    // Refused or not answered: tried again, since the reader is still behind.
    if (!ok) return false;
    pushing_ = false;
    hold_back_ = false;
    return true;
  }
  switch (setup_) {
    case Setup::kUntried:
    case Setup::kUnsupported:
      break;
    case Setup::kAskConfig:
      link_unsettable_ = !ok || !config_;
      setup_ =
          link_unsettable_ || (*config_)[kHeaderType] == 1 ? Setup::kAskHead : Setup::kSetConfig;
      break;
    case Setup::kSetConfig:
      link_unsettable_ = !ok;
      setup_ = ok ? Setup::kVerify : Setup::kAskHead;
      break;
    case Setup::kVerify:
      link_unsettable_ = !ok || !config_ || (*config_)[kHeaderType] != 1;
      setup_ = Setup::kAskHead;
      break;
    case Setup::kAskHead:
      setup_ = ok && setting_ == 1 ? Setup::kAskSource : Setup::kSetHead;
      break;
    case Setup::kSetHead:
      head_changed_ = ok;
      setup_ = ok ? Setup::kAskSource : Setup::kUnsupported;
      break;
    case Setup::kAskSource:
      setup_ = ok && setting_ == 1 ? Setup::kReady : Setup::kSetSource;
      break;
    case Setup::kSetSource:
      source_changed_ = ok;
      setup_ = ok ? Setup::kReady : Setup::kUnsupported;
      break;
    case Setup::kReady:
      if (ok) {
        pushing_ = true;
      } else {
        setup_ = Setup::kUnsupported;
      }
      break;
  }
  return false;
}

std::optional<chat::TimePoint> RxMode::wake(chat::TimePoint now) const {
  if (pushing_ || !push_wanted() || now >= not_before_) return std::nullopt;
  return not_before_;
}

}  // namespace a7600::modem
