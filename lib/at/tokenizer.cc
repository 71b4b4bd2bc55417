// SPDX-License-Identifier: MIT
#include "at/tokenizer.h"

#include <algorithm>

namespace a7600::at {
namespace {

bool is_printable(char c) { return c > 0x20 && c < 0x7f; }

}  // namespace

void Tokenizer::feed(std::span<const std::byte> bytes) {
  if (head_ == buffer_.size()) {
    buffer_.clear();
    head_ = 0;
  } else if (head_ > 16 * 1024) {
    buffer_.erase(0, head_);
    head_ = 0;
  }
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::optional<Token> Tokenizer::next() {
  if (payload_size_ > 0) {
    if (available() < payload_size_) return std::nullopt;
    Token token{TokenKind::kPayload, std::string_view(buffer_).substr(head_, payload_size_)};
    head_ += payload_size_;
    payload_size_ = 0;
    scanned_ = 0;
    behind_payload_ = true;
    return token;
  }
  if (!echo_.empty() && !skip_echo()) return std::nullopt;
  return next_line();
}

std::optional<Token> Tokenizer::next_line() {
  for (;;) {
    const char* data = buffer_.data();
    if (behind_payload_ && head_ < buffer_.size()) {
      behind_payload_ = false;
      payload_ended_ = data[head_] == line_end_;
    }
    if (scanned_ == 0) {
      while (head_ < buffer_.size() && !is_printable(data[head_])) ++head_;
      if (head_ < buffer_.size() && data[head_] == '>' && prompt_expected_) {
        prompt_expected_ = false;
        ++head_;
        return Token{TokenKind::kPrompt, std::string_view(buffer_).substr(head_ - 1, 1)};
      }
    }
    std::size_t end = head_ + scanned_;
    while (end < buffer_.size() && data[end] != '\r' && data[end] != '\n') ++end;
    scanned_ = end - head_;
    if (scanned_ > kLongestLine) end = head_ + kLongestLine;
    std::size_t after = end;
    if (scanned_ <= kLongestLine) {
      if (end == buffer_.size()) return std::nullopt;
      line_end_ = data[end];
      after = end + 1;
      if (data[end] == '\r') {
        // Whether LF belongs to this end is known only when the next byte is there: a payload may
        // start right behind.
        if (after == buffer_.size()) return std::nullopt;
        if (data[after] == '\r') {
          if (after + 1 == buffer_.size()) return std::nullopt;
          if (data[after + 1] == '\n') ++after;
        }
        if (data[after] == '\n') ++after;
      }
    }
    std::string_view line = std::string_view(buffer_).substr(head_, end - head_);
    while (!line.empty() && !is_printable(line.back())) line.remove_suffix(1);
    head_ = after;
    scanned_ = 0;
    if (!line.empty()) return Token{TokenKind::kLine, line};
  }
}

void Tokenizer::expect_echo(std::string_view sent) {
  echo_ = sent;
  scanned_ = 0;
}

bool Tokenizer::skip_echo() {
  // Some firmware puts a blank or CR LF behind the prompt.
  std::size_t start = head_;
  while (start < buffer_.size() && start - head_ < 3 && buffer_[start] != echo_[0] &&
         !is_printable(buffer_[start])) {
    ++start;
  }
  const std::size_t size = std::min(buffer_.size() - start, echo_.size());
  if (std::string_view(buffer_).substr(start, size) != std::string_view(echo_).substr(0, size)) {
    echo_.clear();
    return true;
  }
  if (size < echo_.size()) return false;
  head_ = start + size;
  echo_.clear();
  return true;
}

std::string Tokenizer::take_rest() {
  std::string rest = buffer_.substr(head_);
  reset();
  return rest;
}

void Tokenizer::reset() {
  buffer_.clear();
  head_ = 0;
  scanned_ = 0;
  payload_size_ = 0;
  behind_payload_ = false;
  echo_.clear();
  prompt_expected_ = false;
}

}  // namespace a7600::at
