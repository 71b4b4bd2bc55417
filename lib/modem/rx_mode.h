// SPDX-License-Identifier: MIT
#pragma once

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
// read as lines, and the header should name the link: AT+CIPCCFG's <HeaderType> 1, which the manual
// calls "not fully implemented". So it is set, read back, and still only trusted when it was seen:
// until then pushing goes on only as long as the peer's address (AT+CIPSRIP) tells the open
// connections apart. Where it can't be set at all, that is used for datagrams, whose source is told
// in no other way. All is set up at the first use, since short transfers gain nothing.
//
// When a reader falls behind, everything goes back to buffer access mode, and each time that
// happens soon after, it stays there for longer.
class RxMode {
 public:
  void set_policy(PushPolicy policy) { policy_ = policy; }
  PushPolicy policy() const { return policy_; }

  // The module was set up anew, in buffer access mode.
  void reset();

  // Data is read with AT+CIPRXGET=2; otherwise it comes by itself.
  bool buffered() const { return !pushing_; }
  // A change is under way: the module may be in either.
  bool changing() const { return in_flight_; }

  // A reader has fallen behind.
  void hold_back(chat::TimePoint now);
  // What was pushed has named its link, or has not though it should have.
  void saw_link() { link_named_ = true; }
  void missed_link();
  // Whether pushed data names its link, as far as is known.
  bool names_link() const { return link_named_; }
  // Pushing would pay now.
  void ask_for_push() { push_asked_ = true; }
  // Datagrams without their source are of little use: push as long as there is a UDP socket.
  void need_push(bool needed) { push_needed_ = needed; }

  // The next command of a change, if one is due. `everyone_keeps_up`: no reader is behind, and
  // nothing that was closed is still to be read. `told_apart`: no two connections, open or about to
  // be, can be meant by the same peer's address.
  std::optional<std::string> next_command(bool everyone_keeps_up, bool told_apart,
                                          chat::TimePoint now);
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

  bool push_wanted() const;

  PushPolicy policy_ = PushPolicy::kNever;
  Setup setup_ = Setup::kUntried;
  bool pushing_ = false;
  bool in_flight_ = false;
  bool push_asked_ = false;
  bool push_needed_ = false;
  bool hold_back_ = false;
  bool link_named_ = false;       // a pushed header did
  bool link_unsettable_ = false;  // AT+CIPCCFG has refused, or a pushed header did not name it
  std::optional<std::array<int, 7>> config_;  // as the module has just told it
  std::optional<std::array<int, 7>> before_;  // as it was found
  std::optional<int> setting_;                // the answer of kAskHead and kAskSource
  bool head_changed_ = false;
  bool source_changed_ = false;
  chat::TimePoint not_before_{};
  chat::TimePoint held_back_at_{};
  std::chrono::milliseconds penalty_{0};
};

}  // namespace a7600::modem
