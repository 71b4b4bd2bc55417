// SPDX-License-Identifier: MIT
#include "modem/bringup.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "at/command.h"
#include "modem/registration.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

// Short at first: a module that is there answers within 30 ms (MODEM-NOTES), and one that is stuck
// should be freed within the shortest connect timeout, 3 s. The second is for one that wakes up.
constexpr auto kFirstProbe = 300ms;
constexpr auto kSecondProbe = 500ms;
constexpr int kProbes = 2;
constexpr auto kEscapeGuard = 1100ms;  // manual 1.2: more than 1000 ms before and after "+++"
constexpr auto kPadPause = 200ms;      // 1500 bytes at 115200 baud take 130 ms
constexpr auto kLaterProbe = 1000ms;
constexpr int kLaterProbes = 3;
constexpr auto kQuestion = 9000ms;  // reading a setting
constexpr int kRestarts = 4;

}  // namespace

Bringup::Bringup(const BringupConfig& config, Start start, Line& line, Leftovers leftovers)
    : config_(config),
      start_(start),
      step_(leftovers.data_mode     ? Step::kQuiet
            : leftovers.payload > 0 ? Step::kPad
                                    : Step::kProbe),
      leftovers_(leftovers),
      padding_(leftovers.payload, '\r'),
      line_(line) {
  // A module that has restarted has forgotten it, and may never be ready to receive.
  line_.use_rtscts(false);
}

std::string Bringup::obstacle() const {
  if (pin_unclear_) return "no usable SIM (AT+CPIN?: ERROR), and not registered with a network";
  if (searching_since_) {
    return "not registered with a network: " + std::string(registration_text(stat_));
  }
  switch (step_) {
    case Step::kResetCommand:
    case Step::kRadioOff:
    case Step::kRadioOn:
    case Step::kDtrDown:
    case Step::kDtrUp:
    case Step::kStarts:
      return "the module is being restarted";
    case Step::kProbe:
    case Step::kQuiet:
    case Step::kEscape:
    case Step::kPad:
    case Step::kTryRate:
      return "the module does not answer";
    case Step::kPin:
    case Step::kNameErrors:
    case Step::kPinAgain:
    case Step::kNumberErrors:
    case Step::kEnterPin:
      return "the SIM is not ready";
    case Step::kOpenNetwork:
      return "the network connection (AT+NETOPEN) is not up yet";
    default:
      return "the module is still being set up";
  }
}

void Bringup::go(Step step) {
  step_ = step;
  seen_.reset();
  result_deadline_.reset();
}

void Bringup::fail(int posix, std::string text, Trouble trouble) {
  state_ = State::kFailed;
  trouble_ = trouble;
  error_ = Error{posix, -1, std::move(text)};
}

void Bringup::restart(std::chrono::milliseconds duration, chat::TimePoint now) {
  if (++restarts_ > kRestarts) {
    if (no_address_) {
      return fail(ENETDOWN, "the network opens but gives no address (AT+IPADDR)", Trouble::kStack);
    }
    return fail(ENETDOWN, "the module keeps falling silent or gives answers to other commands",
                Trouble::kSilent);
  }
  probes_ = 0;
  resynchronised_ = false;
  uses_words_ = false;
  searching_since_.reset();
  links_.clear();
  links_refused_ = false;
  open_links_ = 0;
  servers_.clear();
  go(Step::kProbe);
  pause(duration, now);
}

void Bringup::on_boot(chat::TimePoint now) {
  release_wires();
  leftovers_ = {};
  restarts_ = 0;
  restart(kLaterProbe, now);
}

void Bringup::command(chat::Chat& chat, std::string text, std::chrono::milliseconds timeout,
                      chat::TimePoint now) {
  seen_.reset();
  chat.send({.text = std::move(text), .payload = {}, .timeout = timeout}, now);
}

