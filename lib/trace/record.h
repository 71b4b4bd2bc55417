// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ipv4.h"

namespace a7600::trace {

// Nanoseconds since 1970, as in a pcapng packet.
using Time = std::int64_t;

// What a trace says beside the bytes. Which fields a kind uses is said with it; the others are
// zero, and zero costs no byte in the file.
enum class Kind : std::uint8_t {
  // A socket call has begun: time, pid, tid, socket, text.
  kCallBegins = 1,
  // It has ended: start, time, pid, tid, socket, text, result, error. `start` and `tid` are those
  // of its beginning, if that was reported; only calls that may block report it.
  kCallEnds,
  // An AT command and its answer: start (since when it could have been sent), sent, prompt, first
  // (byte of the answer), time (of its end), socket, link, port, text, answer, error,
  // bytes.
  kCommand,
  // An unsolicited result code: time, link, port, text.
  kUnsolicited,
  // A socket's state: time, socket, state, link, local, peer, error, text.
  kState,
  // A host name look-up: start, time, text (the name), answer (addresses or what failed), error.
  kLookUp,
  // A line of the engine's log: time, text.
  kLog,
  // Bounded memory: `bytes` blocks were left out before this.
  kDropped,
};

// The module's AT port that something passed over.
enum class AtPort : std::uint8_t { kFirst, kSecond };

enum class State : std::uint8_t {
  kNone,
  kConnecting,  // asked for by the program
  kOpen,        // on `link`
  kFailed,      // the connection was not made: error
  kEnded,       // by the peer (error 0) or broken
  kClosing,     // by the program
  kClosed,      // the link is free again
};

struct Record {
  Kind kind = Kind::kLog;
  State state = State::kNone;
  Time time = 0;
  Time start = 0;
  Time sent = 0;
  Time prompt = 0;
  Time first = 0;
  std::uint32_t pid = 0;
  std::uint32_t tid = 0;
  std::uint32_t socket = 0;  // the engine's number for it
  std::int32_t link = -1;
  AtPort port = AtPort::kFirst;
  std::int64_t result = 0;
  std::int32_t error = 0;  // an errno; kCommand: -1 for ERROR, ETIMEDOUT for no answer
  std::uint64_t bytes = 0;
  Endpoint local;
  Endpoint peer;
  bool udp = false;
  std::string text;
  std::string answer;
};

// Appends the record: its fields one behind the other as tag (1 byte), length (2 bytes, little
// endian) and value. Texts are cut so that all of it has no more than `most` bytes.
void encode(const Record& record, std::string& out, std::size_t most = 60'000);

// nullopt for bytes that are no record. Unknown tags are skipped: a later version may have more.
std::optional<Record> decode(std::span<const std::byte> bytes);

std::string_view name(State state);

}  // namespace a7600::trace
