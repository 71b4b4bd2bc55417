// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "at/command.h"
#include "base/ipv4.h"
#include "base/result.h"
#include "chat/chat.h"
#include "modem/host.h"
#include "modem/reset_ladder.h"

namespace a7600::modem {

// AT+CIPTIMEOUT's <cipsend_timeout> (manual 2.12). A quarter of the default: while a send waits for
// its result, every other link waits too.
inline constexpr std::chrono::seconds kSendTimeout{30};

// Whether the module is to keep to RTS/CTS (AT+IFC=2,2).
enum class Rtscts {
  kOff,  // it is left as it is
  kTry,  // if a test shows that it obeys
  kOn,   // wanted; left if the line dies of it
};

struct BringupConfig {
  // A module that is found at a slower rate is set to this one.
  int baud = 115200;
  Rtscts rtscts = Rtscts::kOff;
  std::string apn;  // empty: the module's own context 1 is used as it is
  at::Login login;  // for that APN; an empty user: none
  std::string pin;
  // `pin` was sent before, and the SIM was not seen to take it. It is not tried again: three wrong
  // tries lock the SIM.
  bool pin_refused = false;
  std::chrono::milliseconds connect_timeout{120'000};
  bool transparent = false;  // AT+CIPMODE=1: one connection gets the whole line (manual 1.2)
  ResetMeans reset;
};

// What the module was found with, to be put back when it is left.
struct Found {
  bool echo = false;
  bool push = false;                           // CIPRXGET 0
  bool command = false;                        // CIPMODE 0, and now it is 1
  int baud = 0;                                // its rate was raised from this one
  bool no_rtscts = false;                      // IFC 0,0, and now it is 2,2
  std::optional<std::array<int, 3>> timeouts;  // CIPTIMEOUT, and now it is ours
};

// Theory. A host that crashed leaves echo off, links, servers, the network, an unfinished CIPSEND
// or even transparent mode behind; a module that has just restarted has none of it. So nothing is
// assumed: each step asks, and does only what the answer calls for.
//
//   probe ─ silent ─▶ "+++"; ESC, 1500 × CR (end an unfinished CIPSEND) ─ probe ─
//   silent ─▶ other rates
//     │
//   rate and flow control (bringup_line.cc)
//     │
//   network open? ─ no ─▶ PIN ─▶ registration ─▶ APN ─▶ NETOPEN ─┐
//     │ yes                                                      │
//     └─▶ access mode? stale links? stale servers? ──────────────┴─▶ address ─▶ buffer mode,
//                                                                              timeouts ─▶ up
//
// AT+CIPMODE counts only before NETOPEN (manual 2.3): if the module is not in the mode that is
// wanted, an open network is closed and opened again.
//
// Where a payload was announced and the module may still wait for it, CRs come before the first
// command: they are nothing to a module that waits for commands, and else they complete the
// payload, so that no command becomes data. The connection that it was for is given up.
//
// The probe is a bare ATE0. A host may have left the module with result codes that are numbers
// ("0<CR>" for OK), which look like silence: one of the later probes is ATV1, and ATE0 follows.
// Leftovers of an earlier answer may end in "OK" too; so the next command is one whose answer has a
// line of its own
// ("+NETOPEN:"), and an OK without it means that the answers are off by one: the line is left to
// fall silent and the probe starts again.
class Bringup {
 public:
  enum class State { kRunning, kUp, kFailed };

  enum class Start {
    kFresh,    // links and servers that are open are leftovers
    kRebuild,  // the module has said that the network is lost: one that is still open is closed and
               // opened again (manual chapter 5)
    kCheck,    // after silence or a restart: what is open may be ours and stays
  };
  // What the module may be in the middle of.
  struct Leftovers {
    std::size_t payload = 0;  // of this size
    bool data_mode = false;
  };
  Bringup(const BringupConfig& config, Start start, Line& line, Leftovers leftovers);

  // The module is restarted first. Before advance().
  void restart_module(Reset how);
  // RTS and DTR are up again; to be called when it is given up before it has ended.
  void release_wires();

  State state() const { return state_; }
  // REQUIRES: state() is kFailed.
  const Error& error() const { return error_; }
  Trouble trouble() const { return trouble_; }
  // What the bring-up is waiting for, for those whose time is up before it ends.
  std::string obstacle() const;

  // Whether it only asks now and then whether the module has found a network, so that other
  // commands may go in between.
  bool is_searching() const { return searching_since_.has_value() && wake_.has_value(); }

  bool pin_refused() const { return config_.pin_refused; }

  // With kCheck: whether the network was found closed, so that every connection is gone; and, once
  // up, the links that are open, bit 0 for link 0.
  bool found_network_closed() const { return found_network_closed_; }
  unsigned open_links() const { return open_links_; }
  // Whether the network was open before, so that there may have been links.
  bool found_network_open() const { return network_open_; }

  // What has happened since the last call, as sentences for the log.
  std::vector<std::string> take_news() { return std::exchange(news_, {}); }

  Ipv4 address() const { return address_; }
  const Found& found() const { return found_; }
  // Whether a probe was answered, so that found().echo is known, and the echo off.
  bool was_answered() const { return echo_known_; }
  // Whether "+++" was written, to a module that had not answered what was asked before.
  bool has_escaped() const { return escaped_; }
  // What a module that has not answered may be in the middle of still: it may not have heard what
  // was to end that.
  Leftovers leftovers() const { return was_answered() ? Leftovers{} : leftovers_; }

  // Called when the AT channel is free: sends the next command, writes a raw sequence, or does
  // nothing while a pause lasts.
  void advance(chat::Chat& chat, chat::TimePoint now);
  // When advance() has to be called again though nothing was received.
  std::optional<chat::TimePoint> wake() const {
    return result_deadline_ ? result_deadline_ : wake_;
  }
  // For what happens while a command is in flight, and when that is.
  void on_time(chat::TimePoint now);
  std::optional<chat::TimePoint> hold_ends() const { return held_until_; }

