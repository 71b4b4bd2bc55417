// SPDX-License-Identifier: MIT
//
// The module is restarted before it is asked for anything (reset_ladder.h). AT+CFUN is 27.007's,
// not the TCP/IP manual's: any answer will do, and the restart's own words (MODEM-NOTES) end the
// wait for them, in on_boot().
#include <utility>

#include "modem/bringup.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kDtrLow = 1s;
constexpr auto kStart = 20s;      // until it is probed without having said a word
constexpr auto kRadioStart = 2s;  // behind AT+CFUN=1, which restarts nothing

}  // namespace

void Bringup::restart_module(Reset how) {
  step_ = how == Reset::kCommand ? Step::kResetCommand : Step::kDtrDown;
}

void Bringup::drop_dtr(chat::TimePoint now) {
  dtr_down_ = line_.set_dtr(false);
  if (!dtr_down_) {
    news_.emplace_back("this line has no DTR to restart the module by");
    return go(Step::kProbe);
  }
  go(Step::kDtrUp);
  pause(kDtrLow, now);
}

void Bringup::raise_dtr(chat::TimePoint now) {
  release_wires();
  go(Step::kStarts);
  pause(kStart, now);
}

void Bringup::on_reset_step(const chat::Answer& answer, chat::TimePoint now) {
  // Silence may mean that it has not heard, or has restarted at once: a probe tells.
  if (answer.final == chat::Final::kTimeout) return go(Step::kProbe);
  const bool ok = answer.final == chat::Final::kOk;
  switch (step_) {
    case Step::kResetCommand:
      if (!ok) return go(Step::kRadioOff);
      go(Step::kStarts);
      return pause(kStart, now);
    case Step::kRadioOff:
      return go(Step::kRadioOn);
    default:
      go(Step::kStarts);
      return pause(kRadioStart, now);
  }
}

void Bringup::release_wires() {
  release_hold();
  if (std::exchange(dtr_down_, false)) line_.set_dtr(true);
}

}  // namespace a7600::modem
