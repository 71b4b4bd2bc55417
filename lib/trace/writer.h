// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "trace/file.h"
#include "trace/packet.h"
#include "trace/pcapng.h"
#include "trace/record.h"
#include "trace/secrets.h"
#include "trace/serial_filter.h"

namespace a7600::trace {

inline constexpr std::size_t kWholePayload = ~std::size_t{0};

// The first block of a trace's file and those of its two interfaces. 0: the line's rate is unknown.
std::string file_header(std::uint64_t baud);

// Writes a trace: the serial line's bytes, the sockets' packets, records. Nothing reaches the file
// before flush().
class Writer {
 public:
  // `payload`: how many bytes to keep of each payload, on either interface.
  Writer(File file, std::size_t payload) : file_(std::move(file)), payload_(payload) {}

  // Bytes of the line; a comment marks those of the second AT port. `is_payload`: they are what a
  // CIPSEND sends. What is received is taken apart here, when payloads are limited.
  void serial(AtPort port, Direction direction, std::span<const std::byte> bytes, bool is_payload,
              Time time);

  // Bytes that a connection has carried: as many segments as it takes.
  void tcp_data(TcpFlow& flow, Direction direction, std::span<const std::byte> bytes, Time time);
  // A segment without data.
  void tcp(TcpFlow& flow, Direction direction, std::uint8_t flags, Time time,
           std::string_view comment = {});
  void udp(Direction direction, const Endpoint& from, const Endpoint& to,
           std::span<const std::byte> bytes, Time time);

  void name(Ipv4 address, std::string_view name);
  // Secrets in a command's text are masked here.
  void record(const Record& record);
  // To be called with each command before its bytes: what must be masked of them.
  void note_command(std::string_view command) { secrets_.note(command); }

  // As File::flush().
  bool flush(Time time);
  bool has_pending() const { return file_.has_pending(); }
  const std::string& name() const { return file_.name(); }

 private:
  void serial_packet(AtPort port, Direction direction, std::span<const std::byte> bytes,
                     std::size_t kept, Time time);
  void ip_packet(Direction direction, const Headers& headers, std::span<const std::byte> bytes,
                 Time time, std::string_view comment);

  File file_;
  std::size_t payload_;
  Secrets secrets_;
  std::array<SerialFilter, 2> filters_;  // by AtPort
  std::string masked_;
};

}  // namespace a7600::trace