  void on_reply(const at::Reply& reply, chat::TimePoint now);
  void on_answer(const chat::Answer& answer, bool echo_seen, chat::TimePoint now);
  // The module has restarted: give it time, then begin again.
  void on_boot(chat::TimePoint now);

 private:
  // In groups, in whose order on_answer() finds who is to be told.
  enum class Step {
    kResetCommand,
    kRadioOff,
    kRadioOn,
    kDtrDown,
    kDtrUp,
    kStarts,  // it is given time for its first words
    kProbe,
    kQuiet,  // the guard time in front of "+++"
    kEscape,
    kPad,
    kTryRate,
    kSetRate,
    kProveRate,
    kSetFlow,
    kProveFlow,
    kUnsetFlow,
    kNetworkState,
    kAccessMode,
    kSetAccessMode,
    kFindLinks,
    kCloseLink,
    kFindServers,
    kStopServer,
    kCloseNetwork,
    kPin,
    kNameErrors,
    kPinAgain,
    kNumberErrors,
    kEnterPin,
    kRegistration,
    kPacketRegistration,
    kLteRegistration,
    kContext,
    kLogin,
    kFindTimeouts,
    kTimeouts,
    kOpenNetwork,
    kAddress,
    kReadMode,
    kSetReadMode,
  };

  // For a result line behind its OK.
  static constexpr std::chrono::seconds kResultWait{30};
  // NETOPEN's longest response time (manual 2.1), and a margin.
  static constexpr std::chrono::seconds kNetworkWait{125};

  void go(Step step);
  void pause(std::chrono::milliseconds duration, chat::TimePoint now) { wake_ = now + duration; }
  void fail(int posix, std::string text, Trouble trouble = Trouble::kOther);
  void command(chat::Chat& chat, std::string text, std::chrono::milliseconds timeout,
               chat::TimePoint now);
  void restart(std::chrono::milliseconds pause, chat::TimePoint now);

  // Whether the probe is ATV1.
  bool asks_for_words() const;
  void on_silence(chat::TimePoint now);
  // bringup_reset.cc
  void drop_dtr(chat::TimePoint now);
  void raise_dtr(chat::TimePoint now);
  void on_reset_step(const chat::Answer& answer, chat::TimePoint now);
  // bringup_line.cc
  void release_hold();
  void start_rates();
  void next_rate(chat::Chat& chat, chat::TimePoint now);
  void prove_flow(chat::Chat& chat, chat::TimePoint now);
  void on_line_step(const chat::Answer& answer, chat::TimePoint now);
  void after_rate();
  void after_flow_or(Step step);
  void after_flow(bool proved);
  // bringup_sim.cc
  void on_sim_step(const chat::Answer& answer, chat::TimePoint now);
  void on_pin(const chat::Answer& answer, chat::TimePoint now);
  void on_registration(chat::TimePoint now);
  void on_registered();
  void tell_search(std::chrono::seconds searching);
  // bringup_network.cc
  void on_network_step(const chat::Answer& answer, chat::TimePoint now);
  void on_network_state(const chat::Answer& answer, chat::TimePoint now);
  void on_access_mode();
  void on_result_step(const chat::Answer& answer, chat::TimePoint now);
  void finish_result_step();
  void after_cleaning();
  void on_address(chat::TimePoint now);
  void on_found_timeouts();
  std::array<int, 3> timeouts() const;  // CIPTIMEOUT as it is wanted

  BringupConfig config_;
  Start start_;
  bool found_network_closed_ = false;
  unsigned open_links_ = 0;
  State state_ = State::kRunning;
  Step step_ = Step::kProbe;
  Error error_;
  Trouble trouble_ = Trouble::kOther;
  std::optional<chat::TimePoint> wake_;

  Leftovers leftovers_;
  std::string padding_;
  int probes_ = 0;
  int restarts_ = 0;
  bool resynchronised_ = false;  // "+++" and CRs have been written
  bool escaped_ = false;         // likewise, be it before a restart
  bool uses_words_ = false;      // ATV1 was answered, behind probes that were not
  bool echo_known_ = false;

  Line& line_;
  std::vector<int> rates_;  // to look for the module at, from the back
  bool rate_settled_ = false;
  int old_rate_ = 0;  // before AT+IPR was tried; 0: it was not
  bool flow_settled_ = false;
  std::optional<chat::TimePoint> held_until_;  // RTS is down
  bool dtr_down_ = false;

  bool network_open_ = false;
  bool no_address_ = false;  // AT+IPADDR had none
  bool wrong_mode_ = false;
  std::deque<int> links_;       // left open by an earlier host
  bool links_refused_ = false;  // AT+CIPOPEN? was answered by ERROR once
  std::deque<int> servers_;     // likewise

  std::optional<at::Reply> seen_;  // the line that the step in flight waits for
  // The step's OK was there; its result line ("+NETOPEN: 0") is not yet.
  std::optional<chat::TimePoint> result_deadline_;

  std::string pin_state_;
  bool pin_entered_ = false;
  bool pin_unclear_ = false;  // AT+CPIN? said ERROR, which a missing SIM can mean
  bool errors_named_ = false;
  chat::Answer pin_answer_;
  int sim_retries_ = 0;

  std::optional<chat::TimePoint> searching_since_;
  int stat_ = -1;  // the best <stat> of this round of CREG, CGREG and CEREG
  int told_stat_ = -1;
  std::chrono::seconds told_at_{0};
  std::vector<std::string> news_;

  Ipv4 address_;
  Found found_;
};

}  // namespace a7600::modem