void Bringup::advance(chat::Chat& chat, chat::TimePoint now) {
  if (state_ != State::kRunning || !chat.idle()) return;
  if (result_deadline_) {
    if (now >= *result_deadline_) restart(0ms, now);
    if (result_deadline_) return;
  }
  if (wake_ && now < *wake_) return;
  wake_.reset();
  switch (step_) {
    case Step::kResetCommand:
      return command(chat, "AT+CFUN=1,1", kQuestion, now);
    case Step::kRadioOff:
      return command(chat, "AT+CFUN=0", kQuestion, now);
    case Step::kRadioOn:
      return command(chat, "AT+CFUN=1", kQuestion, now);
    case Step::kDtrDown:
      drop_dtr(now);
      return wake_ ? void() : advance(chat, now);
    case Step::kDtrUp:
      return raise_dtr(now);
    case Step::kStarts:
      go(Step::kProbe);
      [[fallthrough]];
    case Step::kProbe:
      // The first answer may be the tail of something older; what is left of it goes with it.
      if (probes_ == 0) chat.abandon();
      if (asks_for_words()) return command(chat, "ATV1", kLaterProbe, now);
      if (resynchronised_) return command(chat, "ATE0", kLaterProbe, now);
      return command(chat, "ATE0", probes_ == 0 ? kFirstProbe : kSecondProbe, now);
    case Step::kQuiet:
      step_ = Step::kEscape;
      return pause(kEscapeGuard, now);
    case Step::kEscape:
      chat.write_raw("+++");
      resynchronised_ = true;
      escaped_ = true;
      padding_ = '\x1b' + std::string(at::kLargestSend, '\r');
      step_ = Step::kPad;
      return pause(kEscapeGuard, now);
    case Step::kPad:
      chat.write_raw(padding_);
      probes_ = 0;
      step_ = Step::kProbe;
      return pause(kPadPause, now);
    case Step::kTryRate:
      return next_rate(chat, now);
    case Step::kSetRate:
      return command(chat, at::set_rate(config_.baud), kQuestion, now);
    case Step::kProveRate:
      return command(chat, "AT", kLaterProbe, now);
    case Step::kSetFlow:
      return command(chat, "AT+IFC=2,2", kLaterProbe, now);
    case Step::kProveFlow:
      return prove_flow(chat, now);
    case Step::kUnsetFlow:
      return command(chat, "AT+IFC=0,0", kLaterProbe, now);
    case Step::kNetworkState:
      return command(chat, "AT+NETOPEN?", kQuestion, now);
    case Step::kAccessMode:
      return command(chat, "AT+CIPMODE?", kQuestion, now);
    case Step::kSetAccessMode:
      return command(chat, config_.transparent ? "AT+CIPMODE=1" : "AT+CIPMODE=0", kQuestion, now);
    case Step::kFindLinks:
      return command(chat, "AT+CIPOPEN?", kQuestion, now);
    case Step::kCloseLink:
      return command(chat, at::close(links_.front()), kResultWait, now);
    case Step::kFindServers:
      return command(chat, "AT+SERVERSTART?", kQuestion, now);
    case Step::kStopServer:
      return command(chat, at::server_stop(servers_.front()), kResultWait, now);
    case Step::kCloseNetwork:
      return command(chat, "AT+NETCLOSE", kNetworkWait, now);
    case Step::kNameErrors:
      return command(chat, "AT+CMEE=2", kQuestion, now);
    case Step::kNumberErrors:
      return command(chat, "AT+CMEE=0", kQuestion, now);
    case Step::kPin:
    case Step::kPinAgain:
      pin_state_.clear();
      return command(chat, "AT+CPIN?", kQuestion, now);
    case Step::kEnterPin:
      pin_entered_ = true;
      // Until the SIM is seen to be ready: the answer may get lost.
      config_.pin_refused = true;
      return command(chat, *at::enter_pin(config_.pin), kQuestion, now);
    case Step::kRegistration:
      return command(chat, "AT+CREG?", kQuestion, now);
    case Step::kPacketRegistration:
      return command(chat, "AT+CGREG?", kQuestion, now);
    case Step::kLteRegistration:
      return command(chat, "AT+CEREG?", kQuestion, now);
    case Step::kContext: {
      auto define = at::define_context(config_.apn);
      if (!define)
        return fail(EINVAL, "A7600_APN has a quote, a blank or an unprintable character");
      return command(chat, std::move(*define), kQuestion, now);
    }
    case Step::kLogin: {
      auto authenticate = at::authenticate(config_.login);
      if (!authenticate) {
        return fail(EINVAL,
                    "A7600_APN_USER or A7600_APN_PASSWORD has a quote or an unprintable "
                    "character");
      }
      return command(chat, std::move(*authenticate), kQuestion, now);
    }
    case Step::kFindTimeouts:
      return command(chat, "AT+CIPTIMEOUT?", kQuestion, now);
    case Step::kTimeouts:
      return command(chat, at::timeouts(timeouts()), kQuestion, now);
    case Step::kOpenNetwork:
      return command(chat, "AT+NETOPEN", kNetworkWait, now);
    case Step::kAddress:
      return command(chat, "AT+IPADDR", kQuestion, now);
    case Step::kReadMode:
      return command(chat, "AT+CIPRXGET?", kQuestion, now);
    case Step::kSetReadMode:
      return command(chat, "AT+CIPRXGET=1", kQuestion, now);
  }
}

