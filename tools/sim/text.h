// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string_view>

#include "base/ipv4.h"

namespace a7600::sim {

// A line of output under construction, without heap or formatting library. What doesn't fit is cut:
// no answer of the manual is longer.
class Text {
 public:
  Text() = default;

  Text& operator<<(std::string_view text) {
    const std::size_t count = std::min(text.size(), bytes_.size() - size_);
    std::copy_n(text.data(), count, bytes_.data() + size_);
    size_ += count;
    return *this;
  }
  Text& operator<<(const char* text) { return *this << std::string_view(text); }
  Text& operator<<(char c) { return *this << std::string_view(&c, 1); }
  Text& operator<<(bool) = delete;
  template <std::integral T>
  Text& operator<<(T number) {
    const auto end = std::to_chars(bytes_.data() + size_, bytes_.data() + bytes_.size(), number);
    if (end.ec == std::errc()) size_ = static_cast<std::size_t>(end.ptr - bytes_.data());
    return *this;
  }
  Text& operator<<(Ipv4 ip) {
    return *this << (ip.value >> 24) << '.' << (ip.value >> 16 & 255) << '.'
                 << (ip.value >> 8 & 255) << '.' << (ip.value & 255);
  }
  Text& operator<<(const Endpoint& end) { return *this << end.ip << ':' << end.port; }

  operator std::string_view() const { return {bytes_.data(), size_}; }  // NOLINT

 private:
  std::array<char, 640> bytes_;
  std::size_t size_ = 0;
};

// `text` in quotation marks.
struct Quoted {
  std::string_view text;
};
inline Text& operator<<(Text& text, const Quoted& quoted) {
  return text << '"' << quoted.text << '"';
}

}  // namespace a7600::sim
