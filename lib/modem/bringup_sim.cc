// SPDX-License-Identifier: MIT
//
// From the SIM to the registration with a network.
#include <algorithm>
#include <cerrno>

#include "at/command.h"
#include "modem/bringup.h"
#include "modem/registration.h"
#include "modem/sim_state.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kPinPause = 1000ms;
constexpr auto kRegistrationPause = 1000ms;
constexpr auto kDeniedPatience = 15s;
constexpr auto kSimPatience = 10s;
constexpr auto kSearchNews = 10s;
constexpr int kSimRetries = 10;

// Which of two <stat> is nearer to a connection: one network may deny what another still seeks.
int promise(int stat) {
  if (is_registered(stat)) return 3;
  if (stat == 2) return 2;
  return stat >= 0 ? 1 : 0;
}

}  // namespace

void Bringup::on_sim_step(const chat::Answer& answer, chat::TimePoint now) {
  const bool ok = answer.final == chat::Final::kOk;
  switch (step_) {
    case Step::kPin:
      return on_pin(answer, now);
    case Step::kNameErrors:
      // Refused as well, the ERROR is that of a module that knows no more commands than the manual,
      // and says nothing of the SIM.
      return go(ok ? Step::kPinAgain : Step::kRegistration);
    case Step::kPinAgain:
      pin_answer_ = answer;
      return go(Step::kNumberErrors);
    case Step::kNumberErrors:
      step_ = Step::kPin;
      return on_pin(pin_answer_, now);
    case Step::kEnterPin:
      if (!ok) {
        return fail(ENETDOWN,
                    "the SIM has refused A7600_PIN; it is not tried again, because three "
                    "wrong tries lock the SIM");
      }
      go(Step::kPin);
      return pause(kPinPause, now);
    case Step::kRegistration:
    case Step::kPacketRegistration:
    case Step::kLteRegistration:
      return on_registration(now);
    case Step::kContext:
      if (!ok) return fail(EINVAL, "the module has refused the APN \"" + config_.apn + "\"");
      return go(config_.login.user.empty() ? Step::kOpenNetwork : Step::kLogin);
    case Step::kLogin:
      if (!ok) {
        return fail(EINVAL, "the module has refused user and password for the APN (AT+CGAUTH)");
      }
      return go(Step::kOpenNetwork);
    default:
      return;
  }
}

void Bringup::on_pin(const chat::Answer& answer, chat::TimePoint now) {
  if (answer.final == chat::Final::kError) {
    const SimState sim = sim_state(answer.err, answer.text);
    if (sim == SimState::kBusy && ++sim_retries_ < kSimRetries) return pause(kPinPause, now);
    // An error that is another's mistake, or has no name: the registration will tell.
    if (sim == SimState::kUnclear && !errors_named_) {
      errors_named_ = true;
      return go(Step::kNameErrors);
    }
    if (sim == SimState::kUnclear) {
      pin_unclear_ = true;
      return go(Step::kRegistration);
    }
    if (sim != SimState::kPin) return fail(ENETDOWN, sim_text(sim));
    pin_state_ = "SIM PIN";
  }
  if (pin_state_ == "READY" || pin_state_.empty()) {
    config_.pin_refused = false;
    return go(Step::kRegistration);
  }
  if (pin_state_ == "SIM PUK") return fail(ENETDOWN, sim_text(SimState::kPuk));
  if (pin_state_ != "SIM PIN") return fail(ENETDOWN, "the SIM asks for " + pin_state_);
  if (pin_entered_) {
    if (++sim_retries_ < kSimRetries) return pause(kPinPause, now);
    return fail(ENETDOWN, "the SIM still asks for its PIN after A7600_PIN was entered");
  }
  if (config_.pin_refused) return fail(ENETDOWN, "the SIM has refused A7600_PIN before");
  if (!at::enter_pin(config_.pin)) return fail(ENETDOWN, sim_text(SimState::kPin));
  go(Step::kEnterPin);
}

void Bringup::on_registration(chat::TimePoint now) {
  const auto* line = seen_ ? std::get_if<at::Registration>(&*seen_) : nullptr;
  if (step_ == Step::kRegistration) stat_ = -1;
  if (line != nullptr && promise(line->stat) > promise(stat_)) stat_ = line->stat;
  if (is_registered(stat_)) return on_registered();
  if (step_ == Step::kRegistration) return go(Step::kPacketRegistration);
  if (step_ == Step::kPacketRegistration) return go(Step::kLteRegistration);
  // None of the three is known to the module: NETOPEN will tell.
  if (stat_ < 0 && !pin_unclear_) return on_registered();
  if (!searching_since_) searching_since_ = now;
  const auto searching = now - *searching_since_;
  tell_search(std::chrono::duration_cast<std::chrono::seconds>(searching));
  if (pin_unclear_ && searching >= kSimPatience) {
    return fail(ENETDOWN, "no usable SIM (AT+CPIN?: ERROR), and not registered with a network");
  }
  if (stat_ == 3 && searching >= kDeniedPatience) {
    return fail(ENETDOWN, "the network has denied the registration");
  }
  go(Step::kRegistration);
  pause(kRegistrationPause, now);
}

void Bringup::on_registered() {
  if (stat_ >= 0) news_.push_back(std::string(registration_text(stat_)));
  searching_since_.reset();
  if (!config_.apn.empty()) return go(Step::kContext);
  go(config_.login.user.empty() ? Step::kOpenNetwork : Step::kLogin);
}

// At every change, and now and then in between, since a search may take minutes.
void Bringup::tell_search(std::chrono::seconds searching) {
  if (stat_ == told_stat_ && searching < told_at_ + kSearchNews) return;
  told_stat_ = stat_;
  told_at_ = searching;
  std::string text(registration_text(stat_));
  if (searching.count() > 0) text += ", for " + std::to_string(searching.count()) + " s now";
  news_.push_back(std::move(text));
}

}  // namespace a7600::modem