void Bringup::on_reply(const at::Reply& reply, chat::TimePoint) {
  if (const auto* link = std::get_if<at::OpenLink>(&reply)) {
    if (step_ == Step::kFindLinks && link->link >= 0 && link->link < at::kLinks) {
      links_.push_back(link->link);
      open_links_ |= 1U << static_cast<unsigned>(link->link);
    }
  } else if (const auto* server = std::get_if<at::ServerLine>(&reply)) {
    if (step_ == Step::kFindServers) servers_.push_back(server->server);
  } else if (const auto* pin = std::get_if<at::Pin>(&reply)) {
    pin_state_ = pin->state;
  } else if (const auto* result = std::get_if<at::NetOpen>(&reply)) {
    if (step_ == Step::kOpenNetwork || step_ == Step::kNetworkState) seen_ = *result;
  } else if (const auto* closed = std::get_if<at::NetClose>(&reply)) {
    if (step_ == Step::kCloseNetwork) seen_ = *closed;
  } else if (const auto* link_closed = std::get_if<at::CloseResult>(&reply)) {
    if (step_ == Step::kCloseLink && link_closed->link == links_.front()) seen_ = *link_closed;
  } else if (const auto* stopped = std::get_if<at::ServerStop>(&reply)) {
    if (step_ == Step::kStopServer && stopped->server == servers_.front()) seen_ = *stopped;
  } else if (std::holds_alternative<at::Registration>(reply)) {
    if (step_ == Step::kRegistration || step_ == Step::kPacketRegistration ||
        step_ == Step::kLteRegistration) {
      seen_ = reply;
    }
  } else if (std::holds_alternative<at::Address>(reply)) {
    if (step_ == Step::kAddress) seen_ = reply;
  } else if (std::holds_alternative<at::CipMode>(reply)) {
    if (step_ == Step::kAccessMode) seen_ = reply;
  } else if (std::holds_alternative<at::RxMode>(reply)) {
    if (step_ == Step::kReadMode) seen_ = reply;
  } else if (std::holds_alternative<at::CipTimeout>(reply)) {
    if (step_ == Step::kFindTimeouts) seen_ = reply;
  }
  if (result_deadline_ && seen_) finish_result_step();
}

void Bringup::on_answer(const chat::Answer& answer, bool echo_seen, chat::TimePoint now) {
  if (step_ < Step::kProbe) return on_reset_step(answer, now);
  if (step_ == Step::kProbe) {
    // Any final result shows that somebody speaks AT.
    if (!echo_known_ && echo_seen) found_.echo = true;
    if (answer.final == chat::Final::kTimeout) return on_silence(now);
    if (asks_for_words()) {
      uses_words_ = true;
      return;
    }
    echo_known_ = true;
    return after_rate();
  }
  if (step_ >= Step::kTryRate && step_ <= Step::kUnsetFlow) {
    if (step_ == Step::kTryRate && answer.final != chat::Final::kTimeout && !echo_known_) {
      found_.echo = echo_seen;
      echo_known_ = true;
    }
    return on_line_step(answer, now);
  }
  if (answer.final == chat::Final::kTimeout) return restart(0ms, now);
  if (step_ >= Step::kPin && step_ <= Step::kLogin) return on_sim_step(answer, now);
  on_network_step(answer, now);
}

bool Bringup::asks_for_words() const { return resynchronised_ && probes_ == 1 && !uses_words_; }

void Bringup::on_silence(chat::TimePoint now) {
  if (++probes_ < (resynchronised_ ? kLaterProbes : kProbes)) return;
  if (!resynchronised_) {
    step_ = Step::kEscape;
    pause(kEscapeGuard - kSecondProbe, now);
  } else if (line_.line_rate() != 0 && !rate_settled_) {
    start_rates();
  } else {
    fail(ENETDOWN, "the module does not answer AT commands", Trouble::kSilent);
  }
}

}  // namespace a7600::modem
