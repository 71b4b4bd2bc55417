// SPDX-License-Identifier: MIT
#include "interpreter.h"

#include <algorithm>
#include <utility>

namespace a7600::sim {
namespace {

constexpr char kBackspace = 0x08;
constexpr char kDelete = 0x7f;
constexpr char kEtx = 0x03;
constexpr char kCtrlZ = 0x1a;
constexpr char kEscape = 0x1b;

}  // namespace

void Interpreter::input(std::string_view bytes) {
  if (state_ == State::kOff) return;
  if (running_ || stopped() || !waiting_.empty()) {
    waiting_.append(bytes);
    line_.set_reading(waiting_.size() < kMaxWaiting);
    return;
  }
  run(bytes);
}

void Interpreter::resume() {
  if (running_ || waiting_.empty() || stopped()) return;
  const std::string bytes = std::exchange(waiting_, {});
  run(bytes);
  line_.set_reading(waiting_.size() < kMaxWaiting);
}

void Interpreter::run(std::string_view bytes) {
  running_ = true;
  while (!bytes.empty() && !stopped()) {
    switch (state_) {
      case State::kCommand:
        bytes.remove_prefix(take_command(bytes));
        break;
      case State::kPayload:
        bytes.remove_prefix(take_payload(bytes));
        break;
      case State::kText:
        bytes.remove_prefix(take_text(bytes));
        break;
      case State::kData:
        bytes.remove_prefix(take_data(bytes));
        break;
      case State::kBusy:
      case State::kDataFull:
        break;
      case State::kOff:
        bytes = {};
        break;
    }
  }
  running_ = false;
  waiting_.insert(0, bytes);
}

void Interpreter::expect_payload(std::size_t size) {
  state_ = State::kPayload;
  payload_size_ = size;
  payload_.clear();
}

void Interpreter::expect_text() {
  state_ = State::kText;
  escaped_ = false;
  payload_.clear();
}

void Interpreter::data_room() {
  if (state_ == State::kDataFull) state_ = State::kData;
}

void Interpreter::reset() {
  state_ = State::kCommand;
  echo = true;
  waiting_.clear();
  prefix_ = 0;
  too_long_ = false;
  body_.clear();
  line_.set_reading(true);
}

void Interpreter::off() {
  reset();
  state_ = State::kOff;
}

std::size_t Interpreter::take_command(std::string_view bytes) {
  std::size_t taken = 0;
  std::size_t echoed = 0;
  bool whole = false;
  while (taken < bytes.size() && !whole) {
    const char c = bytes[taken++];
    if (c == '\r') {
      whole = true;
    } else if (c == kBackspace || c == kDelete) {
      if (!body_.empty()) body_.pop_back();
    } else if (c == '/' && prefix_ == 'A') {
      whole = true;  // A/ needs no CR
      prefix_ = 'T';
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      add_to_line(c);
    } else if (c == '\n') {
      if (echo) output_.raw(bytes.substr(echoed, taken - 1 - echoed));
      echoed = taken;
    }
  }
  if (echo) {
    if (whole) output_.seam(Seam::kBeforeEcho);
    output_.raw(bytes.substr(echoed, taken - echoed));
  }
  if (whole && end_of_line()) {
    state_ = State::kBusy;
    if (std::exchange(too_long_, false)) {
      user_.on_long_line();
    } else {
      user_.on_command_line(body_);
    }
  }
  return taken;
}

void Interpreter::add_to_line(char c) {
  const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (prefix_ == 'T') {
    if (body_.size() < kMaxLine) {
      body_.push_back(c);
    } else {
      too_long_ = true;
    }
  } else if (upper == 'A') {
    prefix_ = 'A';
  } else if (upper == 'T' && prefix_ == 'A') {
    prefix_ = 'T';
    body_.clear();
  } else {
    prefix_ = 0;
  }
}

// Whether there is a line to execute.
bool Interpreter::end_of_line() { return std::exchange(prefix_, 0) == 'T'; }

std::size_t Interpreter::take_payload(std::string_view bytes) {
  const std::size_t taken = std::min(bytes.size(), payload_size_ - payload_.size());
  if (echo) output_.raw(bytes.substr(0, taken));
  // A payload that arrives in one piece is not copied.
  if (taken == payload_size_) {
    state_ = State::kBusy;
    user_.on_payload(bytes.substr(0, taken));
    return taken;
  }
  payload_.append(bytes.substr(0, taken));
  if (payload_.size() == payload_size_) {
    state_ = State::kBusy;
    user_.on_payload(payload_);
  }
  return taken;
}

std::size_t Interpreter::take_data(std::string_view bytes) {
  // The user may leave data mode on these bytes.
  if (!user_.on_data(bytes) && state_ == State::kData) state_ = State::kDataFull;
  return bytes.size();
}

std::size_t Interpreter::take_text(std::string_view bytes) {
  std::size_t taken = 0;
  char end = 0;
  while (taken < bytes.size() && end == 0) {
    const char c = bytes[taken++];
    if (!escaped_ && c == kEtx) {
      escaped_ = true;
      continue;
    }
    if (!escaped_ && (c == kCtrlZ || c == kEscape)) {
      end = c;
      continue;
    }
    escaped_ = false;
    // One byte over the limit is remembered, as the sign that it was passed.
    if (payload_.size() <= kMaxPayload) payload_.push_back(c);
  }
  if (echo) output_.raw(bytes.substr(0, taken));
  if (end == 0) return taken;
  state_ = State::kBusy;
  if (end == kEscape || payload_.size() > kMaxPayload) {
    user_.on_payload_cancelled(end != kEscape);
  } else {
    user_.on_payload(payload_);
  }
  return taken;
}

}  // namespace a7600::sim
