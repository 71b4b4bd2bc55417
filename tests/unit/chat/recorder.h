// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/chat.h"
#include "support/pieces.h"

namespace a7600::test {

using Events = std::vector<std::string>;

// A Chat and what it has reported, one string an event:
//   "urc LINE"    a line that nobody asked for
//   "line LINE"   a line of the answer in flight
//   "ok", "error", "timeout"   the answer, with what it holds: "error err=4", "ok sent=1,5,5",
//                 "ok read=1,5,11 'data '"
//   "pushed 1 192.0.2.1:80 'data'", "pushed -1 ? 'data'", "cut 1"   direct push mode
class Recorder final : private chat::Listener {
 public:
  Recorder() : chat(*this) {}

  void send(chat::Command command) { chat.send(std::move(command), now); }
  void feed(std::string_view bytes) { chat.feed(bytes_of(bytes), now); }
  void pass(std::chrono::milliseconds time) {
    now += time;
    chat.on_time(now);
  }
  // What the chat has written since the last call.
  std::string output();

  chat::Chat chat;
  chat::TimePoint now{};
  Events events;
  // Called with each answer, after it was recorded.
  std::function<void()> after_answer;

 private:
  void on_unsolicited(const at::Reply& reply, std::string_view line) override;
  void on_line(const at::Reply& reply, std::string_view line) override;
  void on_answer(const chat::Answer& answer) override;
  void on_pushed(int link, const std::optional<Endpoint>& from,
                 std::span<const std::byte> bytes) override;
  void on_push_cut(int link) override;
};

chat::Command plain(std::string text);
// "AT+CIPSEND=link,size" with `payload`, which has to live until the answer.
chat::Command sending(int link, std::string_view payload);
// "AT+CIPRXGET=2,link"
chat::Command reading(int link);

// Sends `command`, feeds `stream` whole, byte by byte and split in two everywhere, and requires the
// same events and the same output of all.
struct Replayed {
  Events events;
  std::string output;
  bool echo_seen;
  bool operator==(const Replayed&) const = default;
};
Replayed replay(const chat::Command& command, std::string_view stream);

}  // namespace a7600::test
