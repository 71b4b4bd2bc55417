// SPDX-License-Identifier: MIT
#include "format.h"

#include <netdb.h>
#include <string.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace a7600::tracer {
namespace {

std::string eai_name(std::int64_t code) {
  switch (code) {
    case EAI_NONAME:
      return "EAI_NONAME";
    case EAI_AGAIN:
      return "EAI_AGAIN";
    case EAI_FAIL:
      return "EAI_FAIL";
    case EAI_FAMILY:
      return "EAI_FAMILY";
    case EAI_SERVICE:
      return "EAI_SERVICE";
    case EAI_SOCKTYPE:
      return "EAI_SOCKTYPE";
    case EAI_MEMORY:
      return "EAI_MEMORY";
    case EAI_SYSTEM:
      return "EAI_SYSTEM";
    default:
      return std::to_string(code);
  }
}

template <typename... Values>
std::string print(const char* format, Values... values) {
  char text[64];
  const int size = std::snprintf(text, sizeof(text), format, values...);
  return {text, static_cast<std::size_t>(size)};
}

void add_escaped(std::string& out, unsigned char code) {
  switch (code) {
    case '\r':
      out += "\\r";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '"':
      out += "\\\"";
      return;
    default:
      break;
  }
  if (code >= 0x20 && code < 0x7f) {
    out += static_cast<char>(code);
  } else {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\\x";
    out += kDigits[code >> 4];
    out += kDigits[code & 15];
  }
}

void add_step(std::string& out, const char* name, trace::Time duration) {
  if (duration < 0) return;
  out += name;
  out += ' ';
  out += milliseconds(duration);
  out += ' ';
}

}  // namespace

std::string quoted(std::span<const std::byte> bytes, std::size_t most) {
  std::string out = "\"";
  for (const std::byte byte : bytes.first(std::min(bytes.size(), most))) {
    add_escaped(out, static_cast<unsigned char>(byte));
  }
  out += '"';
  if (bytes.size() > most) out += "...";
  return out;
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    out += code < 0x20 || code == 0x7f ? '?' : c;
  }
  return out;
}

std::string error_name(int error) {
  const char* name = ::strerrorname_np(error);
  return name != nullptr ? name : std::to_string(error);
}

std::string result_text(const trace::Record& record) {
  if (record.text.starts_with("getaddrinfo(") && record.result != 0) {
    std::string out = eai_name(record.result);
    if (record.result == EAI_SYSTEM) out.append(" ").append(error_name(record.error));
    return out.append(" (").append(::gai_strerror(static_cast<int>(record.result))).append(")");
  }
  std::string out = std::to_string(record.result);
  if (record.error == 0) return out;
  return out.append(" ")
      .append(error_name(record.error))
      .append(" (")
      .append(::strerror(record.error))
      .append(")");
}

bool has_failed(const trace::Record& call) {
  if (call.error == EINPROGRESS || call.error == EAGAIN || call.error == EALREADY ||
      call.error == EINTR) {
    return false;
  }
  return call.error != 0 || call.result < 0;
}

std::string milliseconds(trace::Time duration) {
  return print("%.1f", static_cast<double>(duration) / 1e6);
}

std::string seconds(trace::Time duration) {
  return print("%.6f", static_cast<double>(duration) / 1e9);
}

std::string clock_text(trace::Time time) {
  const auto whole = static_cast<time_t>(time / 1'000'000'000);
  tm local{};
  ::localtime_r(&whole, &local);
  return print("%02d:%02d:%02d.%06ld", local.tm_hour, local.tm_min, local.tm_sec,
               static_cast<long>(time % 1'000'000'000 / 1000));
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  const auto value = static_cast<double>(bytes);
  if (bytes < 1'000'000) return print("%.1f kB", value / 1e3);
  if (bytes < 1'000'000'000) return print("%.1f MB", value / 1e6);
  return print("%.1f GB", value / 1e9);
}

Steps steps_of(const trace::Record& record) {
  Steps steps;
  const auto clamp = [](trace::Time value) { return std::max<trace::Time>(value, 0); };
  if (record.start != 0) steps.queue = clamp(record.sent - record.start);
  trace::Time asked = record.sent;
  if (record.prompt != 0) {
    steps.prompt = clamp(record.prompt - record.sent);
    asked = record.prompt;
  }
  // A send's echo may come before its prompt.
  const bool answered = record.first != 0 && record.first >= asked;
  steps.turnaround = clamp((answered ? record.first : record.time) - asked);
  if (answered) steps.transfer = clamp(record.time - record.first);
  return steps;
}

std::string steps_text(const Steps& steps) {
  std::string out;
  add_step(out, "queue", steps.queue);
  add_step(out, "prompt", steps.prompt);
  add_step(out, "turnaround", steps.turnaround);
  add_step(out, "transfer", steps.transfer);
  return out + "ms";
}

}  // namespace a7600::tracer
