// SPDX-License-Identifier: MIT
#include "trace/record.h"

#include <algorithm>

namespace a7600::trace {
namespace {

enum Tag : std::uint8_t {
  kTagKind = 1,
  kTagState,
  kTagTime,
  kTagStart,
  kTagSent,
  kTagPrompt,
  kTagFirst,
  kTagPid,
  kTagTid,
  kTagSocket,
  kTagLink,
  kTagResult,
  kTagError,
  kTagBytes,
  kTagLocal,
  kTagPeer,
  kTagUdp,
  kTagText,
  kTagAnswer,
  kTagPort,
};

constexpr std::size_t kHead = 3;

void put_head(std::string& out, Tag tag, std::size_t size) {
  out += static_cast<char>(tag);
  out += static_cast<char>(size & 0xff);
  out += static_cast<char>(size >> 8);
}

// As few bytes as hold the value, so that a call's record fits into a control message.
void put_number(std::string& out, Tag tag, std::uint64_t value) {
  if (value == 0) return;
  std::size_t size = 0;
  for (std::uint64_t rest = value; rest != 0; rest >>= 8) ++size;
  put_head(out, tag, size);
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

void put_signed(std::string& out, Tag tag, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  put_number(out, tag, value < 0 ? ~bits << 1 | 1 : bits << 1);
}

std::uint64_t pack(const Endpoint& endpoint) {
  return std::uint64_t{endpoint.ip.value} << 16 | endpoint.port;
}

void put_text(std::string& out, Tag tag, std::string_view text, std::size_t begin,
              std::size_t most) {
  const std::size_t used = out.size() - begin;
  if (text.empty() || used + kHead >= most) return;
  text = text.substr(0, most - used - kHead);
  put_head(out, tag, text.size());
  out += text;
}

std::int64_t to_signed(std::uint64_t bits) {
  const std::uint64_t half = bits >> 1;
  return static_cast<std::int64_t>((bits & 1) != 0 ? ~half : half);
}

Endpoint unpack(std::uint64_t bits) {
  return {{static_cast<std::uint32_t>(bits >> 16)}, static_cast<std::uint16_t>(bits & 0xffff)};
}

void set_number(Record& record, std::uint8_t tag, std::uint64_t value) {
  const auto number = to_signed(value);
  switch (tag) {
    case kTagTime:
      record.time = number;
      break;
    case kTagStart:
      record.start = number;
      break;
    case kTagSent:
      record.sent = number;
      break;
    case kTagPrompt:
      record.prompt = number;
      break;
    case kTagFirst:
      record.first = number;
      break;
    case kTagPid:
      record.pid = static_cast<std::uint32_t>(value);
      break;
    case kTagTid:
      record.tid = static_cast<std::uint32_t>(value);
      break;
    case kTagSocket:
      record.socket = static_cast<std::uint32_t>(value);
      break;
    case kTagLink:
      record.link = static_cast<std::int32_t>(value & 0xff) - 1;
      break;
    case kTagResult:
      record.result = number;
      break;
    case kTagError:
      record.error = static_cast<std::int32_t>(number);
      break;
    case kTagBytes:
      record.bytes = value;
      break;
    case kTagLocal:
      record.local = unpack(value);
      break;
    case kTagPeer:
      record.peer = unpack(value);
      break;
    case kTagPort:
      record.port = value == 0 ? AtPort::kFirst : AtPort::kSecond;
      break;
    case kTagUdp:
      record.udp = value != 0;
      break;
    default:
      break;
  }
}

}  // namespace

void encode(const Record& record, std::string& out, std::size_t most) {
  const std::size_t begin = out.size();
  put_number(out, kTagKind, static_cast<std::uint64_t>(record.kind));
  put_number(out, kTagState, static_cast<std::uint64_t>(record.state));
  put_signed(out, kTagTime, record.time);
  put_signed(out, kTagStart, record.start);
  put_signed(out, kTagSent, record.sent);
  put_signed(out, kTagPrompt, record.prompt);
  put_signed(out, kTagFirst, record.first);
  put_number(out, kTagPid, record.pid);
  put_number(out, kTagTid, record.tid);
  put_number(out, kTagSocket, record.socket);
  put_number(out, kTagLink, static_cast<std::uint64_t>(record.link + 1));
  put_signed(out, kTagResult, record.result);
  put_signed(out, kTagError, record.error);
  put_number(out, kTagBytes, record.bytes);
  put_number(out, kTagLocal, pack(record.local));
  put_number(out, kTagPeer, pack(record.peer));
  put_number(out, kTagPort, record.port == AtPort::kFirst ? 0 : 1);
  put_number(out, kTagUdp, record.udp ? 1 : 0);
  put_text(out, kTagText, record.text, begin, most);
  put_text(out, kTagAnswer, record.answer, begin, most);
}

std::optional<Record> decode(std::span<const std::byte> bytes) {
  Record record;
  bool has_kind = false;
  while (bytes.size() >= kHead) {
    const auto tag = static_cast<std::uint8_t>(bytes[0]);
    const std::size_t size = static_cast<std::size_t>(bytes[1]) | static_cast<std::size_t>(bytes[2])
                                                                      << 8;
    // A custom block is padded to four bytes with zeros.
    if (tag == 0 && size == 0) break;
    if (size > bytes.size() - kHead) return std::nullopt;
    const auto value = bytes.subspan(kHead, size);
    bytes = bytes.subspan(kHead + size);
    if (tag == kTagText || tag == kTagAnswer) {
      (tag == kTagText ? record.text : record.answer)
          .assign(reinterpret_cast<const char*>(value.data()), value.size());
      continue;
    }
    if (tag > kTagPort) continue;
    if (size > sizeof(std::uint64_t)) return std::nullopt;
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < size; ++i) number |= static_cast<std::uint64_t>(value[i]) << 8 * i;
    if (tag == kTagKind) {
      if (number < 1 || number > static_cast<std::uint64_t>(Kind::kDropped)) return std::nullopt;
      record.kind = static_cast<Kind>(number);
      has_kind = true;
    } else if (tag == kTagState) {
      if (number > static_cast<std::uint64_t>(State::kClosed)) return std::nullopt;
      record.state = static_cast<State>(number);
    } else {
      set_number(record, tag, number);
    }
  }
  if (!has_kind) return std::nullopt;
  return record;
}

std::string_view name(State state) {
  switch (state) {
    case State::kNone:
      return "";
    case State::kConnecting:
      return "connecting";
    case State::kOpen:
      return "open";
    case State::kFailed:
      return "failed";
    case State::kEnded:
      return "ended";
    case State::kClosing:
      return "closing";
    case State::kClosed:
      return "closed";
  }
  return "";
}

}  // namespace a7600::trace
