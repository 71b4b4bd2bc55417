// SPDX-License-Identifier: MIT
//
// The bytes that the matrix moves. Every connection has a stream of its own, named by a number, so
// that each byte that arrives can be compared with the one that was meant, and bytes of another
// connection are never taken for right.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace faults {

// SplitMix64.
constexpr std::uint64_t mix(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

constexpr std::byte byte_of(std::uint32_t stream, std::uint64_t at) {
  const std::uint64_t word = mix(std::uint64_t{stream} << 32 | at / 8);
  return static_cast<std::byte>(word >> (8 * (at % 8)));
}

inline void put_stream(std::uint32_t stream, std::uint64_t at, std::span<std::byte> into) {
  for (std::byte& byte : into) byte = byte_of(stream, at++);
}

// Where `bytes`, which should stand at `at`, differ from the stream first.
inline std::optional<std::uint64_t> difference(std::uint32_t stream, std::uint64_t at,
                                               std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) {
    if (byte != byte_of(stream, at)) return at;
    ++at;
  }
  return std::nullopt;
}

// A connection begins with what the program wants of the peer.
enum class Wish : std::uint32_t {
  kDownload = 1,  // send `size` bytes of the stream, then close
  kUpload,        // take `size` bytes of the stream, then answer with a Receipt
  kEcho,          // send back what comes
  kCall,          // connect to port `size`, have the stream's first bytes echoed, answer likewise
};
struct Request {
  Wish wish;
  std::uint32_t stream;
  std::uint32_t size;
};
struct Receipt {
  std::uint32_t stream;
  std::uint32_t size;  // how many bytes were right
};

// What one datagram holds: this, then `size` bytes of the stream from byte `number` * 1000 on.
struct Datagram {
  std::uint32_t stream;
  std::uint32_t number;
  std::uint32_t size;
};

constexpr std::uint32_t kCallSize = 20'000;

}  // namespace faults
