// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace a7600::at {

enum class TokenKind {
  kLine,     // a line without its end, blanks and unprintable bytes at its edges taken off
  kPrompt,   // '>' at the start of a line, only after expect_prompt()
  kPayload,  // exactly the bytes that expect_payload() announced
};

struct Token {
  TokenKind kind;
  std::string_view text;  // valid until the next call of next() or feed()
};

// Cuts the module's output into lines, prompts and counted payloads. What arrives next is never
// guessed from the bytes: a payload or a prompt is recognized only where the command in flight has
// announced it, so nothing that a remote peer sends can be taken for a result code.
//
// Lines end with LF or with CR; CR LF is one end, and so is CR CR LF, which some lines turn it
// into. Empty lines are not reported. The module prints NUL bytes when it starts, and an unplugged
// UART prints noise, hence the trimming.
class Tokenizer {
 public:
  static constexpr std::size_t kLongestLine = 2048;

  void feed(std::span<const std::byte> bytes);

  // The next token, or nothing until more bytes are fed. The announcements below take effect
  // between two calls, so the caller can react to a header line before its payload is cut.
  std::optional<Token> next();

  void expect_prompt(bool expected) { prompt_expected_ = expected; }

  // The next `size` bytes are a payload. A token appears only when all of them are there.
  void expect_payload(std::size_t size) { payload_size_ = size; }
  bool in_payload() const { return payload_size_ > 0; }
  // How much of it is there.
  std::size_t payload_received() const { return std::min(available(), payload_size_); }
  // Whether the latest payload was followed by an end of line, of the kind that ended its header.
  // If not, bytes are missing, and what followed the payload was taken for its end; or there are
  // some too many. Known once the token behind it is out.
  bool payload_ended_with_line() const { return payload_ended_; }

  // The module echoes (MODEM-NOTES, Framing): the bytes that were sent as a payload may come back
  // before the answer. They are dropped if they are all there and equal; else they are lines.
  void expect_echo(std::string_view sent);

  // Everything behind the latest token, which is none of the module's own any more.
  std::string take_rest();

  // Forgets everything announced and received.
  void reset();

 private:
  std::optional<Token> next_line();
  bool skip_echo();
  std::size_t available() const { return buffer_.size() - head_; }

  std::string buffer_;
  std::size_t head_ = 0;
  std::size_t scanned_ = 0;  // bytes after head_ known to hold no end of line
  std::size_t payload_size_ = 0;
  char line_end_ = '\r';         // the first byte of the latest line's end
  bool behind_payload_ = false;  // nothing has been seen of what follows it
  bool payload_ended_ = true;
  std::string echo_;
  bool prompt_expected_ = false;
};

}  // namespace a7600::at
