// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modem/modem.h"
#include "support/modem_contract.h"
#include "support/pieces.h"

namespace a7600::test {

using namespace std::chrono_literals;
using Events = std::vector<std::string>;

// What the module is expected to be sent, and what it answers: lines separated by '|', each framed
// as "\r\nLINE\r\n". An empty answer is silence.
struct Exchange {
  std::string command;
  std::string answer;
};
using Script = std::vector<Exchange>;

// The answer to "AT+CIPRXGET=2,link" where there is nothing to read.
inline constexpr const char* kNoData = "+IP ERROR: No data|ERROR";

Script operator+(Script first, const Script& second);

// The parts of a bring-up.
Script probe();           // ATE0
Script network_closed();  // NETOPEN? 0, not transparent
Script network_open();    // NETOPEN? 1, not transparent, no links, no servers
Script sim_ready();       // CPIN, CREG
Script opens_network();   // NETOPEN
Script last_steps();      // IPADDR, CIPRXGET?, CIPTIMEOUT
// All of them, for a module that has its network closed.
Script whole_bringup();
// AT+CIPOPEN?, with these links open ("" or "3" or "3,9").
Script still_open(const std::string& open_links);
// After a timeout, with the network open still and these links open.
Script check(const std::string& open_links);

// A Modem between a scripted module and a host that is a table of strings. Everything that the host
// is told becomes an event: "opened 1", "open_failed 1 ECONNREFUSED", "ended 1", "ended 1
// ECONNRESET", "closed 1", "resolved 7 192.0.2.1 192.0.2.2", "resolved 7 ENOENT", "listening 5",
// "listen_failed 5 EADDRINUSE", "accepted 5 192.0.2.1:80", "datagram 1 192.0.2.1:53 'text'",
// "acknowledged 1 500", "acknowledged 1 unknown", "answered 6 +CSQ: 25,99|OK", "rate 9600",
// "RTS down", "RTS up", "RTS/CTS on", "DTR down", "DTR up", "reopened", "second port closed". A
// call that modem/host.h rules out, and a deadline that does not move on when it has passed, fail
// the test.
class Rig final : private modem::Host {
 public:
  explicit Rig(modem::BringupConfig config = {});
  // Its network is up, connection 1 is not begun.
  static modem::BringupConfig with_pin(std::string pin);

  // ---- The program
  void open(modem::ConnectionId id, std::chrono::milliseconds patience = 120s);
  void open_to(modem::ConnectionId id, const Endpoint& to,
               std::chrono::milliseconds patience = 120s);
  void open_to_peer_of(modem::ConnectionId other, modem::ConnectionId id);
  void open_udp(modem::ConnectionId id, std::uint16_t port);
  void write(modem::ConnectionId id, std::string_view text);
  void write_to(modem::ConnectionId id, const Endpoint& to, std::string_view text);
  void close(modem::ConnectionId id);
  void close_lingering(modem::ConnectionId id, std::chrono::milliseconds time);
  void ask_acknowledged(modem::ConnectionId id) { modem.ask_acknowledged(id, now); }
  void resolve(modem::QueryId id, const char* name, std::chrono::milliseconds patience = 120s);
  void listen(modem::ServerId id, std::uint16_t port, std::chrono::milliseconds patience = 120s);
  // Room for so many chunks more, then none.
  void set_room(modem::ConnectionId id, int chunks);

  // ---- The module
  // What the modem has written since the last call.
  std::string sent();
  // Requires that nothing but `command` and its CR has been written.
  void expect(std::string_view command);
  void expect_nothing() { expect_bytes(""); }
  void expect_bytes(std::string_view bytes);
  void say(std::string_view lines);
  void raw(std::string_view bytes);
  void play(const Script& script);
  // The same at the second port.
  void expect_side(std::string_view command);
  void expect_side_bytes(std::string_view bytes);
  void say_side(std::string_view lines);
  void raw_side(std::string_view bytes);
  void play_side(const Script& script);
  // Lets time pass, deadline by deadline.
  void pass(std::chrono::milliseconds time);

