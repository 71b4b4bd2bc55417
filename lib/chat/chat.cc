// SPDX-License-Identifier: MIT
#include "chat/chat.h"

#include <algorithm>
#include <utility>

#include "at/boot.h"

namespace a7600::chat {
namespace {

// A module that restarts inside a payload never sends the rest of it.
constexpr std::chrono::seconds kPushPatience{2};
// No line pauses so long within a payload, and no module restarts faster.
constexpr std::chrono::milliseconds kRestartPause{10};
// Nor is there a reason for such a one but a restart, or a machine that is very busy.
constexpr std::chrono::milliseconds kLongPause{100};
constexpr std::chrono::milliseconds kHeldPatience{500};
// What a module keeps of a link's received data (MODEM-NOTES).
constexpr std::size_t kMostPushedBefore = 64 * 1024;

// `tail` may end within the line that `next_line` is the rest of.
bool has_boot_line_behind_noise(const std::string& tail, std::string_view next_line) {
  const std::string line = std::string(next_line) + '\r';
  return at::holds_boot_line(tail + line) || at::holds_boot_line(tail + "\r\n" + line);
}

}  // namespace

void Chat::send(Command command, TimePoint now) {
  output_ += command.text;
  output_ += '\r';
  deadline_ = now + (command.shape == Shape::kSend ? command.prompt_timeout : command.timeout);
  answer_ = {};
  answer_.link = command.link;
  ok_seen_ = false;
  withheld_ = false;
  if (payload_for_ == PayloadFor::kCommand) payload_for_ = PayloadFor::kNobody;
  echo_seen_ = false;
  pushed_before_ = 0;
  end_awaited_ = false;
  received_.clear();
  tokenizer_.expect_prompt(command.shape == Shape::kSend);
  command_ = std::move(command);
  if (observer_ != nullptr) observer_->sent(*command_);
}

void Chat::feed(std::span<const std::byte> bytes, TimePoint now) {
  if (data_mode_) return listener_.on_data(bytes);
  if (tokenizer_.in_payload() && now - fed_at_ >= kRestartPause) {
    pauses_.push_back(tokenizer_.payload_received());
    long_pause_ = long_pause_ || now - fed_at_ >= kLongPause;
  }
  if (command_ && tokenizer_.in_payload() && payload_for_ == PayloadFor::kPush) {
    wait_behind_push(bytes.size(), now - fed_at_);
  }
  fed_at_ = now;
  tokenizer_.feed(bytes);
  // A long payload on a slow line is no silence.
  if (tokenizer_.in_payload()) {
    if (command_ && payload_for_ != PayloadFor::kPush) {
      deadline_ = std::max(deadline_, now + command_->timeout);
    }
    push_deadline_ = now + kPushPatience;
  }
  while (auto token = tokenizer_.next()) {
    on_token(*token, now);
    if (!data_mode_) continue;
    const std::string rest = tokenizer_.take_rest();
    if (!rest.empty()) listener_.on_data(std::as_bytes(std::span(rest)));
    return;
  }
}

// While a slow line is full of what the module had received before, the command in flight has not
// had its turn. Beyond what there can be of that, or with pauses in it, it might have got lost.
void Chat::wait_behind_push(std::size_t size, Clock::duration time) {
  if (pushed_before_ >= kMostPushedBefore || time >= kLongPause) return;
  pushed_before_ += size;
  deadline_ += time;
}

void Chat::on_token(const at::Token& token, TimePoint now) {
  if (std::exchange(end_awaited_, false)) answer_.whole = tokenizer_.payload_ended_with_line();
  if (held_ && !stays_held(token)) {
    release_held(token.kind == at::TokenKind::kLine ? token.text : std::string_view());
  }
  switch (token.kind) {
    case at::TokenKind::kLine:
      on_line(token.text, now);
      break;
    case at::TokenKind::kPrompt:
      on_prompt(now);
      break;
    case at::TokenKind::kPayload:
      if (payload_for_ == PayloadFor::kPush) {
        on_push(token.text, now);
      } else {
        on_payload(token.text);
      }
      break;
  }
}

void Chat::on_push(std::string_view text, TimePoint now) {
  // Behind any of the pauses: a module that starts makes some between its words, too.
  const auto pause = std::find_if(pauses_.begin(), pauses_.end(), [text](std::size_t at) {
    return at::match_boot(text.substr(at)) != at::BootMatch::kNone;
  });
  std::string tail(pause != pauses_.end() ? text.substr(*pause) : std::string_view());
  at::BootMatch restart = at::match_boot(tail);
  if (long_pause_) {
    tail = text.substr(pauses_.front());
    restart = at::holds_boot_line(tail) ? at::BootMatch::kComplete : at::BootMatch::kBegun;
  }
  switch (restart) {
    case at::BootMatch::kNone:
      return on_payload(text);
    case at::BootMatch::kBegun: {
      const auto bytes = std::as_bytes(std::span(text));
      payload_for_ = PayloadFor::kNobody;
      held_ = HeldPush{push_link_,
                       std::exchange(push_from_, std::nullopt),
                       {bytes.begin(), bytes.end()},
                       tail,
                       long_pause_,
                       now + kHeldPatience};
      return;
    }
    case at::BootMatch::kComplete:
      payload_for_ = PayloadFor::kNobody;
      return listener_.on_push_cut(push_link_);
  }
}

bool Chat::stays_held(const at::Token& token) const {
  if (!held_->long_pause || token.kind != at::TokenKind::kLine) return false;
  return std::holds_alternative<at::Other>(at::parse(token.text)) &&
         !has_boot_line_behind_noise(held_->tail, token.text);
}

// `next_line`: what came behind it; empty if nothing did, or something else than a line.
void Chat::release_held(std::string_view next_line) {
  const HeldPush held = *std::exchange(held_, std::nullopt);
  // An end of line behind the payload makes no token, so the line may be the one after.
  for (const std::string_view rest : {next_line, std::string_view()}) {
    const std::string words = held.tail + std::string(rest) + '\r';
    if (at::match_boot(words) == at::BootMatch::kComplete) return listener_.on_push_cut(held.link);
  }
  if (held.long_pause && has_boot_line_behind_noise(held.tail, next_line)) {
    return listener_.on_push_cut(held.link);
  }
  listener_.on_pushed(held.link, held.from, held.bytes);
}

void Chat::on_payload(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  switch (std::exchange(payload_for_, PayloadFor::kNobody)) {
    case PayloadFor::kNobody:
      break;
    case PayloadFor::kCommand:
      received_.assign(bytes.begin(), bytes.end());
      end_awaited_ = true;
      break;
    case PayloadFor::kPush:
      listener_.on_pushed(push_link_, std::exchange(push_from_, std::nullopt), bytes);
      break;
  }
}

// Of any size: a payload beyond the manual's largest, or a garbled number, is no reason to read
// the peer's bytes as lines. If they never come, the command times out.
void Chat::on_header(const at::RxHeader& header, TimePoint now) {
  const bool mine = command_ && command_->shape == Shape::kRead && header.link == command_->link &&
                    header.mode == 2 && !answer_.header;
  payload_for_ = mine ? PayloadFor::kCommand : PayloadFor::kNobody;
  // In mode 3 each byte is two characters, and they end with the line.
  if (header.mode == 2) tokenizer_.expect_payload(static_cast<std::size_t>(header.size));
  if (mine) {
    answer_.header = header;
    deadline_ = std::max(deadline_, now + command_->timeout);
  }
}

void Chat::on_push_header(const at::PushHeader& header, TimePoint now) {
  payload_for_ = PayloadFor::kPush;
  push_link_ = header.link;
  push_deadline_ = now + kPushPatience;
  pauses_.clear();
  long_pause_ = false;
  if (header.size == 0) return on_payload({});
  tokenizer_.expect_payload(static_cast<std::size_t>(header.size));
}

void Chat::on_prompt(TimePoint now) {
  if (!command_ || command_->shape != Shape::kSend || answer_.prompted) return;
  const auto& payload = command_->payload;
  const std::string bytes =
      withheld_ ? std::string(payload.size(), '\r')
                : std::string(reinterpret_cast<const char*>(payload.data()), payload.size());
  output_ += bytes;
  answer_.prompted = true;
  deadline_ = now + command_->timeout;
  if (observer_ != nullptr) observer_->prompted();
  if (echo_seen_) tokenizer_.expect_echo(bytes);
}

void Chat::on_line(std::string_view line, TimePoint now) {
  const at::Reply reply = at::parse(line);
  if (observer_ != nullptr) observer_->line(line, command_ && !at::is_unsolicited(reply));
  if (const auto* header = std::get_if<at::RxHeader>(&reply)) return on_header(*header, now);
  if (const auto* pushed = std::get_if<at::PushHeader>(&reply)) return on_push_header(*pushed, now);
  if (const auto* from = std::get_if<at::RecvFrom>(&reply)) {
    push_from_ = from->from;
    return;
  }
  push_from_.reset();
  if (at::is_unsolicited(reply)) {
    listener_.on_unsolicited(reply, line);
    return;
  }
  if (!command_) {
    listener_.on_unsolicited(reply, line);
    return;
  }
  if (line == command_->text) {
    echo_seen_ = true;
    return;
  }
  if (std::holds_alternative<at::Ok>(reply)) {
    if (command_->shape == Shape::kSend) {
      // Before the prompt it is the tail of something older.
      ok_seen_ = answer_.prompted;
      finish_send_if_whole();
    } else {
      finish(Final::kOk);
    }
  } else if (command_->shape == Shape::kDial && std::holds_alternative<at::Connect>(reply)) {
    data_mode_ = true;
    finish(Final::kOk);
  } else if (std::holds_alternative<at::ErrorResult>(reply) ||
             (command_->shape == Shape::kDial && std::holds_alternative<at::NoConnection>(reply))) {
    answer_.final_line = line;
    finish(Final::kError);
  } else if (const auto* cme = std::get_if<at::CmeError>(&reply)) {
    answer_.final_line = line;
    answer_.err = cme->code;
    answer_.text = cme->text;
    finish(Final::kError);
  } else if (const auto* cip = std::get_if<at::CipError>(&reply)) {
    answer_.reason_line = line;
    answer_.err = cip->err;
  } else if (const auto* ip = std::get_if<at::IpError>(&reply)) {
    answer_.reason_line = line;
    answer_.info = ip->info;
    answer_.text = ip->text;
  } else if (const auto* sent = std::get_if<at::SendResult>(&reply);
             sent != nullptr && answer_.prompted && sent->link == command_->link) {
    answer_.sent = *sent;
    finish_send_if_whole();
  } else {
    listener_.on_line(reply, line);
  }
}

void Chat::finish_send_if_whole() {
  if (ok_seen_ && answer_.sent) finish(Final::kOk);
}

void Chat::finish(Final final) {
  // Moved out, because the listener may send the next command from inside.
  Answer answer = std::exchange(answer_, {});
  std::vector<std::byte> received = std::exchange(received_, {});
  answer.final = final;
  answer.payload = received;
  command_.reset();
  tokenizer_.expect_prompt(false);
  if (observer_ != nullptr) observer_->answered(answer);
  listener_.on_answer(answer);
  // Given back, so that the next read needs no allocation.
  received.clear();
  if (received_.capacity() == 0) received_ = std::move(received);
}

void Chat::on_time(TimePoint now) {
  if (held_ && now >= held_->deadline) release_held({});
  if (payload_for_ == PayloadFor::kPush && now >= push_deadline_) {
    payload_for_ = PayloadFor::kNobody;
    tokenizer_.reset();
    listener_.on_push_cut(push_link_);
  }
  if (command_ && now >= deadline_) finish(Final::kTimeout);
}

std::optional<TimePoint> Chat::deadline() const {
  std::optional<TimePoint> soonest;
  if (command_) soonest = deadline_;
  if (payload_for_ == PayloadFor::kPush && (!soonest || push_deadline_ < *soonest)) {
    soonest = push_deadline_;
  }
  if (held_ && (!soonest || held_->deadline < *soonest)) soonest = held_->deadline;
  return soonest;
}

void Chat::hurry(TimePoint deadline) {
  deadline_ = std::min(deadline_, deadline);
  pushed_before_ = kMostPushedBefore;
}

void Chat::enter_data_mode() {
  data_mode_ = true;
  if (command_) finish(Final::kError);
}

void Chat::abandon() {
  command_.reset();
  data_mode_ = false;
  tokenizer_.reset();
  output_.clear();
  const bool cut = held_ || std::exchange(payload_for_, PayloadFor::kNobody) == PayloadFor::kPush;
  const int link = held_ ? held_->link : push_link_;
  held_.reset();
  payload_for_ = PayloadFor::kNobody;
  push_from_.reset();
  if (cut) listener_.on_push_cut(link);
}

void Chat::take_output(std::string& into) {
  into.clear();
  std::swap(into, output_);
}

}  // namespace a7600::chat
