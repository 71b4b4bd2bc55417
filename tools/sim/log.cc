// SPDX-License-Identifier: MIT
#include "log.h"

#include <cerrno>
#include <system_error>

namespace a7600::sim {
namespace {

constexpr Milliseconds kPause{10};
constexpr std::size_t kLongLine = 8192;

}  // namespace

std::string printable(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() + 16);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else if (c == '\\') {
      text += "\\\\";
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += "\\x";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
  }
  return text;
}

Log::Log(Loop& loop, const std::string& path) : finish_(loop, [this] { finish_line(); }) {
  if (path.empty()) return;
  file_ = std::fopen(path.c_str(), "we");
  if (file_ == nullptr) throw std::system_error(errno, std::generic_category(), path);
}

Log::~Log() {
  if (file_ == nullptr) return;
  finish_line();
  std::fclose(file_);
}

void Log::finish_line() {
  if (mark_ == 0) return;
  mark_ = 0;
  finish_.cancel();
  std::fputc('\n', file_);
  std::fflush(file_);
}

void Log::bytes(char mark, std::string_view bytes) {
  if (file_ == nullptr) return;
  if (mark != mark_ || length_ > kLongLine) finish_line();
  if (mark_ == 0) {
    const std::chrono::duration<double> since = Clock::now() - start_;
    std::fprintf(file_, "%.6f %c ", since.count(), mark);
    mark_ = mark;
    length_ = 0;
  }
  const std::string text = printable(bytes);
  std::fwrite(text.data(), 1, text.size(), file_);
  length_ += text.size();
  finish_.after(kPause);
}

void Log::event(std::string_view text) {
  if (file_ == nullptr) return;
  finish_line();
  bytes('*', text);
  finish_line();
}

}  // namespace a7600::sim
