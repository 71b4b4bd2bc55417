// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "chat/chat.h"
#include "modem/escape_guard.h"

namespace a7600::modem {

// The line while it belongs to one connection (transparent mode, manual 1.2): what comes is the
// peer's, what goes is the program's, and three questions have no certain answer on the line.
//
// Has the peer closed? The module says so in words between the peer's bytes: "CLOSED", "+IPCLOSE:",
// the lines of a restart. A tail of such lines is held back; if more comes behind it, it was the
// peer's. If nothing comes, the module is asked: the escape sequence leads to command mode, or
// finds it there already.
//
// Does the program's "+++" end data mode? EscapeGuard sees to it that it doesn't.
//
// When has the line been silent for long enough? Silence counts from when the latest byte has left,
// by the line's rate and by what the driver says.
class DataMode {
 public:
  bool active() const { return state_ != State::kOff; }
  // The program's bytes may go out: no silence is being kept.
  bool flows() const { return state_ == State::kFlowing; }

  void enter(chat::TimePoint now);
  // The line has failed, or something else has found it in command mode.
  void leave();

  // How fast the line is at least, in bits a second.
  void set_rate(unsigned bits_per_second) { rate_ = bits_per_second; }

  // ---- From the module.

  // What came. Returns what of it, and of what was held back, is the peer's for certain. The view
  // is valid until the next call.
  std::string_view receive(std::span<const std::byte> bytes, chat::TimePoint now);
  // What was held back, when it has turned out to be the peer's.
  std::string take_held();
  // What of it is the peer's though the notice is true: ends of lines before its own CR LF.
  std::string take_before_notice();
  // The module's own words, if that is what was held back: why data mode has ended.
  std::string_view notice() const { return complete_ ? std::string_view(held_) : ""; }

  // ---- To the module. REQUIRES: flows().

  // Adds what may be written of what was not written yet, and of `bytes` behind it, to `output`.
  void write(std::string_view bytes, std::string& output, chat::TimePoint now);
  // Something waits in write(); until then, no more should be offered.
  bool holds_output() const { return !unwritten_.empty(); }

  // ---- Back to command mode.

  void request_command_mode();

  enum class Step {
    kNone,
    kReleased,     // take_held() has something for the program after all
    kEscape,       // "+++" is to be written now; not_drained() if the line is still busy
    kCommandMode,  // the line is in command mode; data mode is left
  };
  // Looks what the time has brought.
  Step on_time(chat::TimePoint now);
  void not_drained(chat::TimePoint now);
  void escape_written(chat::TimePoint now);
  std::optional<chat::TimePoint> wake() const;

  // kCommandMode: whether the module has answered the escape sequence, so that it was in data mode
  // till then and the connection may be open; else it had left data mode before.
  bool escape_answered() const { return escape_answered_; }

 private:
  enum class State {
    kOff,
    kFlowing,
    kSuspicious,  // a complete notice is held back; waits for more, or for silence
    kLeaving,     // the program has closed; waits for silence
    kEscaping,    // "+++" is written
  };

  chat::TimePoint answer_due(bool answered) const;
  chat::TimePoint notice_ends() const;
  std::string_view since_escape() const {
    return std::string_view(held_).substr(std::min(before_escape_, held_.size()));
  }

  State state_ = State::kOff;
  EscapeGuard guard_;
  unsigned rate_ = 115'200;
  std::string given_;      // what receive() returns
  std::string held_;       // may be the module's own words
  bool complete_ = false;  // held_ is whole lines of them
  std::string unwritten_;
  chat::TimePoint entered_at_{};
  std::size_t written_ = 0;  // since then
  double seen_rate_ = 0;     // what the line has shown to carry at least, in bits a second
  chat::TimePoint received_at_{};
  chat::TimePoint suspicious_since_{};  // kSuspicious
  chat::TimePoint silent_since_{};      // when the latest byte to the module has left
  chat::TimePoint escaped_at_{};
  std::size_t before_escape_ = 0;  // so much of held_
  bool leaving_ = false;
  int escapes_ = 0;
  bool escape_answered_ = false;
};

}  // namespace a7600::modem
