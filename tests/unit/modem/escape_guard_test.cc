// SPDX-License-Identifier: MIT
#include "modem/escape_guard.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

// The module's side: more than 1000 ms of silence, three "+" at most 900 ms apart, and again more
// than 1000 ms (manual 1.2).
bool escapes(const std::vector<std::pair<std::chrono::milliseconds, char>>& line) {
  for (std::size_t i = 0; i + 3 <= line.size(); ++i) {
    const bool before = i == 0 || line[i].first - line[i - 1].first > 1000ms;
    const bool after = i + 3 == line.size() || line[i + 3].first - line[i + 2].first > 1000ms;
    bool sequence = true;
    for (std::size_t k = i; k < i + 3; ++k) {
      sequence = sequence && line[k].second == '+';
      if (k > i) sequence = sequence && line[k].first - line[k - 1].first <= 900ms;
    }
    if (before && after && sequence) return true;
  }
  return false;
}

struct Piece {
  std::chrono::milliseconds at;
  std::string bytes;
};

// What the line carries when a program writes these pieces.
std::vector<std::pair<std::chrono::milliseconds, char>> carried(const std::vector<Piece>& pieces) {
  EscapeGuard guard;
  const chat::TimePoint start{1h};
  std::vector<std::pair<std::chrono::milliseconds, char>> line;
  std::string waiting;
  const auto offer = [&](std::chrono::milliseconds now) {
    const std::size_t allowed = guard.allow(waiting, start + now);
    for (std::size_t i = 0; i < allowed; ++i) line.emplace_back(now, waiting[i]);
    waiting.erase(0, allowed);
  };
  const auto retry = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(guard.retry_at() - start);
  };
  for (const Piece& piece : pieces) {
    while (!waiting.empty() && retry() <= piece.at) offer(retry());
    waiting += piece.bytes;
    offer(piece.at);
  }
  while (!waiting.empty()) offer(retry());
  return line;
}

std::string bytes_of(const std::vector<std::pair<std::chrono::milliseconds, char>>& line) {
  std::string out;
  for (const auto& [at, byte] : line) out += byte;
  return out;
}

TEST_CASE("the escape sequence alone, whole or in pieces, is carried but not seen") {
  const std::vector<std::vector<Piece>> writes = {
      {{0ms, "+++"}},
      {{0ms, "abc"}, {2000ms, "+++"}, {4000ms, "abc"}},
      {{0ms, "+"}, {500ms, "+"}, {1000ms, "+"}},
      {{0ms, "++"}, {850ms, "+"}},
      {{0ms, "a"}, {950ms, "+++"}},
      {{0ms, "+++"}, {1200ms, "+++"}, {2400ms, "+++"}},
  };
  for (const auto& pieces : writes) {
    std::string written;
    for (const Piece& piece : pieces) written += piece.bytes;
    const auto line = carried(pieces);
    CHECK(bytes_of(line) == written);
    CHECK_FALSE(escapes(line));
  }
}

TEST_CASE("what can't be the escape sequence is not held") {
  EscapeGuard guard;
  const chat::TimePoint now{1h};
  CHECK(guard.allow("+++ and more", now) == 12);
  CHECK(guard.allow("+++", now + 10ms) == 3);
  CHECK(guard.allow("++++", now + 5s) == 4);
  CHECK(guard.allow("abc", now + 10s) == 3);
}

TEST_CASE("whatever a program writes, and when, the module never sees the escape sequence") {
  std::mt19937 random(7600);
  std::uniform_int_distribution<int> gap(0, 1500);
  std::uniform_int_distribution<int> size(1, 4);
  std::uniform_int_distribution<int> letter(0, 5);
  for (int run = 0; run < 2000; ++run) {
    std::vector<Piece> pieces;
    std::string written;
    std::chrono::milliseconds at{0};
    for (int i = 0; i < 20; ++i) {
      at += std::chrono::milliseconds(gap(random));
      std::string bytes;
      for (int n = size(random); n > 0; --n) bytes += letter(random) == 0 ? 'a' : '+';
      written += bytes;
      pieces.push_back({at, bytes});
    }
    const auto line = carried(pieces);
    REQUIRE(bytes_of(line) == written);
    REQUIRE_FALSE(escapes(line));
  }
}

}  // namespace
}  // namespace a7600::modem
