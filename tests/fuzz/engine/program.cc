// SPDX-License-Identifier: MIT
#include "program.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "wire/peer_name.h"

namespace a7600::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostSockets = 14;
constexpr std::size_t kMostCalls = 40;
constexpr Ipv4 kPeers{0xc0000200};  // 192.0.2.0
constexpr Endpoint kSharedPeer{{0xc0000202}, 80};
constexpr Endpoint kResolver{{0x7f000035}, 53};

// The name of `peer` for a datagram socket.
std::optional<wire::UnixAddress> name_of(const UniqueFd& socket, const Endpoint& peer) {
  wire::UnixAddress own;
  own.length = sizeof(own.address);
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own.address), &own.length) != 0) {
    return std::nullopt;
  }
  return wire::name_of_peer(own, peer);
}

void set_text(wire::Request& request, std::string_view text) {
  request.size = static_cast<std::uint16_t>(std::min(text.size(), request.data.size()));
  std::memcpy(request.data.data(), text.data(), request.size);
}

}  // namespace

void Program::step(unsigned choice, Input& input, Time now) {
  switch (choice % 20) {
    case 0:
    case 1:
      return make_socket(input, now);
    case 2:
    case 3:
      return connect(input, now);
    case 4:
      return disconnect(input, now);
    case 5:
      return listen(input, now);
    case 6:
      return accept(input);
    case 7:
    case 8:
      return write(input);
    case 9:
    case 10:
      return read(input);
    case 11:
      return shut_down(input, now);
    case 12:
      return close(input, now);
    case 13:
      return send_datagram(input, now);
    case 14:
      return ask_resolver(input, now);
    case 15:
      return look_up(input, now);
    case 16:
      return set_option(input, now);
    case 17:
      return ask_something(input, now);
    case 18:
      return ask_nonsense(input, now);
    default:
      return drop_call(input);
  }
}

// Gone before the answer: killed, or the call interrupted.
void Program::drop_call(Input& input) {
  if (calls_.empty()) return;
  const auto call = calls_.begin() + input.number(static_cast<unsigned>(calls_.size()));
  if (call->connects && call->socket) sockets_[*call->socket].blurred = true;
  calls_.erase(call);
}

std::optional<std::size_t> Program::pick(Input& input) const {
  if (sockets_.empty()) return std::nullopt;
  return input.number(static_cast<unsigned>(sockets_.size()));
}

Program::Call* Program::ask(wire::Op op, const Socket* about, Time now) {
  wire::Request request;
  request.op = op;
  return ask(request, about, now);
}

Program::Call* Program::ask(const wire::Request& request, const Socket* about, Time now) {
  if (calls_.size() >= kMostCalls) return nullptr;
  const auto to = wire::UnixAddress::from(address_);
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(fd.get(), to->get(), to->length) != 0) return nullptr;
  if (wire::send(fd.get(), request, about != nullptr ? about->fd.get() : -1) != 0) return nullptr;
  if (request.op == wire::Op::kFinish) finishing_ = true;
  calls_.push_back({std::move(fd), request, std::nullopt, now});
  if (about != nullptr) {
    const auto index = static_cast<std::size_t>(about - sockets_.data());
    calls_.back().socket = index;
    if (request.op == wire::Op::kListen) sockets_[index].ever_listened = true;
  }
  return &calls_.back();
}

// ---- Calls

void Program::make_socket(Input& input, Time now) {
  if (sockets_.size() >= kMostSockets) return;
  const unsigned kind = input.byte();
  wire::Request request;
  request.op = wire::Op::kSocket;
  request.type = (kind & 1) == 0 ? SOCK_STREAM : SOCK_DGRAM;
  request.domain = (kind & 2) == 0 ? AF_INET : AF_INET6;
  request.flags = wire::kNonBlocking;
  if ((kind & 0xf0) == 0xf0) request.type = static_cast<int>(kind);
  ask(request, nullptr, now);
}

