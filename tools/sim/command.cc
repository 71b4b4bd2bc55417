// SPDX-License-Identifier: MIT
#include "command.h"

#include "number.h"

namespace a7600::sim {
namespace {

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool is_name(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '/' || c == '.' || c == ':' ||
         c == '!' || c == '%';
}

std::string_view strip(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The length of what precedes a ';' outside of quotation marks.
std::size_t extent(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == ';' && !quoted) return i;
  }
  return text.size();
}

std::optional<Command> take_extended(std::string_view& body) {
  const std::size_t end = extent(body);
  const std::string_view text = strip(body.substr(0, end));
  body.remove_prefix(end < body.size() ? end + 1 : end);

  std::size_t name_end = 1;
  while (name_end < text.size() && is_name(text[name_end])) ++name_end;
  if (name_end == 1) return std::nullopt;
  Command command;
  command.name = text.substr(0, name_end);
  const std::string_view rest = strip(text.substr(name_end));
  if (rest.empty()) {
    command.form = Form::kExecute;
  } else if (rest == "?") {
    command.form = Form::kRead;
  } else if (rest == "=?") {
    command.form = Form::kTest;
  } else if (rest.front() == '=') {
    command.form = Form::kWrite;
    command.parameters = rest.substr(1);
  } else {
    return std::nullopt;
  }
  return command;
}

std::optional<Command> take_basic(std::string_view& body) {
  const std::size_t prefix = body.front() == '&' || body.front() == '\\' ? 1 : 0;
  if (body.size() <= prefix || !is_letter(body[prefix])) return std::nullopt;
  const std::size_t name_end = prefix + 1;
  std::size_t end = name_end;
  const bool dial = prefix == 0 && upper(body.front()) == 'D';
  const bool registers = prefix == 0 && upper(body.front()) == 'S';
  if (dial) {
    end = body.size();
  } else {
    while (end < body.size() && (is_digit(body[end]) || (registers && body[end] == '='))) ++end;
  }
  Command command;
  command.name = body.substr(0, name_end);
  command.parameters = body.substr(name_end, end - name_end);
  if (end < body.size() && body[end] == '?') {
    command.form = Form::kRead;
    ++end;
  }
  // A ';' after a basic command isn't needed, but hosts write it.
  if (end < body.size() && body[end] == ';') ++end;
  body.remove_prefix(end);
  return command;
}

}  // namespace

std::optional<Command> take_command(std::string_view& body) {
  while (!body.empty() && body.front() == ' ') body.remove_prefix(1);
  if (body.empty()) return std::nullopt;
  switch (body.front()) {
    case '+':
    case '*':
    case '^':
    case '$':
      return take_extended(body);
    default:
      return take_basic(body);
  }
}

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (upper(a[i]) != upper(b[i])) return false;
  }
  return true;
}

Parameters::Parameters(std::string_view text) {
  if (strip(text).empty()) return;
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (text[i] != ',' || quoted)) continue;
    if (size_ == kMax) {
      ok_ = false;
      return;
    }
    const std::string_view item = strip(text.substr(start, i - start));
    const std::size_t marks = item.find('"');
    // A string is one pair of quotation marks and nothing around it.
    if (marks != std::string_view::npos &&
        (marks != 0 || item.size() < 2 || item.find('"', 1) != item.size() - 1)) {
      ok_ = false;
    }
    items_[size_++] = item;
    start = i + 1;
  }
}

std::optional<long> Parameters::number(std::size_t i, long low, long high) const {
  return absent(i) ? std::nullopt : parse_number(items_[i], low, high);
}

std::optional<std::string_view> Parameters::quoted(std::size_t i) const {
  if (absent(i)) return std::nullopt;
  const std::string_view text = items_[i];
  if (text.size() < 2 || text.front() != '"') return std::nullopt;
  return text.substr(1, text.size() - 2);
}

}  // namespace a7600::sim
