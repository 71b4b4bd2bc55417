// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/ipv4.h"
#include "base/result.h"
#include "chat/chat.h"

namespace a7600::modem {

// AT+CIPTIMEOUT's <cipsend_timeout> (manual 2.12). A quarter of the default: while a send waits for
// its result, every other link waits too.
inline constexpr std::chrono::seconds kSendTimeout{30};

struct BringupConfig {
  std::string apn;  // empty: the module's own context 1 is used as it is
  std::string pin;
  // `pin` was sent before, and the SIM was not seen to take it. It is not tried again: three wrong
  // tries lock the SIM.
  bool pin_refused = false;
  std::chrono::milliseconds connect_timeout{120'000};
  bool transparent = false;  // AT+CIPMODE=1: one connection gets the whole line (manual 1.2)
};

// What the module was found with, to be put back when it is left.
struct Found {
  bool echo = false;
  bool push = false;                           // CIPRXGET 0
  bool command = false;                        // CIPMODE 0, and now it is 1
  std::optional<std::array<int, 3>> timeouts;  // CIPTIMEOUT, and now it is ours
};

// Theory. A host that crashed leaves echo off, links, servers, the network, an unfinished CIPSEND
// or even transparent mode behind; a module that has just restarted has none of it. So nothing is
// assumed: each step asks, and does only what the answer calls for.
//
//   probe ─ silent ─▶ "+++" ─ silent ─▶ ESC, 1500 × CR (end an unfinished CIPSEND) ─ silent ─▶
//   failed
//     │
//   network open? ─ no ─▶ PIN ─▶ registration ─▶ APN ─▶ NETOPEN ─┐
//     │ yes                                                      │
//     └─▶ access mode? stale links? stale servers? ──────────────┴─▶ address ─▶ buffer mode,
//                                                                              timeouts ─▶ up
//
// AT+CIPMODE counts only before NETOPEN (manual 2.3): if the module is not in the mode that is
// wanted, an open network is closed and opened again.
//
// The probe is a bare ATE0. Leftovers of an earlier answer may end in "OK" too; so the next
// command is one whose answer has a line of its own ("+NETOPEN:"), and an OK without it means that
// the answers are off by one: the line is left to fall silent and the probe starts again.
class Bringup {
 public:
  enum class State { kRunning, kUp, kFailed };

  enum class Start {
    kFresh,    // links and servers that are open are leftovers
    kRebuild,  // the module has said that the network is lost: one that is still open is closed and
               // opened again (manual chapter 5)
    kCheck,    // after silence or a restart: what is open may be ours and stays
  };
  Bringup(const BringupConfig& config, Start start);

  State state() const { return state_; }
  // REQUIRES: state() is kFailed.
  const Error& error() const { return error_; }
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

  Ipv4 address() const { return address_; }
  const Found& found() const { return found_; }

  // Called when the AT channel is free: sends the next command, writes a raw sequence, or does
  // nothing while a pause lasts.
  void advance(chat::Chat& chat, chat::TimePoint now);
  // When advance() has to be called again though nothing was received.
  std::optional<chat::TimePoint> wake() const {
    return result_deadline_ ? result_deadline_ : wake_;
  }

  void on_reply(const at::Reply& reply, chat::TimePoint now);
  void on_answer(const chat::Answer& answer, bool echo_seen, chat::TimePoint now);
  // The module has restarted: give it time, then begin again.
  void on_boot(chat::TimePoint now);

 private:
  enum class Step {
    kProbe,
    kEscape,
    kPad,
    kNetworkState,
    kAccessMode,
    kSetAccessMode,
    kFindLinks,
    kCloseLink,
    kFindServers,
    kStopServer,
    kCloseNetwork,
    kPin,
    kEnterPin,
    kRegistration,
    kPacketRegistration,
    kLteRegistration,
    kContext,
    kFindTimeouts,
    kTimeouts,
    kOpenNetwork,
    kAddress,
    kReadMode,
    kSetReadMode,
  };

  void go(Step step);
  void pause(std::chrono::milliseconds duration, chat::TimePoint now) { wake_ = now + duration; }
  void fail(int posix, std::string text);
  void command(chat::Chat& chat, std::string text, std::chrono::milliseconds timeout,
               chat::TimePoint now);
  void restart(std::chrono::milliseconds pause, chat::TimePoint now);

  void on_silence(chat::TimePoint now);
  void on_network_state(const chat::Answer& answer, chat::TimePoint now);
  void on_access_mode();
  void on_result_step(const chat::Answer& answer, chat::TimePoint now);
  void finish_result_step();
  void on_pin(const chat::Answer& answer, chat::TimePoint now);
  void on_registration(chat::TimePoint now);
  void on_address(chat::TimePoint now);
  void after_cleaning();
  void on_found_timeouts();
  std::array<int, 3> timeouts() const;  // CIPTIMEOUT as it is wanted

  BringupConfig config_;
  Start start_;
  bool found_network_closed_ = false;
  unsigned open_links_ = 0;
  State state_ = State::kRunning;
  Step step_ = Step::kProbe;
  Error error_;
  std::optional<chat::TimePoint> wake_;

  int probes_ = 0;
  int restarts_ = 0;
  bool tried_escape_ = false;
  bool tried_pad_ = false;
  bool echo_known_ = false;

  bool network_open_ = false;
  bool wrong_mode_ = false;
  std::deque<int> links_;    // left open by an earlier host
  std::deque<int> servers_;  // likewise

  std::optional<at::Reply> seen_;  // the line that the step in flight waits for
  // The step's OK was there; its result line ("+NETOPEN: 0") is not yet.
  std::optional<chat::TimePoint> result_deadline_;

  std::string pin_state_;
  bool pin_entered_ = false;
  bool pin_unclear_ = false;  // AT+CPIN? said ERROR, which a missing SIM can mean
  int sim_retries_ = 0;

  std::optional<chat::TimePoint> searching_since_;
  int stat_ = -1;  // the best <stat> of this round of CREG, CGREG and CEREG

  Ipv4 address_;
  Found found_;
};

}  // namespace a7600::modem