void Program::connect(Input& input, Time now) {
  const auto chosen = pick(input);
  if (!chosen) return;
  Socket& socket = sockets_[*chosen];
  const unsigned kind = input.byte();
  wire::Request request;
  request.op = wire::Op::kConnect;
  request.domain = (kind & 0x20) == 0 ? AF_INET : AF_INET6;
  request.flags = (kind & 1) == 0 ? wire::kNonBlocking : 0U;
  Endpoint peer = kSharedPeer;
  if ((kind & 6) != 6) peer = {{kPeers.value + 1}, ++last_port_};
  request.set_endpoint(peer);
  if (!socket.stream) request.op = wire::Op::kOpenPeer;
  Call* call = ask(request, &socket, now);
  if (call == nullptr || !socket.stream || socket.written) return;
  call->connects = true;
  socket.written = ledger_.begin(Ledger::From::kProgram, peer);
  socket.read.peer = peer;
}

void Program::disconnect(Input& input, Time now) {
  const auto chosen = pick(input);
  if (!chosen || !sockets_[*chosen].stream) return;
  wire::Request request;
  request.op = wire::Op::kConnect;
  request.domain = AF_UNSPEC;
  ask(request, &sockets_[*chosen], now);
}

void Program::listen(Input& input, Time now) {
  const auto chosen = pick(input);
  if (!chosen) return;
  Socket& socket = sockets_[*chosen];
  const unsigned port = input.number(6);
  if (port != 0) {
    wire::Request request;
    request.op = wire::Op::kBind;
    request.domain = AF_INET;
    request.port = static_cast<std::uint16_t>(8000 + port);
    ask(request, &socket, now);
  }
  if (socket.stream) ask(wire::Op::kListen, &socket, now);
}

void Program::accept(Input& input) {
  const auto chosen = pick(input);
  if (!chosen || !sockets_[*chosen].listens || sockets_.size() >= kMostSockets) return;
  wire::AcceptRecord record;
  UniqueFd fd;
  if (wire::receive_message(sockets_[*chosen].fd.get(), &record, sizeof(record), fd,
                            MSG_DONTWAIT) != 0) {
    return;
  }
  require(record.mark == wire::AcceptRecord::kMark && fd,
          "an accepted socket comes with its record");
  Socket socket;
  socket.fd = std::move(fd);
  socket.written = ledger_.begin(Ledger::From::kProgram, record.peer());
  socket.read.peer = record.peer();
  sockets_.push_back(std::move(socket));
}