  // ---- Several steps in one
  void bring_up();
  // With the network up: connection `id` gets `link`.
  void connect(modem::ConnectionId id, int link);
  // What a CIPOPEN for connection `id` looks like.
  static std::string open_command(modem::ConnectionId id, int link);
  // The module is sent `payload` on `link`; it has not confirmed that yet.
  void take_payload(int link, std::string_view payload);
  // The same, and it confirms it.
  void play_send(int link, std::string_view payload);
  // The answer to "AT+CIPRXGET=2,link" with a payload.
  void say_payload(int link, std::string_view payload, int rest = 0);

  // The events since the last call.
  Events events();
  const std::string& received(modem::ConnectionId id) { return received_[id]; }
  std::string& to_send(modem::ConnectionId id) { return to_send_[id]; }
  const std::vector<std::string>& logged() const { return logged_; }
  bool log_has(std::string_view text) const;
  const Error& last_error() const { return last_error_; }
  std::size_t owed() const { return contract_.owed(); }

  modem::Modem modem;
  chat::TimePoint now{};
  // What the host does when a connection has ended, or its data runs out.
  bool close_when_ended = false;
  bool close_when_taken = false;
  bool refuse_accepted = false;
  modem::ConnectionId next_accepted = 100;
  // The line: its rate (0: it has none), and whether it has RTS/CTS wires, and DTR's.
  int rate = 0;
  bool has_rts = false;
  bool has_dtr = false;
  // Whether there is a second port.
  bool has_second_port = false;

 private:
  void opened(modem::ConnectionId id) override;
  void open_failed(modem::ConnectionId id, const Error& error) override;
  std::size_t take(modem::ConnectionId id, std::span<std::byte> into) override;
  bool give(modem::ConnectionId id, std::span<const std::byte> bytes) override;
  std::optional<Datagram> take_datagram(modem::ConnectionId id, std::span<std::byte> into) override;
  bool give_datagram(modem::ConnectionId id, const Endpoint& from,
                     std::span<const std::byte> bytes) override;
  void ended(modem::ConnectionId id, const modem::End& end) override;
  void acknowledged(modem::ConnectionId id, const std::optional<at::Ack>& ack) override;
  void closed(modem::ConnectionId id) override;
  void listening(modem::ServerId id) override;
  void listen_failed(modem::ServerId id, const Error& error) override;
  std::optional<modem::ConnectionId> accepted(modem::ServerId id, const Endpoint& peer) override;
  void resolved(modem::QueryId id, const Result<std::vector<Ipv4>>& answer) override;
  void command_answered(modem::CommandId id, const modem::CommandAnswer& answer) override;
  void log(log::Level level, std::string_view text) override;
  bool open_side_line() override { return has_second_port; }
  void close_side_line() override;
  int line_rate() override { return rate; }
  bool set_line_rate(int baud) override;
  void use_rtscts(bool on) override;
  bool hold_module(bool on) override;
  bool set_dtr(bool up) override;
  void reopen() override { event("reopened"); }

  void event(std::string text) { events_.push_back(std::move(text)); }
  void check(const std::string& wrong);

  ModemContract contract_;
  bool rtscts_ = false;
  Events events_;
  std::map<modem::ConnectionId, std::vector<std::pair<Endpoint, std::string>>> datagrams_;
  std::map<modem::ConnectionId, std::string> to_send_;
  std::map<modem::ConnectionId, std::string> received_;
  std::map<modem::ConnectionId, int> room_;
  std::vector<std::string> logged_;
  Error last_error_;
};

// The network is up, and connection 1 has link 9; of two, connection 2 has link 8.
Rig& connected(Rig& rig);
Rig& two_connected(Rig& rig);
// The network is up, and server 1 listens on port 8080 as the module's number 0.
Rig& serving(Rig& rig);

}  // namespace a7600::test
