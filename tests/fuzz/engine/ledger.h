// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../input.h"
#include "base/ipv4.h"

namespace a7600::fuzz {

// Who has sent what, so that it can be told what may come out at the other side. Every stream has
// bytes of its own, all with the top bit set, which no command, answer or filler has: a byte that
// turns up where it does not belong, twice, or behind a gap shows itself.
class Ledger {
 public:
  static constexpr bool is_data(char byte) {
    return (static_cast<unsigned char>(byte) & 0x80) != 0;
  }

  // One direction of one connection, as its sender knows it.
  struct Stream {
    Endpoint peer;  // the connection's, by which the other side finds it
    std::size_t size = 0;
    std::size_t due = 0;  // bytes that are still to come out of the module's buffer
  };
  // The other end of it: what has arrived, and which streams that may be.
  struct Sink {
    Endpoint peer;
    std::size_t size = 0;
    std::set<std::size_t> of;
  };
  enum class From { kProgram, kModule };

  // The module has said what no module says, so whose bytes are whose is not certain any more. Only
  // that data is data, and commands are commands, still holds.
  void lose_track() { lost_ = true; }
  // It has lied about data mode, and its own words are data now.
  void lose_everything() { lost_ = mixed_ = true; }
  bool knows() const { return !lost_; }

  std::size_t begin(From from, const Endpoint& peer) {
    auto& streams = streams_[from];
    streams.push_back({peer, 0, 0});
    return streams.size() - 1;
  }
  Stream& stream(From from, std::size_t index) { return streams_[from][index]; }

  // The next bytes of a stream; they count as sent when they are added.
  std::string next(From from, std::size_t index, std::size_t size) {
    std::string text(size, '\0');
    const std::size_t begin = stream(from, index).size;
    for (std::size_t i = 0; i < size; ++i) text[i] = content(from, index, begin + i);
    return text;
  }
  void add(From from, std::size_t index, std::size_t size) { stream(from, index).size += size; }

  // What has come out must go on one of the streams that can be meant.
  void arrives(From from, Sink& sink, std::string_view bytes, std::string_view what) {
    if (mixed_) return;
    for (const char byte : bytes) require(is_data(byte), what);
    if (lost_) return;
    auto& streams = streams_[from];
    if (sink.size == 0) {
      sink.of.clear();
      for (std::size_t i = 0; i < streams.size(); ++i) {
        if (streams[i].peer == sink.peer) sink.of.insert(i);
      }
    }
    for (const char byte : bytes) {
      std::erase_if(sink.of, [&](std::size_t i) {
        return sink.size >= streams[i].size || content(from, i, sink.size) != byte;
      });
      require(!sink.of.empty(), what);
      ++sink.size;
    }
  }
  // Whether the sink has all that one of the streams that it may be will ever have.
  bool is_whole(From from, const Sink& sink) {
    const auto& streams = streams_[from];
    for (std::size_t i = 0; i < streams.size(); ++i) {
      const bool candidate = sink.size == 0 ? streams[i].peer == sink.peer : sink.of.count(i) > 0;
      if (candidate && streams[i].size + streams[i].due == sink.size) return true;
    }
    return false;
  }

  // ---- Datagrams of programs: each leaves at most once, whole, to whom it was sent.
  std::string datagram(const Endpoint& to, std::size_t size) {
    const std::size_t index = begin(From::kProgram, {});
    const std::string text = next(From::kProgram, index, size);
    datagrams_.emplace(to, text);
    return text;
  }
  void leaves(const Endpoint& to, const std::string& payload) {
    if (mixed_) return;
    for (const char byte : payload) require(is_data(byte), "a datagram is a program's");
    if (lost_) return;
    const auto [first, last] = datagrams_.equal_range(to);
    for (auto at = first; at != last; ++at) {
      if (at->second != payload) continue;
      datagrams_.erase(at);
      return;
    }
    require(false, "a datagram is one that was sent, and leaves once");
  }

 private:
  static char content(From from, std::size_t index, std::size_t position) {
    auto x = static_cast<std::uint32_t>(index * 2 + (from == From::kModule ? 1 : 0));
    x = x * 2654435761U + static_cast<std::uint32_t>(position) * 40503U;
    x = (x ^ x >> 15) * 2246822519U;
    return static_cast<char>(0x80 | (x >> 20 & 0x7f));
  }

  std::map<From, std::vector<Stream>> streams_;
  std::multimap<Endpoint, std::string> datagrams_;
  bool lost_ = false;
  bool mixed_ = false;
};

}  // namespace a7600::fuzz
