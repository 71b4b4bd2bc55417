// SPDX-License-Identifier: MIT
#include "modem/data_mode.h"

#include <algorithm>
#include <array>
#include <utility>

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kGuard = 1100ms;       // manual 1.2: more than 1000 ms before and after "+++"
constexpr auto kPartialPause = 20ms;  // bytes of one line of the module come in one go
constexpr auto kNoticePause = 50ms;
constexpr auto kLongestNoticePause = 500ms;  // for a module whose codes never pause
constexpr auto kOkPause = 30ms;              // nothing behind the OK: it is the module's
constexpr auto kOkWait = 4s;  // behind the guard, and behind what the peer still sends
constexpr auto kOkWaitAtNotice = 600ms;
constexpr int kEscapes = 3;
constexpr std::size_t kMostUndelivered = 68 * 1024;  // what a kernel keeps of a line's output
constexpr std::size_t kLongestNotice = 4096;         // a restart says a dozen lines
constexpr std::ptrdiff_t kShortestCode = 3;          // letters and digits of its name

// The lines that a module prints when data mode has ended by itself; what follows a colon differs.
constexpr std::array<std::string_view, 13> kNotices = {
    "CLOSED", "NO CARRIER", "+IPCLOSE:", "+CIPCLOSE:", "+CIPEVENT:", "+NETCLOSE:", "*ATREADY:",
    "RDY",    "+CPIN:",     "SMS DONE",  "PB DONE",    "*ISIMAID:",  "+CGEV:"};

constexpr std::string_view kRestart("\0\r\n", 3);

enum class Match { kNone, kPartial, kComplete };

bool ends_line(char c) { return c == '\r' || c == '\n' || c == '\0'; }

bool is_text(char c) { return c >= 0x20 && c < 0x7f; }

