// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ipv4.h"
#include "base/unique_fd.h"
#include "chat/chat.h"
#include "engine/datagrams.h"
#include "engine/pair.h"
#include "engine/sharing.h"
#include "modem/host.h"
#include "wire/message.h"

namespace a7600::engine {

// What the engine knows about one program's socket.
struct Socket {
  enum class State {
    // UDP knows the first, kConnecting and kConnected only, as having no link, waiting for one,
    // having one.
    kIdle,        // not connected; nothing at the modem
    kListening,   // a server at the modem; accepted sockets are sent over the pair, its gate shut
    kConnecting,  // known to the modem; the gate is closed
    kConnected,   // bytes flow
    kFinished,    // the peer has closed; the program has been shown the end of file
    kFailed,      // refused, timed out or reset: no pair any more, only what may be asked of it
  };

  Socket(modem::ConnectionId id_, std::uint64_t cookie_) : id(id_), cookie(cookie_) {}

  bool is_udp() const { return datagrams.has_value(); }
  // Whether a listen() waits for the module.
  bool starts_listening() const { return state == State::kIdle && !waiters.empty(); }
  // Whether a program may still hold it.
  bool is_live() const { return is_udp() ? datagrams->alive() : pair.is_open(); }
  // The state in the words of control messages.
  wire::SocketState wire_state() const;
  // The time of SO_LINGER, if the program has set it.
  std::optional<std::chrono::seconds> linger() const;

  modem::ConnectionId id;
  std::uint64_t cookie;                // of the program's end: the socket's name for every process
  Pair pair;                           // TCP; closed for UDP
  std::optional<Datagrams> datagrams;  // UDP
  State state = State::kIdle;
  int domain = 0;
  int type = 0;

  // What the program has set (options.cc).
  const wire::OptionRecord* option(int level, int name) const;
  bool is_set(int level, int name) const;
  bool is_ipv6_only() const;
  // Those that the kernel honours, on a new pair.
  void set_options_on(int program_end) const;

  Endpoint local;  // as bound; a port that the program did not choose is made up here
  bool port_chosen = false;
  // UDP, of one that was made up: the program knows it; and how many the module had in use.
  bool port_told = false;
  int ports_in_use = 0;
  bool bound = false;
  // UDP: the socket whose link this one uses, 0 for its own; and who uses this one's.
  modem::ConnectionId keeper = 0;
  std::vector<modem::ConnectionId> sharers;
  bool spent = false;  // shut down as a listener; idle, but its pair can't be used again
  Endpoint peer;

  // connect(2) as Linux has it: a connection that was made without blocking answers 0 to one more
  // connect() and then EISCONN; a failure is reported to one more, and then a retry is allowed.
  bool connect_reported = false;
  bool was_connected = false;
  int pending_error = 0;          // SO_ERROR
  std::string notice;             // for the user, with the next reply about this socket
  std::vector<UniqueFd> waiters;  // calls to be answered when it is connected, listens or failed
  std::vector<UniqueFd> askers;   // calls that wait for the module's count of acknowledged bytes
  std::vector<wire::OptionRecord> options;

  // Who made it, and what has gone through it.
  Owner owner;
  Traffic received;
  Traffic sent;
  chat::TimePoint begun{};  // of the connection

  bool held = false;           // waits for a link without the modem knowing: see sharing.h
  chat::TimePoint deadline{};  // held: of the connect
  // With SO_LINGER: until when close(2), or the program's end, waits for the peer.
  std::optional<chat::TimePoint> linger_until;
  bool closing = false;              // the modem has been told to close
  bool close_when_taken = false;     // everything written so far is the last
  bool finish_when_flushed = false;  // the end of file waits for bytes that did not fit
  modem::End end;
};

}  // namespace a7600::engine