void Program::write(Input& input) {
  const auto chosen = pick(input);
  if (!chosen) return;
  Socket& socket = sockets_[*chosen];
  const std::size_t size = 1 + 25U * input.byte();
  if (!socket.stream || !socket.written || socket.ever_listened || socket.blurred) return;
  const std::string bytes = ledger_.next(Ledger::From::kProgram, *socket.written, size);
  const ssize_t put =
      ::send(socket.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (put <= 0) return;
  socket.ever_wrote = true;
  ledger_.add(Ledger::From::kProgram, *socket.written, static_cast<std::size_t>(put));
}

void Program::read(Input& input) {
  const auto chosen = pick(input);
  if (!chosen) return;
  Socket& socket = sockets_[*chosen];
  std::string bytes(1 + 50U * input.byte(), '\0');
  if (socket.ever_listened || socket.over) return;
  const ssize_t got = ::recv(socket.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0) {
    socket.over = errno != EAGAIN && errno != EINTR;
    return;
  }
  bytes.resize(static_cast<std::size_t>(got));
  if (!socket.stream || socket.blurred) return;
  if (got == 0) return on_end_of_file(socket);
  ledger_.arrives(Ledger::From::kModule, socket.read, bytes,
                  "what a program reads is what its link has received, in order");
}

// A clean end means that everything is there, unless the program has ended it itself, or has
// written: then a reset may have to look like this (engine/pair.h).
void Program::on_end_of_file(Socket& socket) {
  socket.over = true;
  if (socket.shut || socket.ever_wrote || finishing_ || !ledger_.knows()) return;
  if (!socket.written) return;
  require(ledger_.is_whole(Ledger::From::kModule, socket.read),
          "behind an end of file nothing is missing");
}

void Program::shut_down(Input& input, Time now) {
  const auto chosen = pick(input);
  if (!chosen) return;
  Socket& socket = sockets_[*chosen];
  const unsigned how = input.number(6);
  wire::Request request;
  request.op = wire::Op::kShutdown;
  request.level = static_cast<int>(how % 3);
  if (how < 3) ask(request, &socket, now);
  ::shutdown(socket.fd.get(), static_cast<int>(how % 3));
  socket.shut = true;
}

void Program::close(Input& input, Time now) {
  const auto chosen = pick(input);
  if (!chosen) return;
  Socket& socket = sockets_[*chosen];
  if (socket.lingers) {
    // Three steps: see engine/linger.cc.
    Call* call = ask(wire::Op::kLinger, &socket, now);
    if (call != nullptr && input.number(2) == 0) ::shutdown(call->fd.get(), SHUT_WR);
  }
  for (Call& call : calls_) {
    if (call.socket == *chosen) call.socket.reset();
    if (call.socket && *call.socket > *chosen) --*call.socket;
  }
  sockets_.erase(sockets_.begin() + static_cast<std::ptrdiff_t>(*chosen));
}

void Program::send_datagram(Input& input, Time now) {
  const auto chosen = pick(input);
  if (!chosen) return;
  const Socket& socket = sockets_[*chosen];
  const unsigned kind = input.byte();
  if (socket.stream) return;
  const Endpoint to{{kPeers.value + 3 + (kind & 1)}, static_cast<std::uint16_t>(7000 + (kind & 6))};
  if ((kind & 0x80) != 0) {
    const auto peer = name_of(socket.fd, to);
    if (!peer || ::connect(socket.fd.get(), peer->get(), peer->length) != 0) return;
  }
  send_to(socket, to, ledger_.datagram(to, 1 + 6U * input.byte()), now);
}

// A resolver of this machine, as libresolv would ask it.
void Program::ask_resolver(Input& input, Time now) {
  const auto chosen = pick(input);
  if (!chosen || sockets_[*chosen].stream) return;
  constexpr char kQuery[] =
      "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01"
      "a\x01"
      "b\x00\x00\x01\x00\x01";
  std::string query(kQuery, sizeof(kQuery) - 1);
  const std::size_t where = input.byte();
  if (where < query.size()) query[where] = static_cast<char>(input.byte());
  if (where > 0xf0) query += input.text();
  send_to(sockets_[*chosen], kResolver, query, now);
}

// To a peer that the engine does not know yet nothing can be sent; it is told of it.
void Program::send_to(const Socket& socket, const Endpoint& to, const std::string& bytes,
                      Time now) {
  const auto peer = name_of(socket.fd, to);
  require(peer.has_value(), "a datagram socket has a name that peers' names can be made of");
  if (::sendto(socket.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               peer->get(), peer->length) >= 0) {
    return;
  }
  wire::Request request;
  request.op = wire::Op::kOpenPeer;
  request.set_endpoint(to);
  ask(request, &socket, now);
}

void Program::look_up(Input& input, Time now) {
  wire::Request request;
  request.op = wire::Op::kResolve;
  constexpr std::array<std::string_view, 4> kNames{"a.b", "host.example", "no host", "x\"\r"};
  set_text(request, kNames[input.number(kNames.size())]);
  ask(request, nullptr, now);
}

void Program::set_option(Input& input, Time now) {
  const auto chosen = pick(input);
  if (!chosen) return;
  Socket& socket = sockets_[*chosen];
  const unsigned kind = input.byte();
  wire::Request request;
  request.op = (kind & 1) == 0 ? wire::Op::kSetOption : wire::Op::kGetOption;
  request.level = SOL_SOCKET;
  int value[2] = {1, static_cast<int>(kind >> 4)};
  switch (kind >> 1 & 3) {
    case 0:
      request.name = SO_LINGER;
      socket.lingers = socket.lingers || request.op == wire::Op::kSetOption;
      break;
    case 1:
      request.name = SO_REUSEADDR;
      break;
    case 2:
      request.level = IPPROTO_IPV6;
      request.name = IPV6_V6ONLY;
      break;
    default:
      request.level = input.byte();
      request.name = input.byte();
      value[0] = input.byte();
  }
  set_text(request, {reinterpret_cast<const char*>(value), sizeof(value)});
  ask(request, &socket, now);
}

void Program::ask_something(Input& input, Time now) {
  constexpr std::array kOps{wire::Op::kDescribe, wire::Op::kProgress,    wire::Op::kTakeError,
                            wire::Op::kRelease,  wire::Op::kStatus,      wire::Op::kCommand,
                            wire::Op::kHold,     wire::Op::kMaybeClosed, wire::Op::kTrace,
                            wire::Op::kReport,   wire::Op::kFinish};
  wire::Request request;
  request.op = kOps[input.number(kOps.size())];
  const auto chosen = pick(input);
  const Socket* socket = chosen ? &sockets_[*chosen] : nullptr;
  switch (request.op) {
    case wire::Op::kDescribe:
      request.flags = input.number(2) == 0 ? 0 : wire::kWantsAddress;
      break;
    case wire::Op::kCommand:
      request.level = static_cast<int>(input.number(30));
      set_text(request, input.number(2) == 0 ? "AT+CSQ" : input.text(30));
      socket = nullptr;
      break;
    case wire::Op::kMaybeClosed:
      set_text(request, address_ + "." + std::to_string(input.number(20)));
      socket = nullptr;
      break;
    case wire::Op::kTrace: {
      Socket file;
      file.fd.reset(::memfd_create("trace", MFD_CLOEXEC));
      request.level = static_cast<int>(input.number(100)) - 1;
      Call* call = ask(request, &file, now);
      if (call != nullptr) call->socket.reset();
      return;
    }
    case wire::Op::kReport:
      set_text(request, input.text(60));
      break;
    case wire::Op::kFinish:
      if (input.number(8) != 0) return;
      socket = nullptr;
      break;
    case wire::Op::kStatus:
    case wire::Op::kHold:
      socket = nullptr;
      break;
    default:
      break;
  }
  if (socket == nullptr &&
      (request.op == wire::Op::kRelease || request.op == wire::Op::kProgress)) {
    return;
  }
  if (request.op == wire::Op::kRelease) sockets_[*chosen].shut = true;
  ask(request, socket, now);
}

// Any bytes of any size, with any descriptor or none.
void Program::ask_nonsense(Input& input, Time now) {
  const auto to = wire::UnixAddress::from(address_);
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (calls_.size() >= kMostCalls || ::connect(fd.get(), to->get(), to->length) != 0) return;
  wire::Request request;
  request.op = static_cast<wire::Op>(input.number(24));
  auto* bytes = reinterpret_cast<char*>(&request);
  // The head only: the rest is a text.
  const std::size_t where = input.byte();
  if (where < 48) bytes[where] = static_cast<char>(input.byte());
  if (request.op == wire::Op::kFinish || (request.flags & wire::kForce) != 0) return;
  request.domain = static_cast<int>(input.number(12));
  request.size = input.byte();
  std::size_t size = input.number(8) == 0 ? input.byte() : sizeof(request);
  const auto chosen = pick(input);
  const unsigned with = input.number(4);
  int descriptor = with == 0 ? fd.get() : -1;
  // A trace into a socket would be what its program has written.
  if (with == 1 && chosen && request.op != wire::Op::kTrace) {
    descriptor = sockets_[*chosen].fd.get();
    sockets_[*chosen].shut = true;
    sockets_[*chosen].ever_listened = true;
    ledger_.lose_track();
  }
  wire::send_message(fd.get(), &request, size, descriptor);
  request.op = wire::Op::kReport;  // nothing is owed
  calls_.push_back({std::move(fd), request, std::nullopt, now});
}

}  // namespace a7600::fuzz
