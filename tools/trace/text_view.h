// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <tuple>

#include "filter.h"
#include "flows.h"
#include "trace/reader.h"

namespace a7600::tracer {

struct TextOptions {
  Filter filter;
  std::size_t shown_bytes = 32;  // -s
  bool clock = false;            // -tt
  bool colour = false;
};

// The text that strace would print of the modem's sockets: a line per call, and indented under it
// what it made the modem do.
//
//     connect(5, 203.0.113.7:80) = 0 <0.041210>
//       [9] AT+CIPOPEN=9,"TCP","203.0.113.7",80 -> OK  queue 0.1 turnaround 20.3 transfer 0.0 ms
//       [9] +CIPOPEN: 9,0
//       [9] open 10.148.0.17:32768 to 203.0.113.7:80
//       [9] sends 78 bytes "GET / HTTP/1.1\r\nHost: 203.0.113."...
//
// A call is printed when it has ended, with what happened meanwhile behind it; one that takes long
// is printed as unfinished first, and resumed later.
class TextView {
 public:
  TextView(TextOptions options, std::string& out) : options_(std::move(options)), out_(out) {}

  void show(const trace::Item& item);
  // The time is now `time`, though nothing may have happened.
  void pass_time(trace::Time time);
  // Nothing will follow.
  void finish();

 private:
  using CallKey = std::tuple<std::uint32_t, std::uint32_t, trace::Time>;  // pid, tid, start
  struct OpenCall {
    trace::Record record;
    bool shown = false;  // as unfinished
  };

  void show_call_end(const trace::Record& record);
  void show_command(const trace::Record& record);
  void show_state(const trace::Record& record);
  void show_packet(const trace::Item& item);
  void show_unfinished(OpenCall& call);

  // A line about a call, at once; one about the modem, when no call is waited for.
  void call_line(trace::Time time, const trace::Record& record, const std::string& text);
  void modem_line(trace::Time time, int link, const std::string& text, const char* colour = "");
  bool waits() const;
  void release();
  std::string stamp(trace::Time time) const;
  std::string painted(const char* colour, const std::string& text) const;
  int link_of(std::uint32_t socket) const;

  TextOptions options_;
  std::string& out_;
  std::map<CallKey, OpenCall> calls_;
  std::deque<std::string> held_;
  std::uint32_t first_pid_ = 0;
  std::map<std::uint32_t, int> links_;  // of sockets
  Flows flows_;
};

}  // namespace a7600::tracer
