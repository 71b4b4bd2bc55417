// SPDX-License-Identifier: MIT
//
// The line itself: at which rate the module is, and whether it keeps to RTS/CTS.
#include <algorithm>
#include <array>
#include <cerrno>

#include "modem/bringup.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

// The rates that a module may have been left at, the likeliest first (MODEM-NOTES, AT+IPR).
constexpr std::array kRates{115200, 921600, 460800, 230400,  3000000, 57600,
                            9600,   38400,  19200,  3686400, 1842000};
constexpr auto kRateProbe = 300ms;
constexpr auto kSettles = 100ms;
constexpr auto kHold = 300ms;    // a module that answers while RTS is down does not look at it
constexpr auto kProof = 1500ms;  // of which RTS is down for kHold

}  // namespace

void Bringup::start_rates() {
  rate_settled_ = true;  // one search is enough
  for (const int rate : kRates) {
    if (rate != line_.line_rate()) rates_.insert(rates_.begin(), rate);
  }
  step_ = Step::kTryRate;
}

void Bringup::next_rate(chat::Chat& chat, chat::TimePoint now) {
  while (!rates_.empty() && !line_.set_line_rate(rates_.back())) rates_.pop_back();
  if (rates_.empty()) {
    line_.set_line_rate(config_.baud);
    return fail(ENETDOWN, "the module does not answer AT commands, at no usual rate",
                Trouble::kSilent);
  }
  rates_.pop_back();
  // What came before was rubbish to the module. This ends it, and a line of its own begins.
  chat.abandon();
  chat.write_raw("\r");
  command(chat, "ATE0", kRateProbe, now);
}

// The module answers.
void Bringup::after_rate() {
  const int rate = line_.line_rate();
  if (rate != 0 && rate < config_.baud && old_rate_ == 0) return go(Step::kSetRate);
  after_flow_or(Step::kSetFlow);
}

void Bringup::after_flow_or(Step step) {
  go(config_.rtscts == Rtscts::kOff || flow_settled_ ? Step::kNetworkState : step);
}

void Bringup::on_line_step(const chat::Answer& answer, chat::TimePoint now) {
  const bool ok = answer.final == chat::Final::kOk;
  const bool silent = answer.final == chat::Final::kTimeout;
  switch (step_) {
    case Step::kTryRate:
      if (silent) return;
      rates_.clear();
      news_.push_back("the module is at " + std::to_string(line_.line_rate()) + " baud");
      return after_rate();
    case Step::kSetRate:
      old_rate_ = line_.line_rate();
      if (!ok || !line_.set_line_rate(config_.baud)) {
        news_.push_back("the module stays at " + std::to_string(old_rate_) + " baud");
        return after_flow_or(Step::kSetFlow);
      }
      go(Step::kProveRate);
      return pause(kSettles, now);
    case Step::kProveRate:
      if (silent) {
        // Whatever it has made of the command: it is looked for again, and left where it is.
        rate_settled_ = false;
        return restart(0ms, now);
      }
      found_.baud = old_rate_;
      news_.push_back("the module was set to " + std::to_string(config_.baud) + " baud");
      return after_flow_or(Step::kSetFlow);
    case Step::kSetFlow:
      flow_settled_ = true;
      // The answer itself may be held back already.
      if (silent) return after_flow(false);
      return go(ok ? Step::kProveFlow : Step::kNetworkState);
    case Step::kProveFlow: {
      const bool held = held_until_.has_value();
      release_hold();
      return after_flow(!held && !silent);
    }
    case Step::kUnsetFlow:
      if (silent) return restart(0ms, now);
      go(Step::kNetworkState);
      // Answers that were held back may come now.
      return pause(kSettles, now);
    default:
      return;
  }
}

// With RTS down, a module that keeps to it does not answer; with RTS up again, it does.
void Bringup::prove_flow(chat::Chat& chat, chat::TimePoint now) {
  if (line_.hold_module(true)) {
    held_until_ = now + kHold;
  } else if (config_.rtscts == Rtscts::kTry) {
    go(Step::kUnsetFlow);
    return advance(chat, now);
  }
  command(chat, "AT", kProof, now);
}

void Bringup::on_time(chat::TimePoint now) {
  if (held_until_ && now >= *held_until_) release_hold();
}

void Bringup::release_hold() {
  if (held_until_) line_.hold_module(false);
  held_until_.reset();
}

void Bringup::after_flow(bool proved) {
  if (!proved) {
    news_.push_back("RTS/CTS is not used: a test shows that it does not work on this line");
    return go(Step::kUnsetFlow);
  }
  found_.no_rtscts = true;
  line_.use_rtscts(true);
  go(Step::kNetworkState);
}

}  // namespace a7600::modem
