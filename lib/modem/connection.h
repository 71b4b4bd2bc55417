// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ipv4.h"
#include "chat/chat.h"
#include "modem/host.h"
#include "modem/transfer.h"

namespace a7600::modem {

struct Connection {
  enum class State {
    kWaiting,   // for the network, or for a free link
    kOpening,   // CIPOPEN is sent; "+CIPOPEN:" is awaited, with the channel free
    kRefused,   // <err> 1: AT+NETOPEN? has to tell whether the peer or the network refused
    kOpen,      // bytes flow
    kDraining,  // ended by the module or given up; what it has received is still read
    kEnded,     // the host knows
    kClosing,   // CIPCLOSE is sent; "+CIPCLOSE:" is awaited, with the channel free
  };

  ConnectionId id = 0;
  bool udp = false;
  Endpoint to;  // udp: where the latest datagram went
  std::optional<std::uint16_t> local_port;
  State state = State::kWaiting;

  int server = -1;  // the module's server that it came from; -1: opened by this side

  // kOpen: the news of it came over the second AT channel, and was asked for.
  bool heard_on_side = false;

  int link = -1;
  // Whether the module still counts the link as open, so that CIPCLOSE is due.
  bool link_open = false;
  // The module has said that it is closed.
  bool end_told = false;
  // The host has called close(), or needs not.
  bool close_wanted = false;
  // kOpen, with close_wanted: what was sent is to be acknowledged before CIPCLOSE, until then.
  std::optional<chat::TimePoint> linger_until;
  chat::TimePoint ask_at{};  // ... and AT+CIPACK is due
  std::chrono::milliseconds ask_pause{0};
  bool ack_wanted = false;  // Host::acknowledged is owed
  // What the peer has acknowledged of `sent`, as far as it was asked for, and whether the module
  // counts it at all.
  std::uint64_t acknowledged = 0;
  bool counts_acks = true;
  int vain_asks = 0;
  // kOpen, with close_wanted: the peer may still close by itself, which spares CIPCLOSE.
  std::optional<chat::TimePoint> farewell_until;
  // The close of its link's last owner may have been its own; AT+CIPOPEN? tells.
  bool doubted = false;
  // The host was told that the open has failed, and expects nothing more.
  bool failed = false;

  chat::TimePoint deadline{};                 // kWaiting: of the whole open
  std::optional<chat::TimePoint> not_before;  // a retry waits until then
  std::optional<chat::TimePoint> result_due;  // kOpening, kClosing: the result line
  int open_attempts = 0;
  int garbled_opens = 0;       // of them, answered by an ERROR without a reason
  bool garbled_close = false;  // AT+CIPCLOSE was, once
  chat::TimePoint dialled{};   // kOpening: since when
  bool opened = false;         // kOpening: "+CIPOPEN: n,0" was there before its OK
  bool displaced = false;      // kOpening: the module gave the link to a server's client
  bool end_doubted = false;    // kOpening: "+IPCLOSE:" has come, of this one or of its link's last
  // To the host it is open, but it is closed and opened anew on another link (moving.cc).
  bool moving = false;
  int moves = 0;

  bool writable = false;          // the host has something to send
  std::vector<std::byte> unsent;  // taken from the host, refused by the module as busy
  std::vector<std::byte> early;   // pushed before the host knew that it is open
  bool readable = false;          // the module has announced data, or may have
  bool room = true;               // the host can take another chunk
  std::optional<Via> pushed_via;  // where its data has been pushed
  std::uint64_t sent = 0;         // bytes that the module has confirmed
  bool received = false;          // something was handed to the host
  int busy_retries = 0;
  int read_errors = 0;
  int rest = 0;  // what the module holds of it, as the latest read has said

  // When an announcement that never came is replaced by asking, and the pause after that.
  std::optional<chat::TimePoint> poll_at;
  std::chrono::seconds poll_pause{0};
  bool seems_closed = false;  // AT+CIPOPEN? has said so, once

  // Push mode has begun with data of this connection in the module, which it is to push by then.
  std::optional<chat::TimePoint> push_due;

  // The module is known to hold bytes of it; `readable` is also set only to ask.
  bool unread = false;
  bool unread_if_read = false;  // a read is on its way, whose answer tells whether it does
  bool had_line = false;        // transparent mode: its bytes have come this way
  End end;                      // kDraining: what the host will be told
};

}  // namespace a7600::modem
