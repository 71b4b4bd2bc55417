// SPDX-License-Identifier: MIT
#include "rig.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

namespace a7600::test {
namespace {

const Ipv4 kPeer = *Ipv4::parse("203.0.113.1");

Endpoint peer_of(modem::ConnectionId id) { return {kPeer, static_cast<std::uint16_t>(1000 + id)}; }

std::string errno_name(int posix) { return strerrorname_np(posix); }

}  // namespace

Script operator+(Script first, const Script& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Script probe() { return {{"ATE0", "OK"}}; }

Script network_closed() {
  return {{"AT+NETOPEN?", "+NETOPEN: 0|OK"}, {"AT+CIPMODE?", "+CIPMODE: 0|OK"}};
}

Script network_open() {
  return {{"AT+NETOPEN?", "+NETOPEN: 1|OK"},
          {"AT+CIPMODE?", "+CIPMODE: 0|OK"},
          {"AT+CIPOPEN?", "+CIPOPEN: 0|+CIPOPEN: 1|+CIPOPEN: 9|OK"},
          {"AT+SERVERSTART?", "OK"}};
}

Script sim_ready() { return {{"AT+CPIN?", "+CPIN: READY|OK"}, {"AT+CREG?", "+CREG: 0,1|OK"}}; }

Script opens_network() { return {{"AT+NETOPEN", "OK|+NETOPEN: 0"}}; }

Script last_steps() {
  return {{"AT+IPADDR", "+IPADDR: 10.148.0.17|OK"},
          {"AT+CIPRXGET?", "+CIPRXGET: 1|OK"},
          {"AT+CIPTIMEOUT?", "+CIPTIMEOUT: 120000,120000,30000|OK"}};
}

Script whole_bringup() {
  return probe() + network_closed() + sim_ready() + opens_network() + last_steps();
}

Script still_open(const std::string& open_links) {
  std::string answer;
  for (char link = '0'; link <= '9'; ++link) {
    answer += std::string("+CIPOPEN: ") + link;
    if (open_links.find(link) != std::string::npos) answer += ",\"TCP\",\"203.0.113.1\",1000,-1";
    answer += '|';
  }
  return {{"AT+CIPOPEN?", answer + "OK"}};
}

Script check(const std::string& open_links) {
  return probe() + Script{{"AT+NETOPEN?", "+NETOPEN: 1|OK"}, {"AT+CIPMODE?", "+CIPMODE: 0|OK"}} +
         still_open(open_links) + last_steps();
}

namespace {

// "A|B" as the module says it.
std::string framed(std::string_view lines) {
  std::string bytes;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('|'), lines.size());
    bytes += "\r\n" + std::string(lines.substr(0, end)) + "\r\n";
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return bytes;
}

}  // namespace

Rig::Rig(modem::BringupConfig config) : modem(*this, std::move(config)) {}

modem::BringupConfig Rig::with_pin(std::string pin) {
  modem::BringupConfig config;
  config.pin = std::move(pin);
  return config;
}

// ---- The program

void Rig::open(modem::ConnectionId id, std::chrono::milliseconds patience) {
  open_to(id, peer_of(id), patience);
}

void Rig::open_to(modem::ConnectionId id, const Endpoint& to, std::chrono::milliseconds patience) {
  contract_.opens(id);
  room_[id] = 1 << 30;
  modem.open(id, to, std::nullopt, now + patience, now);
}

void Rig::open_to_peer_of(modem::ConnectionId other, modem::ConnectionId id) {
  open_to(id, peer_of(other));
}

void Rig::open_udp(modem::ConnectionId id, std::uint16_t port) {
  contract_.opens(id);
  room_[id] = 1 << 30;
  modem.open_udp(id, port, now + 120s, now);
}

void Rig::write_to(modem::ConnectionId id, const Endpoint& to, std::string_view text) {
  datagrams_[id].emplace_back(to, text);
  modem.set_writable(id, now);
}

void Rig::write(modem::ConnectionId id, std::string_view text) {
  to_send_[id] += text;
  modem.set_writable(id, now);
}

void Rig::close(modem::ConnectionId id) {
  contract_.closes(id);
  modem.close(id, now);
}

void Rig::close_lingering(modem::ConnectionId id, std::chrono::milliseconds time) {
  contract_.closes(id);
  modem.close(id, now, now + time);
}

void Rig::resolve(modem::QueryId id, const char* name, std::chrono::milliseconds patience) {
  modem.resolve(id, *at::HostName::parse(name), now + patience, now);
}

void Rig::listen(modem::ServerId id, std::uint16_t port, std::chrono::milliseconds patience) {
  modem.listen(id, port, now + patience, now);
}

void Rig::set_room(modem::ConnectionId id, int chunks) {
  room_[id] = chunks;
  if (chunks > 0) modem.set_room(id, now);
}

// ---- The module

std::string Rig::sent() {
  std::string out;
  modem.take_output(out, now);
  return out;
}

void Rig::expect(std::string_view command) { expect_bytes(std::string(command) + '\r'); }

void Rig::expect_bytes(std::string_view bytes) {
  INFO("events " << Catch::Detail::stringify(events_));
  REQUIRE(sent() == bytes);
}

void Rig::raw(std::string_view bytes) { modem.feed(bytes_of(bytes), now); }

void Rig::say(std::string_view lines) { raw(framed(lines)); }

void Rig::play(const Script& script) {
  for (const Exchange& exchange : script) {
    expect(exchange.command);
    say(exchange.answer);
  }
}

void Rig::expect_side(std::string_view command) { expect_side_bytes(std::string(command) + '\r'); }

void Rig::expect_side_bytes(std::string_view bytes) {
  INFO("events " << Catch::Detail::stringify(events_));
  std::string out;
  modem.take_side_output(out);
  REQUIRE(out == bytes);
}

void Rig::say_side(std::string_view lines) { raw_side(framed(lines)); }

void Rig::raw_side(std::string_view bytes) { modem.feed_side(bytes_of(bytes), now); }

void Rig::play_side(const Script& script) {
  for (const Exchange& exchange : script) {
    expect_side(exchange.command);
    say_side(exchange.answer);
  }
}

void Rig::close_side_line() {
  if (has_second_port) event("second port closed");
}

void Rig::pass(std::chrono::milliseconds time) {
  const chat::TimePoint end = now + time;
  for (int i = 0;; ++i) {
    const auto deadline = modem.deadline();
    if (!deadline || *deadline > end) break;
    REQUIRE(i < 10000);
    REQUIRE(*deadline >= now);
    now = *deadline;
    modem.on_time(now);
    const auto next = modem.deadline();
    INFO("events " << Catch::Detail::stringify(events_));
    REQUIRE((!next || *next > now));
  }
  now = end;
  modem.on_time(now);
}

// ---- Several steps in one

void Rig::bring_up() {
  resolve(999, "bring.up");
  play(whole_bringup());
  play({{"AT+CDNSGIP=\"bring.up\"", "+CDNSGIP: 0,10|ERROR"}});
  REQUIRE(events() == Events{"resolved 999 ENOENT"});
}

std::string Rig::open_command(modem::ConnectionId id, int link) {
  const Endpoint to = peer_of(id);
  return "AT+CIPOPEN=" + std::to_string(link) + ",\"TCP\",\"" + to.ip.to_string() + "\"," +
         std::to_string(to.port);
}

void Rig::connect(modem::ConnectionId id, int link) {
  open(id);
  play({{open_command(id, link), "OK|+CIPOPEN: " + std::to_string(link) + ",0"}});
  REQUIRE(events() == Events{"opened " + std::to_string(id)});
}

void Rig::take_payload(int link, std::string_view payload) {
  expect("AT+CIPSEND=" + std::to_string(link) + "," + std::to_string(payload.size()));
  raw("\r\n>");
  expect_bytes(payload);
}

void Rig::play_send(int link, std::string_view payload) {
  take_payload(link, payload);
  const std::string size = std::to_string(payload.size());
  say("OK|+CIPSEND: " + std::to_string(link) + "," + size + "," + size);
}

void Rig::say_payload(int link, std::string_view payload, int rest) {
  raw("\r\n+CIPRXGET: 2," + std::to_string(link) + "," + std::to_string(payload.size()) + "," +
      std::to_string(rest) + "\r\n" + std::string(payload) + "\r\n\r\nOK\r\n");
}

Events Rig::events() { return std::exchange(events_, {}); }

bool Rig::log_has(std::string_view text) const {
  return std::any_of(logged_.begin(), logged_.end(), [text](const std::string& line) {
    return line.find(text) != std::string::npos;
  });
}

// ---- The host

void Rig::check(const std::string& wrong) {
  if (!wrong.empty()) FAIL(wrong);
}

void Rig::opened(modem::ConnectionId id) {
  check(contract_.opened(id));
  event("opened " + std::to_string(id));
}

void Rig::open_failed(modem::ConnectionId id, const Error& error) {
  check(contract_.open_failed(id));
  last_error_ = error;
  event("open_failed " + std::to_string(id) + " " + errno_name(error.posix));
}

std::size_t Rig::take(modem::ConnectionId id, std::span<std::byte> into) {
  check(contract_.took(id));
  std::string& waiting = to_send_[id];
  const std::size_t size = std::min(into.size(), waiting.size());
  std::memcpy(into.data(), waiting.data(), size);
  waiting.erase(0, size);
  if (size == 0 && close_when_taken) close(id);
  return size;
}

bool Rig::give(modem::ConnectionId id, std::span<const std::byte> bytes) {
  check(contract_.gave(id));
  REQUIRE(room_[id] > 0);
  received_[id] += text_of(bytes);
  return --room_[id] > 0;
}

std::optional<modem::Host::Datagram> Rig::take_datagram(modem::ConnectionId id,
                                                        std::span<std::byte> into) {
  check(contract_.took(id));
  auto& waiting = datagrams_[id];
  if (waiting.empty()) return std::nullopt;
  const auto [to, text] = waiting.front();
  waiting.erase(waiting.begin());
  REQUIRE(text.size() <= into.size());
  std::memcpy(into.data(), text.data(), text.size());
  return Datagram{text.size(), to};
}

bool Rig::give_datagram(modem::ConnectionId id, const Endpoint& from,
                        std::span<const std::byte> bytes) {
  check(contract_.gave(id));
  event("datagram " + std::to_string(id) + " " + from.to_string() + " '" + text_of(bytes) + "'");
  return --room_[id] > 0;
}

void Rig::ended(modem::ConnectionId id, const modem::End& end) {
  check(contract_.ended(id));
  event("ended " + std::to_string(id) + (end.posix == 0 ? "" : " " + errno_name(end.posix)));
  if (close_when_ended) close(id);
}

void Rig::acknowledged(modem::ConnectionId id, const std::optional<at::Ack>& ack) {
  event("acknowledged " + std::to_string(id) + " " +
        (ack ? std::to_string(ack->acknowledged) : "unknown"));
}

void Rig::closed(modem::ConnectionId id) {
  check(contract_.closed(id));
  event("closed " + std::to_string(id));
}

void Rig::listening(modem::ServerId id) { event("listening " + std::to_string(id)); }

void Rig::listen_failed(modem::ServerId id, const Error& error) {
  last_error_ = error;
  event("listen_failed " + std::to_string(id) + " " + errno_name(error.posix));
}

std::optional<modem::ConnectionId> Rig::accepted(modem::ServerId id, const Endpoint& peer) {
  if (refuse_accepted) {
    event("turned away " + std::to_string(id));
    return std::nullopt;
  }
  const modem::ConnectionId connection = next_accepted++;
  check(contract_.accepted(connection));
  room_[connection] = 1 << 30;
  event("accepted " + std::to_string(id) + " " + std::to_string(connection) + " " +
        peer.to_string());
  return connection;
}

void Rig::resolved(modem::QueryId id, const Result<std::vector<Ipv4>>& answer) {
  std::string text = "resolved " + std::to_string(id);
  if (answer) {
    for (const Ipv4& ip : answer.value()) text += " " + ip.to_string();
  } else {
    last_error_ = answer.error();
    text += " " + errno_name(answer.error().posix);
  }
  event(text);
}

void Rig::command_answered(modem::CommandId id, const modem::CommandAnswer& answer) {
  std::string text = "answered " + std::to_string(id) + " ";
  for (const std::string& line : answer.lines) text += (text.ends_with(' ') ? "" : "|") + line;
  event(text);
}

bool Rig::set_line_rate(int baud) {
  rate = baud;
  event("rate " + std::to_string(baud));
  return true;
}

void Rig::use_rtscts(bool on) {
  if (on == rtscts_) return;
  rtscts_ = on;
  event(on ? "RTS/CTS on" : "RTS/CTS off");
}

bool Rig::hold_module(bool on) {
  if (has_rts) event(on ? "RTS down" : "RTS up");
  return has_rts;
}

bool Rig::set_dtr(bool up) {
  if (has_dtr) event(up ? "DTR up" : "DTR down");
  return has_dtr;
}

void Rig::log(log::Level, std::string_view text) { logged_.emplace_back(text); }

Rig& connected(Rig& rig) {
  rig.bring_up();
  rig.connect(1, 9);
  return rig;
}

Rig& two_connected(Rig& rig) {
  connected(rig).connect(2, 8);
  return rig;
}

Rig& serving(Rig& rig) {
  rig.listen(1, 8080);
  rig.play(whole_bringup() + Script{{"AT+SERVERSTART=8080,0", "OK"}});
  REQUIRE(rig.events() == Events{"listening 1"});
  return rig;
}

}  // namespace a7600::test
