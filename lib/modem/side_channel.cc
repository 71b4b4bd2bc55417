// SPDX-License-Identifier: MIT
#include "modem/side_channel.h"

#include <utility>

#include "at/command.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kProbeWait = 600ms;
constexpr int kProbes = 2;
// What comes of a payload that was completed has come then.
constexpr auto kFlushTime = 300ms;

}  // namespace

void SideChannel::start(chat::TimePoint now) {
  now_ = now;
  again_ = true;
  flushed_ = false;
  if (chat_.idle() && state_ != State::kFlushing) go_on();
}

void SideChannel::flush(chat::TimePoint now) {
  flushed_ = true;
  state_ = State::kFlushing;
  flush_ends_ = now + kFlushTime;
  chat_.write_raw(std::string(at::kLargestSend, '\r'));
}

void SideChannel::close() {
  state_ = State::kClosed;
  echo_ = false;
  again_ = false;
  carries_.reset();
  chat_.abandon();
}

void SideChannel::begin(const Transfer& transfer, chat::Command command, chat::TimePoint now) {
  carries_ = transfer;
  chat_.send(std::move(command), now);
}

bool SideChannel::carries(Direction direction, ConnectionId id) const {
  return carries(id) && carries_->direction == direction;
}

void SideChannel::hurry(chat::TimePoint deadline) {
  if (!chat_.idle()) chat_.hurry(deadline);
}

void SideChannel::leave(chat::TimePoint now) {
  now_ = now;
  leaving_ = true;
  if (is_open() && chat_.idle()) go_on();
}

void SideChannel::feed(std::span<const std::byte> bytes, chat::TimePoint now) {
  now_ = now;
  if (is_open()) chat_.feed(bytes, now);
}

void SideChannel::on_time(chat::TimePoint now) {
  now_ = now;
  chat_.on_time(now);
  if (state_ != State::kFlushing || now < flush_ends_) return;
  probes_ = kProbes;
  say(State::kProbing, "AT");
}

void SideChannel::say(State state, std::string_view text) {
  state_ = state;
  chat_.send({.text = std::string(text), .payload = {}, .timeout = kProbeWait}, now_);
}

// The next step, between two answers.
void SideChannel::go_on() {
  if (leaving_) {
    if (state_ != State::kReady || !echo_) {
      state_ = State::kLeft;
    } else {
      say(State::kEchoOn, "ATE1");
    }
  } else if (std::exchange(again_, false)) {
    probes_ = 1;
    say(State::kProbing, "AT");
  }
}

void SideChannel::on_answer(const chat::Answer& answer) {
  const bool silent = answer.final == chat::Final::kTimeout;
  switch (state_) {
    case State::kProbing:
      if (silent && probes_ == kProbes) {
        state_ = State::kSilent;
        user_.on_side_silent();
        break;
      }
      if (silent) {
        ++probes_;
        return say(State::kProbing, "AT");
      }
      echo_ = echo_ || chat_.echo_seen();
      return say(State::kEchoOff, "ATE0");
    case State::kEchoOff:
      if (silent) {
        state_ = State::kSilent;
        user_.on_side_silent();
        break;
      }
      state_ = State::kReady;
      if (!leaving_ && !again_) user_.on_side_ready();
      break;
    case State::kReady:
      if (const auto transfer = std::exchange(carries_, std::nullopt)) {
        user_.on_side_answer(*transfer, answer);
      }
      break;
    case State::kEchoOn:
      state_ = State::kLeft;
      break;
    default:
      break;
  }
  if (chat_.idle() && state_ != State::kFlushing) go_on();
}

void SideChannel::on_unsolicited(const at::Reply& reply, std::string_view line) {
  user_.on_side_unsolicited(reply, line);
}

void SideChannel::on_pushed(int link, const std::optional<Endpoint>& from,
                            std::span<const std::byte> bytes) {
  user_.on_side_pushed(link, from, bytes);
}

void SideChannel::on_push_cut(int link) { user_.on_side_push_cut(link); }

}  // namespace a7600::modem
