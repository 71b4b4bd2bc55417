// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The line delivers a stream in pieces of any size; what is read out of it must not depend on them.
namespace a7600::test {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

using Pieces = std::vector<std::string_view>;

// The stream whole, byte by byte, and split in two at every position. Views into `stream`.
inline std::vector<Pieces> all_splits(std::string_view stream) {
  std::vector<Pieces> out;
  out.push_back({stream});
  Pieces single;
  for (std::size_t i = 0; i < stream.size(); ++i) single.push_back(stream.substr(i, 1));
  out.push_back(single);
  for (std::size_t i = 1; i < stream.size(); ++i) {
    out.push_back({stream.substr(0, i), stream.substr(i)});
  }
  return out;
}

}  // namespace a7600::test
