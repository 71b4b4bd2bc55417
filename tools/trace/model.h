// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/ipv4.h"
#include "flows.h"
#include "trace/reader.h"

namespace a7600::tracer {

// One connection's life, as far as the trace tells; 0 where it does not.
struct Connection {
  std::uint32_t socket = 0;
  int link = -1;
  bool udp = false;
  bool accepted = false;
  bool listens = false;
  Endpoint local;
  Endpoint peer;
  std::string name;  // looked up before
  trace::Time looked_up_from = 0;
  trace::Time looked_up_to = 0;
  trace::Time connecting = 0;  // asked for by the program
  trace::Time opening = 0;     // AT+CIPOPEN sent
  trace::Time open = 0;
  trace::Time first_byte = 0;  // received
  trace::Time end = 0;         // closed, failed, or the last that was seen of it
  bool over = false;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  int error = 0;
  std::string why;
};

// The serial line's bytes over time, in at most kBuckets steps: they grow with the trace.
class LineUse {
 public:
  static constexpr std::size_t kBuckets = 1024;
  struct Bucket {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
  };
  void add(trace::Time time, trace::Direction direction, std::uint64_t bytes);
  trace::Time width() const { return width_; }
  trace::Time begin() const { return begin_; }
  const std::vector<Bucket>& buckets() const { return buckets_; }

 private:
  std::vector<Bucket> buckets_;
  trace::Time width_ = 1'000'000;
  trace::Time begin_ = 0;
};

// What the summary and the report are made of: a trace's contents, put together. Holds every
// record, but no bytes.
struct Model {
  void add(const trace::Item& item);

  trace::Time begin = 0;
  trace::Time end = 0;
  std::uint64_t bytes_in = 0;  // of the serial line
  std::uint64_t bytes_out = 0;
  std::uint64_t dropped = 0;
  LineUse line;
  std::vector<Connection> connections;
  std::vector<trace::Record> calls;
  std::vector<trace::Record> commands;
  std::vector<trace::Record> events;  // unsolicited codes, states, look-ups, the log

 private:
  void add_state(const trace::Record& record);
  void add_packet(const trace::Item& item);
  Connection& current(std::uint32_t socket);

  std::map<std::uint32_t, std::size_t> current_;  // the latest connection of each socket
  Flows flows_;
  std::map<std::string, trace::Record> look_ups_;  // by address, not yet followed by a connection
};

}  // namespace a7600::tracer
