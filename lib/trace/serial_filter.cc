// SPDX-License-Identifier: MIT
#include "trace/serial_filter.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace a7600::trace {
namespace {

constexpr std::size_t kLongestHeader = 64;
constexpr std::size_t kLargestPayload = 65'536;

// The `index`th of the numbers that commas separate.
std::optional<std::size_t> number(std::string_view text, int index) {
  for (; index > 0; --index) {
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    text.remove_prefix(comma + 1);
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > kLargestPayload) return std::nullopt;
  return value;
}

std::optional<std::size_t> payload_behind(std::string_view line) {
  constexpr std::string_view kRead = "+CIPRXGET:";
  constexpr std::string_view kData = "+IPD";
  constexpr std::string_view kReceive = "+RECEIVE,";
  if (line.starts_with(kRead)) {
    line.remove_prefix(kRead.size());
    const auto mode = number(line, 0);
    if (mode == 2u) return number(line, 2);
    if (mode == 3u) {
      const auto size = number(line, 2);
      return size ? std::optional(*size * 2) : std::nullopt;
    }
    return std::nullopt;
  }
  if (line.starts_with(kData)) return number(line.substr(kData.size()), 0);
  if (line.starts_with(kReceive)) return number(line.substr(kReceive.size()), 1);
  return std::nullopt;
}

}  // namespace

void SerialFilter::add(std::span<const std::byte> bytes, bool payload) {
  if (!bytes.empty()) pieces_.push_back({bytes, payload});
}

void SerialFilter::end_of_line() {
  if (const auto size = payload_behind(line_)) payload_ = *size;
  line_.clear();
}

const std::vector<SerialFilter::Piece>& SerialFilter::cut(std::span<const std::byte> bytes) {
  pieces_.clear();
  std::size_t begin = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    if (payload_ > 0) {
      const std::size_t size = std::min(payload_, bytes.size() - at);
      add(bytes.subspan(begin, at - begin), false);
      add(bytes.subspan(at, size), true);
      payload_ -= size;
      at += size;
      begin = at;
      continue;
    }
    const char c = static_cast<char>(bytes[at++]);
    if (c == '\n') {
      end_of_line();
    } else if (c != '\r' && line_.size() < kLongestHeader) {
      line_ += c;
    }
  }
  add(bytes.subspan(begin), false);
  return pieces_;
}

}  // namespace a7600::trace
