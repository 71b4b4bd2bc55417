// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "at/reply.h"
#include "chat/chat.h"

namespace a7600::modem {

// When received data may be pushed by the module instead of being read from it.
enum class PushPolicy {
  kNever,   // the line can't push back, or the user wants buffer access
  kAuto,    // when it pays: a bulk download, a UDP socket
  kAlways,  // from the start
};

// Which access mode the module is in (manual 1.2), and how to get from one to the other.
//
// Theory. In buffer access mode each chunk costs a turnaround, but a slow reader holds up nobody.
// In direct push mode data comes at line rate, and UDP datagrams come one by one with their source;
// but whatever comes has to be taken. Push needs a header (AT+CIPHEAD), or a peer's bytes would be
// read as lines, and it has to be certain whose the bytes are. AT+CIPCCFG's <HeaderType> 1 names
// the link; the manual calls it "not fully implemented", so it is set, read back, and still only
// trusted when it was seen. Until then, and where it is missing, "RECV FROM" (AT+CIPSRIP) names the
// peer, which will do as long as it tells the connections apart. All that is set up at the first
// use, since short transfers gain nothing.
//
// When a reader falls behind, everything goes back to buffer access mode, and each time that
// happens soon after, it stays there for longer. So it does while somebody types beside a bulk
// transfer: what the module has queued for the line is what a keystroke's answer waits for.
class RxMode {
 public:
  void set_policy(PushPolicy policy) { policy_ = policy; }
  PushPolicy policy() const { return policy_; }

  // The module was set up anew, in buffer access mode.
  void reset();

  // Data is read with AT+CIPRXGET=2; otherwise it comes by itself.
  bool buffered() const { return !pushing_; }
  // A change is under way: the module may be in either.
  bool changing() const { return in_flight_ && !switching_source_; }

  // What tells whose pushed data is.
  enum class Naming {
    kLink,     // "+RECEIVE,<link>,…"
    kSource,   // "RECV FROM:…"
    kNothing,  // only that there is one connection
  };
  // What can be relied on.
  Naming naming() const { return naming_seen_ ? naming_ : std::max(naming_, Naming::kSource); }

  // A reader has fallen behind.
  void hold_back(chat::TimePoint now);
  // Buffer access is better until then. Not heeded by kAlways, and while there are UDP sockets.
  void pause(chat::TimePoint until);
  // The module holds back what it should have pushed: never again.
  void give_up(chat::TimePoint now);
  // Pushing would pay now.
  void ask_for_push() { push_asked_ = true; }
  // Datagrams without their source are of little use: push as long as there is a UDP socket, at
  // once when no reader is behind any more.
  void need_push(bool needed) {
    if (needed && !push_needed_) not_before_ = {};
    push_needed_ = needed;
  }
  // Whether a change to push mode is wanted, or was made.
  bool push_wanted() const;
  // Something was pushed, and this is what it was named by.
  void on_push(Naming seen);

  // `everyone_keeps_up`: no reader is behind, and nothing that was closed is still to be read.
  // `owner_certain`: naming() tells each connection's data from any other's, also of those that
  // are about to be opened.
  struct Situation {
    bool everyone_keeps_up = true;
    bool owner_certain = true;
  };
  // The next command of a change, if one is due.
  std::optional<std::string> next_command(const Situation& situation, chat::TimePoint now);
  void on_reply(const at::Reply& reply);
  // True when data that the module holds now has to be asked for.
  bool on_answer(const chat::Answer& answer);

  // What puts the module's settings back as they were before push was set up.
  std::vector<std::string> undo() const;

  // When next_command() is to be asked though nothing has happened.
  std::optional<chat::TimePoint> wake(chat::TimePoint now) const;

 private:
  enum class Setup {
    kUntried,
    kAskConfig,
    kSetConfig,
    kVerify,
    kAskHead,
    kSetHead,
    kAskSource,
    kSetSource,
    kReady,
    kUnsupported,
  };
  // A setting of one number: as it was found, and as it is.
  struct Setting {
    std::optional<int> before;
    std::optional<int> now;
    void found(std::optional<int> value);
  };

  std::optional<std::string> setup_command();
  void on_setup_answer(bool ok);
  // Whether the source should be told now; a change is a command that pushing goes on during.
  int source_wanted() const;

  PushPolicy policy_ = PushPolicy::kNever;
  Setup setup_ = Setup::kUntried;
  Naming naming_ = Naming::kLink;  // the least that was seen, or agreed on
  bool naming_seen_ = false;
  bool pushing_ = false;
  bool in_flight_ = false;
  bool switching_source_ = false;  // that is what is in flight
  bool source_fixed_ = false;      // the module won't change it any more
  bool push_asked_ = false;
  bool push_needed_ = false;
  bool hold_back_ = false;
  std::optional<std::array<int, 7>> config_;  // as the module has just told it
  std::optional<std::array<int, 7>> before_;  // as it was found
  std::optional<int> setting_;                // the answer of kAskHead and kAskSource
  Setting head_;
  Setting source_;
  chat::TimePoint not_before_{};
  chat::TimePoint held_back_at_{};
  std::chrono::milliseconds penalty_{0};
};

}  // namespace a7600::modem
