// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/ipv4.h"
#include "base/pass.h"

// The control messages between a program and the engine: one request, one reply, each of a fixed
// size, over a connection of its own. A request about a socket carries that socket's descriptor
// (SCM_RIGHTS): whoever can present a socket may ask about it, nobody else can.
namespace a7600::wire {

inline constexpr std::uint32_t kMagic = 0x41373630;
inline constexpr std::uint16_t kVersion = 3;
inline constexpr std::size_t kRequestData = 256;  // a host name of 254 bytes fits
inline constexpr std::size_t kReplyData = 1024;
inline constexpr std::size_t kNotice = 256;
inline constexpr std::size_t kLargestDatagram = 1500;  // manual 2.4

enum class Op : std::uint16_t {
  kSocket = 1,   // domain, type, protocol, flags -> a descriptor; level: the process that it is
                 // for, 0: the caller
  kConnect,      // +fd, endpoint, kNonBlocking -> error; a descriptor if the socket was replaced;
                 // domain AF_UNSPEC ends the connection
  kBind,         // +fd, endpoint -> error
  kListen,       // +fd -> error; AcceptRecords arrive on the socket from then on; a descriptor as
                 // with kConnect
  kOpenPeer,     // +fd of a datagram socket, endpoint -> error; its name can be sent to from now on
  kMaybeClosed,  // data: a datagram socket's name; a descriptor of it was closed
  kDescribe,     // +fd, kWantsAddress -> state, local, peer, domain, type
  kTakeError,    // +fd -> value: SO_ERROR, cleared; kAuthoritative
  kSetOption,    // +fd, level, name, data, kOnPair -> error
  kGetOption,    // +fd, level, name -> as kDescribe; data, or ENOENT if it was never set
  kShutdown,     // +fd, level: how -> as kDescribe, of before; the caller shuts its end down
  kRelease,      // +fd: the kernel takes over -> local; data: OptionRecords set so far
  kResolve,      // data: the host name -> data: IPv4 addresses, host byte order
  kFinish,       // answered when everything is sent, closed, and the module left as it was found
  kStatus,       // -> a descriptor: wire/status.h
  kCommand,      // data: an AT command, level: seconds -> value: CommandResult; its lines: a file
  kHold,         // the engine does not end for being idle while this connection stays open
  kReport,       // [+fd], data: a trace record of one of the program's calls; not answered
  kTrace,        // +fd: trace to this file until the call's connection is closed; level: payload
                 // bytes to keep, -1 for all -> error: EBUSY if there is a trace already
  kProgress,     // +fd -> as kDescribe; data: Progress
  kLinger,       // +fd, which the caller then closes, and shuts its side of the call down -> when
                 // what was written is acknowledged, SO_LINGER's time is over, or others have it
  kLast = kLinger,
};

// Request::flags
inline constexpr std::uint32_t kNonBlocking = 1;
inline constexpr std::uint32_t kForce = 2;   // kCommand: also one that upsets the engine
inline constexpr std::uint32_t kOnPair = 4;  // the kernel honours the option on the program's end
inline constexpr std::uint32_t kWantsAddress = 8;  // the one that datagrams leave from
inline constexpr std::uint32_t kMapped = 16;       // kBind: IPv4, in an IPv6 address
// Reply::flags: what the engine says is the whole truth; the kernel's own view is not to be asked.
inline constexpr std::uint32_t kAuthoritative = 1;

// How an AT command that was sent for kCommand ended.
enum class CommandResult : std::int32_t { kOk, kError, kNoAnswer };

enum class SocketState : std::uint32_t {
  kIdle,
  kConnecting,
  kListening,
  kConnected,
  kClosedByPeer,
  kFailed,  // never got connected, or was reset
};

struct Request {
  std::uint32_t magic = kMagic;
  std::uint16_t version = kVersion;
  Op op = Op::kSocket;
  std::uint32_t flags = 0;
  std::int32_t domain = 0;
  std::int32_t type = 0;
  std::int32_t protocol = 0;
  std::int32_t level = 0;
  std::int32_t name = 0;
  std::uint32_t ip = 0;  // host byte order
  std::uint16_t port = 0;
  std::uint16_t size = 0;  // bytes used of `data`
  Pass pass;
  std::array<std::byte, kRequestData> data{};

  Endpoint endpoint() const { return {{ip}, port}; }
  void set_endpoint(const Endpoint& to) {
    ip = to.ip.value;
    port = to.port;
  }
  std::string_view text() const { return {reinterpret_cast<const char*>(data.data()), size}; }
};

struct Reply {
  std::uint32_t magic = kMagic;
  std::uint16_t version = kVersion;
  std::uint16_t size = 0;  // bytes used of `data`
  std::int32_t error = 0;  // an errno
  std::int32_t value = 0;
  std::uint32_t flags = 0;
  SocketState state = SocketState::kIdle;
  std::int32_t domain = 0;
  std::int32_t type = 0;
  std::uint32_t local_ip = 0;
  std::uint32_t peer_ip = 0;
  std::uint16_t local_port = 0;
  std::uint16_t peer_port = 0;
  std::array<char, kNotice> notice{};  // a line for the user's stderr, NUL-terminated, or empty
  std::array<std::byte, kReplyData> data{};

  Endpoint local() const { return {{local_ip}, local_port}; }
  Endpoint peer() const { return {{peer_ip}, peer_port}; }
  void set_notice(std::string_view text);
};

// One option that a program has set, in the order of setting, packed one behind the other.
struct OptionRecord {
  std::int32_t level = 0;
  std::int32_t name = 0;
  std::uint32_t size = 0;
  std::uint32_t flags = 0;  // kOnPair
  std::array<std::byte, 16> value{};
};

// How far a TCP connection's bytes have come.
struct Progress {
  std::uint64_t unsent = 0;          // written by the program, not taken by the module
  std::uint64_t unacknowledged = 0;  // taken by the module, not acknowledged by the peer
  std::uint64_t acknowledged = 0;
  std::uint64_t received = 0;
};

// What the engine sends over a listening socket, with the descriptor of the accepted one.
struct AcceptRecord {
  static constexpr std::uint64_t kMark = 0x6137363030616363;
  std::uint64_t mark = kMark;
  std::int32_t domain = 0;
  std::uint32_t peer_ip = 0;  // host byte order
  std::uint16_t peer_port = 0;
  std::array<std::uint16_t, 3> unused{};

  Endpoint peer() const { return {{peer_ip}, peer_port}; }
};

// True if the message is of this version and every size and enumerator in it is in range.
bool valid(const Request& request);
bool valid(const Reply& reply);

}  // namespace a7600::wire