// Whether a line, or the beginning of one (not `whole`), looks like an unsolicited result code:
// "+CREG: 1", "*PSUTTZ: …", "DST: 0", "RING". A mark alone is the peer's last byte.
bool looks_like_code(std::string_view line, bool whole) {
  if (line.starts_with('+') || line.starts_with('*')) line.remove_prefix(1);
  const auto end = std::find_if_not(line.begin(), line.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  return (end == line.end() || *end == ':') && (!whole || end - line.begin() >= kShortestCode);
}

// Whether `text` is lines of the module's own, or the beginning of some. An end of line alone is
// the beginning of one. Any code may be the first of a restart's; one without a mark only behind
// another, or behind the NUL that a restart begins with (MODEM-NOTES). Behind one there may be
// results, too: of the program's bytes that came too late, and were commands to the module.
Match match_notices(std::string_view text) {
  const bool restarts = text.starts_with(kRestart);
  bool complete = false;
  while (!text.empty()) {
    if (ends_line(text.front())) {
      text.remove_prefix(1);
      continue;
    }
    const auto end = std::find_if(text.begin(), text.end(), ends_line);
    const auto line = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    if (!std::all_of(line.begin(), line.end(), is_text)) return Match::kNone;
    const bool whole = end != text.end();
    const bool known = std::any_of(kNotices.begin(), kNotices.end(), [&](std::string_view notice) {
      return line == notice || (notice.ends_with(':') && line.starts_with(notice)) ||
             (!whole && notice.starts_with(line));
    });
    const bool marked = line.starts_with('+') || line.starts_with('*');
    const bool may_be_code = complete || marked || restarts;
    const bool late_result = complete && line == "OK";  // ERROR looks like a code
    if (!known && !late_result && !(may_be_code && looks_like_code(line, whole))) {
      return Match::kNone;
    }
    if (!whole) break;
    complete = true;
    text.remove_prefix(line.size());
  }
  return complete ? Match::kComplete : Match::kPartial;
}

// Where the longest tail begins that may be the module's own words.
std::pair<std::size_t, Match> find_notice(std::string_view text) {
  std::size_t start = text.size() > kLongestNotice ? text.size() - kLongestNotice : 0;
  for (; start < text.size(); ++start) {
    const Match match = match_notices(text.substr(start));
    if (match != Match::kNone) return {start, match};
  }
  return {text.size(), Match::kNone};
}

// The answer to "+++" behind the peer's latest bytes.
bool ends_with_ok(std::string_view text) {
  if (text.empty() || !ends_line(text.back())) return false;
  while (!text.empty() && ends_line(text.back())) text.remove_suffix(1);
  if (!text.ends_with("OK")) return false;
  text.remove_suffix(2);
  return text.empty() || ends_line(text.back());
}

std::string_view without_ok(std::string_view text) {
  while (!text.empty() && ends_line(text.back())) text.remove_suffix(1);
  text.remove_suffix(2);
  // One end of line stands before it (V.250); what else there is may be the peer's.
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

void DataMode::enter(chat::TimePoint now) {
  state_ = State::kFlowing;
  guard_ = {};
  complete_ = false;
  leaving_ = false;
  escapes_ = 0;
  escape_answered_ = false;
  received_at_ = now;
  silent_since_ = now;
  entered_at_ = now;
  written_ = 0;
  seen_rate_ = 0;
}

void DataMode::leave() {
  state_ = State::kOff;
  held_.clear();
  unwritten_.clear();
}

std::string_view DataMode::receive(std::span<const std::byte> bytes, chat::TimePoint now) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  received_at_ = now;
  given_.clear();
  if (state_ == State::kEscaping) {
    held_ += text;
    // The peer goes on sending to a program that is gone.
    if (leaving_ && held_.size() > kMostUndelivered) {
      held_.erase(0, held_.size() - kLongestNotice);
      before_escape_ = 0;
    }
    return given_;
  }
  std::swap(given_, held_);
  given_ += text;
  const auto [start, match] = find_notice(given_);
  held_.assign(given_, start);
  given_.resize(start);
  complete_ = match == Match::kComplete;
  if (state_ == State::kFlowing && complete_) {
    state_ = State::kSuspicious;
    suspicious_since_ = now;
  }
  if (state_ == State::kSuspicious && !complete_) state_ = State::kFlowing;
  return given_;
}

std::string DataMode::take_held() { return std::exchange(held_, {}); }

std::string DataMode::take_before_notice() {
  std::string held = take_held();
  if (!complete_) return {};
  const auto word = std::find_if_not(held.begin(), held.end(), ends_line);
  held.erase(word, held.end());
  if (held.ends_with('\n')) held.pop_back();
  if (held.ends_with('\r')) held.pop_back();
  return held;
}

void DataMode::write(std::string_view bytes, std::string& output, chat::TimePoint now) {
  unwritten_ += bytes;
  const std::size_t allowed = guard_.allow(unwritten_, now);
  output.append(unwritten_, 0, allowed);
  unwritten_.erase(0, allowed);
  written_ += allowed;
  // A line that has taken more than its nominal rate allows is faster than that (USB, PTY, TCP).
  const std::chrono::duration<double> elapsed = now - entered_at_;
  if (written_ > kMostUndelivered && elapsed.count() > 0) {
    const double bits = static_cast<double>(written_ - kMostUndelivered) * 10;
    seen_rate_ = std::max(seen_rate_, bits / elapsed.count());
  }
  const auto time_of = [this](std::size_t size) {
    const double seconds = static_cast<double>(size) * 10 / std::max<double>(rate_, seen_rate_);
    return std::chrono::ceil<std::chrono::microseconds>(std::chrono::duration<double>(seconds));
  };
  silent_since_ = std::max(silent_since_, now) + time_of(allowed);
  silent_since_ = std::min(silent_since_, now + time_of(kMostUndelivered));
}

void DataMode::request_command_mode() {
  leaving_ = true;
  if (state_ == State::kFlowing || state_ == State::kSuspicious) state_ = State::kLeaving;
}

DataMode::Step DataMode::on_time(chat::TimePoint now) {
  switch (state_) {
    case State::kOff:
      break;
    case State::kFlowing:
      if (held_.empty() || now < received_at_ + kPartialPause) break;
      return Step::kReleased;
    case State::kSuspicious:
      if (now < notice_ends()) break;
      [[fallthrough]];
    case State::kLeaving:
      if (now >= silent_since_ + kGuard) return Step::kEscape;
      break;
    case State::kEscaping:
      escape_answered_ = ends_with_ok(since_escape());
      if (now < answer_due(escape_answered_)) break;
      if (escape_answered_) held_ = without_ok(held_);
      // A module that was in data mode has to answer; one that had left it can't.
      if (!escape_answered_ && !complete_ && escapes_ < kEscapes) {
        silent_since_ = now;
        state_ = State::kLeaving;
        break;
      }
      state_ = State::kOff;
      return Step::kCommandMode;
  }
  return Step::kNone;
}

chat::TimePoint DataMode::notice_ends() const {
  return std::min(received_at_ + kNoticePause, suspicious_since_ + kLongestNoticePause);
}

chat::TimePoint DataMode::answer_due(bool answered) const {
  const auto guarded = escaped_at_ + kGuard;
  if (answered) return std::max(guarded, received_at_ + kOkPause);
  if (complete_) return guarded + kOkWaitAtNotice;
  return std::max(guarded, received_at_) + kOkWait;
}

void DataMode::not_drained(chat::TimePoint now) { silent_since_ = now; }

void DataMode::escape_written(chat::TimePoint now) {
  ++escapes_;
  escaped_at_ = now;
  before_escape_ = held_.size();
  state_ = State::kEscaping;
}

std::optional<chat::TimePoint> DataMode::wake() const {
  switch (state_) {
    case State::kOff:
      break;
    case State::kFlowing:
      if (!held_.empty()) return received_at_ + kPartialPause;
      if (!unwritten_.empty()) return guard_.retry_at();
      break;
    case State::kSuspicious:
      return std::max(notice_ends(), silent_since_ + kGuard);
    case State::kLeaving:
      return silent_since_ + kGuard;
    case State::kEscaping:
      return answer_due(ends_with_ok(since_escape()));
  }
  return std::nullopt;
}

}  // namespace a7600::modem
