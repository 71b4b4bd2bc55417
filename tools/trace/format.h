// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "trace/record.h"

// Pieces of the text that the views have in common.
namespace a7600::tracer {

// As strace has it: printable bytes as they are, others as \r, \n, \t, \\, \" or \xHH, in quotes;
// "..." behind what is cut after `most` bytes.
std::string quoted(std::span<const std::byte> bytes, std::size_t most);
// One line of printable characters, whatever is in it.
std::string one_line(std::string_view text);

// "connect(3, 203.0.113.7:80) = -1 ECONNREFUSED (Connection refused)", without what is before the
// " = ".
std::string result_text(const trace::Record& record);
std::string error_name(int error);
// Whether the call has failed, rather than said that its work goes on (EINPROGRESS, EAGAIN …).
bool has_failed(const trace::Record& call);

// "12.3" milliseconds.
std::string milliseconds(trace::Time duration);
std::string seconds(trace::Time duration);  // "0.012345"
// "10:04:05.123456", local time.
std::string clock_text(trace::Time time);
std::string size_text(std::uint64_t bytes);  // "1.5 MB"

// The steps of an AT command in nanoseconds; -1 for those that it does not have.
struct Steps {
  trace::Time queue = -1;
  trace::Time prompt = -1;
  trace::Time turnaround = -1;
  trace::Time transfer = -1;
};
Steps steps_of(const trace::Record& record);
// "queue 0.1 turnaround 20.3 transfer 4.0 ms"
std::string steps_text(const Steps& steps);

}  // namespace a7600::tracer
