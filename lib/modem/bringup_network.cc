// SPDX-License-Identifier: MIT
//
// The module's network: what an earlier host has left open in it, its opening, its address, and how
// its links are set up.
#include <cerrno>
#include <utility>

#include "at/error.h"
#include "modem/bringup.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kStatePause = 200ms;
constexpr auto kAddressPause = 1000ms;

}  // namespace

void Bringup::on_network_step(const chat::Answer& answer, chat::TimePoint now) {
  const bool ok = answer.final == chat::Final::kOk;
  switch (step_) {
    case Step::kNetworkState:
      return on_network_state(answer, now);
    case Step::kAccessMode:
      return on_access_mode();
    case Step::kSetAccessMode:
      if (!ok && config_.transparent) {
        return fail(ENETDOWN, "the module has refused transparent mode (AT+CIPMODE=1)",
                    Trouble::kStack);
      }
      found_.command = config_.transparent;
      wrong_mode_ = false;
      return go(Step::kPin);
    case Step::kFindLinks:
      // Taken for "none", an ERROR would end every connection; the command may have been garbled.
      if (!ok && !std::exchange(links_refused_, true)) return;
      if (start_ == Start::kCheck) return after_cleaning();
      return go(links_.empty() ? Step::kFindServers : Step::kCloseLink);
    case Step::kFindServers:
      if (!servers_.empty()) return go(Step::kStopServer);
      return after_cleaning();
    case Step::kCloseLink:
    case Step::kStopServer:
    case Step::kCloseNetwork:
    case Step::kOpenNetwork:
      return on_result_step(answer, now);
    case Step::kAddress:
      return on_address(now);
    case Step::kReadMode: {
      const auto* mode = seen_ ? std::get_if<at::RxMode>(&*seen_) : nullptr;
      found_.push = mode != nullptr && mode->mode == 0;
      return go(mode != nullptr && mode->mode == 1 ? Step::kFindTimeouts : Step::kSetReadMode);
    }
    case Step::kSetReadMode:
      if (!ok) {
        return fail(ENETDOWN, "the module has refused buffer access mode (AT+CIPRXGET=1)",
                    Trouble::kStack);
      }
      return go(Step::kFindTimeouts);
    case Step::kFindTimeouts:
      return on_found_timeouts();
    case Step::kTimeouts:
      // A module that can't set them has its own; they only bound what we bound as well.
      state_ = State::kUp;
      return;
    default:
      return;
  }
}

void Bringup::on_network_state(const chat::Answer& answer, chat::TimePoint now) {
  if (seen_) {
    network_open_ = std::get<at::NetOpen>(*seen_).state == 1;
  } else if (answer.final == chat::Final::kOk) {
    return restart(kStatePause, now);
  } else {
    network_open_ = false;
  }
  if (!network_open_ && start_ == Start::kCheck) {
    found_network_closed_ = true;
    start_ = Start::kFresh;
  }
  go(Step::kAccessMode);
}

void Bringup::on_access_mode() {
  const auto* mode = seen_ ? std::get_if<at::CipMode>(&*seen_) : nullptr;
  const bool transparent = mode != nullptr && mode->mode == 1;
  wrong_mode_ = transparent != config_.transparent && start_ != Start::kCheck;
  if (network_open_) return go(Step::kFindLinks);
  go(wrong_mode_ ? Step::kSetAccessMode : Step::kPin);
}

// For the commands whose result is a line of its own, before or after OK.
void Bringup::on_result_step(const chat::Answer& answer, chat::TimePoint now) {
  if (answer.final == chat::Final::kOk && !seen_) {
    result_deadline_ = now + (step_ == Step::kOpenNetwork ? kNetworkWait : kResultWait);
    return;
  }
  if (answer.final == chat::Final::kError && step_ == Step::kOpenNetwork) {
    // What is open in it was left by an earlier host, as nothing was seen of it before.
    if (answer.info == at::ErrInfo::kNetworkAlreadyOpened) return go(Step::kFindLinks);
    if (!seen_) {
      return fail(ENETDOWN,
                  "the module could not open the network (AT+NETOPEN: ERROR" +
                      (answer.text.empty() ? "" : ", " + answer.text) + ")",
                  Trouble::kStack);
    }
  }
  finish_result_step();
}

void Bringup::finish_result_step() {
  switch (step_) {
    case Step::kCloseLink:
      links_.pop_front();
      return go(links_.empty() ? Step::kFindServers : Step::kCloseLink);
    case Step::kStopServer:
      servers_.pop_front();
      if (!servers_.empty()) return go(Step::kStopServer);
      return after_cleaning();
    case Step::kCloseNetwork:
      return go(wrong_mode_ ? Step::kSetAccessMode : Step::kPin);
    case Step::kOpenNetwork: {
      const int err = std::get<at::NetOpen>(*seen_).err;
      if (err == 0) return go(Step::kAddress);
      return fail(ENETDOWN,
                  "the module could not open the network (+NETOPEN: " + std::to_string(err) + ", " +
                      std::string(at::err_row(err).text) + ")",
                  Trouble::kStack);
    }
    default:
      return;
  }
}

void Bringup::after_cleaning() {
  if (!wrong_mode_ && start_ != Start::kRebuild) return go(Step::kAddress);
  start_ = Start::kFresh;
  go(Step::kCloseNetwork);
}

std::array<int, 3> Bringup::timeouts() const {
  return {120'000, static_cast<int>(config_.connect_timeout.count()),
          static_cast<int>(std::chrono::milliseconds(kSendTimeout).count())};
}

void Bringup::on_found_timeouts() {
  if (const auto* set = seen_ ? std::get_if<at::CipTimeout>(&*seen_) : nullptr) {
    if (set->values == timeouts()) {
      state_ = State::kUp;
      return;
    }
    found_.timeouts = set->values;
  }
  go(Step::kTimeouts);
}

void Bringup::on_address(chat::TimePoint now) {
  const auto* line = seen_ ? std::get_if<at::Address>(&*seen_) : nullptr;
  if (line == nullptr) {
    no_address_ = true;
    // A network that AT+NETOPEN? still calls open, though it is gone (manual chapter 5): once round
    // by AT+NETCLOSE.
    if (start_ == Start::kCheck) found_network_closed_ = true;
    start_ = Start::kRebuild;
    return restart(kAddressPause, now);
  }
  no_address_ = false;
  address_ = line->ip;
  go(config_.transparent ? Step::kFindTimeouts : Step::kReadMode);
}

}  // namespace a7600::modem
