// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "at/reply.h"
#include "base/ipv4.h"
#include "base/log.h"
#include "base/result.h"

namespace a7600::modem {

// Names a connection for its whole life, while it waits for a link, has one, or has had one.
using ConnectionId = std::uint32_t;
// Names a listening port.
using ServerId = std::uint32_t;
// Names a host name look-up.
using QueryId = std::uint32_t;

// Names an AT command that somebody else than the modem's own logic has sent.
using CommandId = std::uint32_t;

struct CommandAnswer {
  enum class Final { kOk, kError, kNoAnswer };
  Final final = Final::kOk;
  std::vector<std::string> lines;  // the final result's included
};

// How a connection ended that this side did not close.
struct End {
  // 0: the remote side has closed in order. Otherwise the errno of what broke it.
  int posix = 0;
  std::string_view why;  // for the log
};

// This end of the line, as far as it can be set. A line of another kind (USB, TCP) has none of it.
class Line {
 public:
  virtual ~Line() = default;
  // In bits per second; 0: the line has no rate.
  virtual int line_rate() { return 0; }
  // False when the device can't do that rate.
  virtual bool set_line_rate(int /*baud*/) { return false; }
  // Whether bytes wait for CTS, and RTS falls when the reader is behind.
  virtual void use_rtscts(bool /*on*/) {}
  // RTS down, so that a module that obeys it sends nothing; false where there is no such wire.
  virtual bool hold_module(bool /*on*/) { return false; }
  // DTR, which is up while the line is open; false where there is no such wire.
  virtual bool set_dtr(bool /*up*/) { return false; }
  // The line has been silent: it is closed, and opened again for what is written next.
  virtual void reopen() {}
};

// What the modem tells and asks the one who owns the program's side of each connection. Called
// only from inside the Modem's own functions; the host may call back into it.
class Host : public Line {
 public:
  virtual void opened(ConnectionId id) = 0;
  virtual void open_failed(ConnectionId id, const Error& error) = 0;

  // Fills `into` with what the program has written and returns how much; 0 when there is nothing
  // (the host then says set_writable() again when there is). What was taken is sent once.
  virtual std::size_t take(ConnectionId id, std::span<std::byte> into) = 0;

  // Hands over received bytes, all of them. Returns whether there is room for another chunk; if
  // not, the host says set_room() when there is.
  virtual bool give(ConnectionId id, std::span<const std::byte> bytes) = 0;

  // The same for a UDP socket, one datagram at a time.
  struct Datagram {
    std::size_t size = 0;
    Endpoint to;
  };
  virtual std::optional<Datagram> take_datagram(ConnectionId id, std::span<std::byte> into) = 0;
  // `from` is a guess in buffer access mode, where the module does not tell: the peer that the
  // latest datagram went to.
  virtual bool give_datagram(ConnectionId id, const Endpoint& from,
                             std::span<const std::byte> bytes) = 0;

  // Everything that was received has been given. The id stays valid until close().
  virtual void ended(ConnectionId id, const End& end) = 0;

  // The answer to Modem::ask_acknowledged(): the module's counts of the connection; nullopt if it
  // could not be asked, or did not say.
  virtual void acknowledged(ConnectionId /*id*/, const std::optional<at::Ack>& /*ack*/) {}

  // The answer to close(): the link is free again and the id is forgotten.
  virtual void closed(ConnectionId id) = 0;

  virtual void listening(ServerId id) = 0;
  virtual void listen_failed(ServerId id, const Error& error) = 0;
  // A peer has connected to the port of `id`. Returns the id of the new connection, which is open,
  // or nullopt to refuse it.
  virtual std::optional<ConnectionId> accepted(ServerId id, const Endpoint& peer) = 0;

  virtual void resolved(QueryId id, const Result<std::vector<Ipv4>>& answer) = 0;

  // The answer to Modem::send_command().
  virtual void command_answered(CommandId /*id*/, const CommandAnswer& /*answer*/) {}

  // Opens the line to the module's second AT port, if there is to be one. Whether it is open.
  virtual bool open_side_line() { return false; }
  virtual void close_side_line() {}

  // Whether all that was written to the line has left it, as far as the driver tells.
  virtual bool line_is_drained() { return true; }

  virtual void log(log::Level level, std::string_view text) = 0;
};

}  // namespace a7600::modem
