// SPDX-License-Identifier: MIT
#include "config/file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/unique_fd.h"
#include "config/values.h"

namespace a7600::config {
namespace {

constexpr std::size_t kLargestFile = 64 * 1024;

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view without_comment(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#' && (i == 0 || is_blank(text[i - 1]))) return text.substr(0, i);
  }
  return text;
}

// The value in what follows the '='; nullptr, or what is wrong with it.
const char* parse_value(std::string_view text, std::string& value) {
  text = trimmed(text);
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) {
    value = trimmed(without_comment(text));
    return nullptr;
  }
  const std::size_t end = text.find(text.front(), 1);
  if (end == std::string_view::npos) return "the quote is not closed";
  const std::string_view rest = text.substr(end + 1);
  if (!trimmed(without_comment(rest)).empty()) return "there is more after the closing quote";
  value = text.substr(1, end - 1);
  return nullptr;
}

Error error_at(std::string_view path, int line, std::string_view what) {
  return {.posix = EINVAL,
          .text = std::string(path) + ':' + std::to_string(line) + ": " + std::string(what)};
}

Error unreadable(std::string_view path, std::string_view why) {
  return {.posix = EINVAL,
          .text = in_quotes(path) + " can't be read: " + std::string(why) +
                  "; allowed: a readable file of up to 64 KiB"};
}

}  // namespace

Result<std::vector<Entry>> parse_file(std::string_view path, std::string_view text) {
  std::vector<Entry> entries;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t newline = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, newline));
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.empty() || line.front() == '#') continue;

    const std::size_t equals = line.find('=');
    if (equals == 0 || equals == std::string_view::npos) {
      return error_at(path, number, in_quotes(line) + " is not `key = value`");
    }
    Entry entry{.line = number, .key = std::string(trimmed(line.substr(0, equals))), .value = {}};
    if (const char* wrong = parse_value(line.substr(equals + 1), entry.value)) {
      return error_at(path, number, in_quotes(line) + ": " + wrong);
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::string> read_file(const std::string& path) {
  // Non-blocking, so that a FIFO in the file's place can't stop the program that we are loaded in.
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return unreadable(path, strerrordesc_np(errno));
  std::string text;
  char part[4096];
  while (true) {
    const ssize_t size = ::read(file.get(), part, sizeof part);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return unreadable(path, strerrordesc_np(errno));
    if (size == 0) return text;
    text.append(part, static_cast<std::size_t>(size));
    if (text.size() > kLargestFile) return unreadable(path, "too large");
  }
}

}  // namespace a7600::config
