// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "at/reply.h"
#include "at/tokenizer.h"
#include "chat/observer.h"

namespace a7600::chat {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

// How a command's answer is put together.
enum class Shape {
  kPlain,  // lines, then a final result
  kSend,   // a prompt, the payload goes out, OK and "+CIPSEND:" in either order
  kRead,   // "+CIPRXGET: 2,…", a counted payload, a final result
  kDial,   // CONNECT, and the line is in data mode; or a final result that says why not
};

struct Command {
  std::string text;  // without the CR
  Shape shape = Shape::kPlain;
  int link = -1;                       // kSend, kRead
  std::span<const std::byte> payload;  // kSend: 1-1500 bytes, the caller's until the answer
  std::chrono::milliseconds timeout{10'000};
  std::chrono::milliseconds prompt_timeout{20'000};  // kSend; `timeout` runs from the prompt on
};

enum class Final { kOk, kError, kTimeout };

struct Answer {
  Final final = Final::kOk;
  int link = -1;                       // kSend, kRead: the command's
  std::optional<int> err;              // "+CIPERROR:", or the code of "+CME ERROR:"
  std::optional<at::ErrInfo> info;     // "+IP ERROR:"
  std::string text;                    // the words of "+IP ERROR:" or "+CME ERROR:"
  std::string reason_line;             // "+CIPERROR: …" or "+IP ERROR: …" as it came
  std::string final_line;              // "ERROR" or "+CME ERROR: …" as it came
  bool prompted = false;               // kSend: the payload has left
  std::optional<at::SendResult> sent;  // kSend
  std::optional<at::RxHeader> header;  // kRead
  std::span<const std::byte> payload;  // kRead: valid only during on_answer()
  bool whole = true;  // kRead: an end of line followed the payload; if not, it has a gap

  // ERROR alone: of a command that was garbled on the line, or of a module without TCP/IP.
  bool has_no_reason() const { return final == Final::kError && !err && !info && text.empty(); }
};

// What the chat reports, in the order of the lines. A callback may call Chat::send().
class Listener {
 public:
  virtual ~Listener() = default;
  // A line that no command in flight has asked for, or that is unsolicited by nature.
  virtual void on_unsolicited(const at::Reply& reply, std::string_view line) = 0;
  // A line of the answer in flight.
  virtual void on_line(const at::Reply& reply, std::string_view line) = 0;
  virtual void on_answer(const Answer& answer) = 0;
  // Direct push mode: data that nobody asked for. `link` is -1 and `from` empty where the module
  // does not tell. `bytes` are valid during the call.
  virtual void on_pushed(int link, const std::optional<Endpoint>& from,
                         std::span<const std::byte> bytes) = 0;
  // The rest of a pushed payload has not come, or the module has restarted in the middle of it.
  // What follows is read as lines again.
  virtual void on_push_cut(int link) = 0;
  // Data mode: bytes as they come, up to the one before exit_data_mode() is called.
  virtual void on_data(std::span<const std::byte> /*bytes*/) {}
};

// One AT channel: one command in flight, its answer taken apart, unsolicited result codes taken
// out before anything else looks at a line. No I/O: bytes are fed, bytes to write are taken.
//
// A header "+CIPRXGET: 2,…" is always followed by its payload, whoever asked for it: an answer
// that comes after its command was given up is still counted out and dropped, so a remote peer's
// bytes never reach the line parser.
class Chat {
 public:
  explicit Chat(Listener& listener) : listener_(listener) {}

  // Who sees what passes, or null. It must outlive the chat, or be taken away before it ends.
  void observe(Observer* observer) { observer_ = observer; }

  // REQUIRES: idle().
  void send(Command command, TimePoint now);
  bool idle() const { return !command_; }
  const Command* in_flight() const { return command_ ? &*command_ : nullptr; }

  void feed(std::span<const std::byte> bytes, TimePoint now);
  void on_time(TimePoint now);
  std::optional<TimePoint> deadline() const;

  // If it is a kSend: at the prompt not the payload goes out, but as many ends of line. The link
  // has become somebody else's, who must not be told it. No effect behind the prompt.
  void withhold_payload() { withheld_ = true; }
  // If it is a kSend: the module has said that it has the payload, be it by OK or by the result.
  bool is_payload_taken() const { return ok_seen_ || answer_.sent.has_value(); }

  // Brings the deadline of the command in flight forward, to no later than `deadline`, whatever is
  // pushed meanwhile.
  void hurry(TimePoint deadline);

  // Transparent mode (manual 1.2): from here on nothing is read as lines; what was received behind
  // the latest one goes to on_data() too. kDial does it by itself. REQUIRES: idle().
  void enter_data_mode();
  void exit_data_mode() { data_mode_ = false; }
  bool in_data_mode() const { return data_mode_; }
  // A counted payload has begun and is not all there.
  bool in_payload() const { return !data_mode_ && tokenizer_.in_payload(); }

  // Drops the command in flight without an answer, everything received so far and everything not
  // taken for writing. A pushed payload that was half received is reported as cut.
  void abandon();

  // Swaps the bytes to write to the line into `into`; the caller writes them all, in order.
  void take_output(std::string& into);
  bool has_output() const { return !output_.empty(); }
  void write_raw(std::string_view bytes) { output_ += bytes; }

  // Whether the answer to the latest command began with the command itself.
  bool echo_seen() const { return echo_seen_; }

 private:
  void on_token(const at::Token& token, TimePoint now);
  void on_line(std::string_view line, TimePoint now);
  void on_prompt(TimePoint now);
  void on_header(const at::RxHeader& header, TimePoint now);
  void on_push_header(const at::PushHeader& header, TimePoint now);
  void on_payload(std::string_view bytes);
  void on_push(std::string_view bytes, TimePoint now);
  void wait_behind_push(std::size_t size, Clock::duration time);
  bool stays_held(const at::Token& token) const;
  void release_held(std::string_view next_line);
  void finish(Final final);
  void finish_send_if_whole();

  Listener& listener_;
  Observer* observer_ = nullptr;
  at::Tokenizer tokenizer_;
  std::optional<Command> command_;
  TimePoint deadline_{};
  Answer answer_;
  bool ok_seen_ = false;
  bool withheld_ = false;
  // Whose the payload is that is being received.
  enum class PayloadFor { kNobody, kCommand, kPush };
  PayloadFor payload_for_ = PayloadFor::kNobody;
  bool end_awaited_ = false;  // of the line that the command's payload is
  int push_link_ = -1;
  std::optional<Endpoint> push_from_;
  TimePoint push_deadline_{};
  std::size_t pushed_before_ = 0;  // while the command in flight waits
  // A module that restarts inside a payload goes on with its first words, behind a pause, and they
  // would pass for the rest. So a payload with a pause in it that ends as those words might begin
  // is held until it is clear what follows. Noise can come before those words and fill the payload,
  // so one with a long pause is held whatever its end, and noise behind it does not make it clear.
  TimePoint fed_at_{};
  std::vector<std::size_t> pauses_;  // each behind so many bytes of the payload
  bool long_pause_ = false;
  struct HeldPush {
    int link;
    std::optional<Endpoint> from;
    std::vector<std::byte> bytes;
    std::string tail;  // behind the pause
    bool long_pause;
    TimePoint deadline;
  };
  std::optional<HeldPush> held_;
  bool echo_seen_ = false;
  bool data_mode_ = false;
  std::vector<std::byte> received_;
  std::string output_;
};

}  // namespace a7600::chat
