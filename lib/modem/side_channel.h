// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "chat/chat.h"
#include "modem/host.h"
#include "modem/schedule.h"

namespace a7600::modem {

// The module's second AT channel, over a line of its own: it carries transfers and nothing else, so
// that two commands are in flight at a time, each with its own turnaround. What it needs to be set
// up for that is small: it has to answer, and not to echo.
class SideChannel final : private chat::Listener {
 public:
  // What it carries.
  struct Transfer {
    Direction direction = Direction::kReceive;
    ConnectionId id = 0;
    int link = -1;
  };

  class User {
   public:
    virtual void on_side_ready() = 0;
    // Without an answer, the channel is not to be used any more.
    virtual void on_side_answer(const Transfer& transfer, const chat::Answer& answer) = 0;
    virtual void on_side_unsolicited(const at::Reply& reply, std::string_view line) = 0;
    virtual void on_side_pushed(int link, const std::optional<Endpoint>& from,
                                std::span<const std::byte> bytes) = 0;
    virtual void on_side_push_cut(int link) = 0;
    // Nobody answers there.
    virtual void on_side_silent() = 0;

   protected:
    ~User() = default;
  };

  explicit SideChannel(User& user) : user_(user), chat_(*this) {}

  // The line is open, or the module has been looked at again.
  void start(chat::TimePoint now);
  // Whatever it carries has no answer any more.
  void close();
  bool is_open() const { return state_ != State::kClosed; }
  // It has not said yet whether it can be used.
  bool is_starting() const {
    return state_ == State::kProbing || state_ == State::kFlushing || state_ == State::kEchoOff;
  }
  bool is_silent() const { return state_ == State::kSilent; }
  // Ends a CIPSEND that waits for its payload, by as much of one as there can be, and asks once
  // more. REQUIRES: is_silent().
  void flush(chat::TimePoint now);
  // Since start().
  bool was_flushed() const { return flushed_; }
  // Whether a transfer may be begun.
  bool is_free() const { return state_ == State::kReady && chat_.idle(); }

  // REQUIRES: is_free().
  void begin(const Transfer& transfer, chat::Command command, chat::TimePoint now);
  const std::optional<Transfer>& carries() const { return carries_; }
  bool carries(Direction direction, ConnectionId id) const;
  bool carries(ConnectionId id) const { return carries_ && carries_->id == id; }
  // The link has another owner, whose transfer it is.
  void hand_over(ConnectionId id) { carries_->id = id; }
  // Of a send, if it has not left yet.
  void withhold_payload() { chat_.withhold_payload(); }
  // An answer that is not there by then won't come.
  void hurry(chat::TimePoint deadline);

  // Puts the echo back as it was found, when what is in flight is done.
  void leave(chat::TimePoint now);
  bool left() const { return state_ == State::kClosed || state_ == State::kLeft; }

  void feed(std::span<const std::byte> bytes, chat::TimePoint now);
  void take_output(std::string& into) { chat_.take_output(into); }
  bool has_output() const { return chat_.has_output(); }
  void on_time(chat::TimePoint now);
  std::optional<chat::TimePoint> deadline() const {
    return state_ == State::kFlushing ? flush_ends_ : chat_.deadline();
  }
  void observe(chat::Observer* observer) { chat_.observe(observer); }

 private:
  enum class State {
    kClosed,
    kProbing,  // AT is sent
    kSilent,   // ... in vain
    kFlushing,
    kEchoOff,  // ATE0 is
    kReady,
    kEchoOn,  // ATE1 is, at the end
    kLeft,
  };

  void say(State state, std::string_view text);
  void go_on();

  // chat::Listener
  void on_unsolicited(const at::Reply& reply, std::string_view line) override;
  void on_line(const at::Reply&, std::string_view) override {}
  void on_answer(const chat::Answer& answer) override;
  void on_pushed(int link, const std::optional<Endpoint>& from,
                 std::span<const std::byte> bytes) override;
  void on_push_cut(int link) override;

  User& user_;
  chat::Chat chat_;
  State state_ = State::kClosed;
  chat::TimePoint now_{};
  int probes_ = 0;
  bool flushed_ = false;
  chat::TimePoint flush_ends_{};
  bool echo_ = false;     // it was on when the line was opened
  bool again_ = false;    // to be started again, once it is idle
  bool leaving_ = false;  // to be left, once it is idle
  std::optional<Transfer> carries_;
};

}  // namespace a7600::modem
