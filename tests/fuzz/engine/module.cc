// SPDX-License-Identifier: MIT
#include "module.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace a7600::fuzz {
namespace {

constexpr std::size_t kLargestChunk = 1500;
constexpr std::string_view kNobodysByte = "a program's byte is on the line outside its payload";

std::string text_of(unsigned number) { return std::to_string(number); }

}  // namespace

// ---- What the engine writes

void Module::hear(std::string_view bytes) {
  for (const char byte : bytes) {
    if (data_mode_) {
      on_transparent(byte);
      continue;
    }
    if (Ledger::is_data(byte)) {
      on_data(byte);
      continue;
    }
    // Given up in the middle: what follows fills the announced payload up, and the link is lost.
    if (std::exchange(announced_, 0) > 0 && !payload_.empty() && on(send_link_) != nullptr) {
      on(send_link_)->doubtful = true;
    }
    if (byte == '\r') {
      on_line();
      line_.clear();
    } else if (line_.size() < 4096) {
      line_ += byte;
    }
  }
}

void Module::on_line() {
  const std::size_t begin = line_.find("AT");
  if (begin == std::string::npos) return;
  command_ = line_.substr(begin);
  owes_ = Owes::kAnswer;
  mute_ = false;
  if (!at("AT+CIPSEND=")) return;
  send_link_ = number_behind('=');
  payload_.clear();
  prompted_ = false;
  send_to_ = quoted_peer();
  const std::size_t comma = command_.find(',');
  announced_ = comma == std::string::npos ? 0 : number_at(comma);
  require(announced_ >= 1 && announced_ <= kLargestChunk, "a payload has 1 to 1500 bytes");
}

void Module::on_data(char byte) {
  require(announced_ > 0, kNobodysByte);
  --announced_;
  payload_ += byte;
  Session* session = on(send_link_);
  if (session != nullptr && !session->datagrams) {
    require(!session->doubtful || !ledger_.knows(), "nothing follows a send of doubtful end");
    ledger_.arrives(Ledger::From::kProgram, session->heard, std::string_view(&byte, 1),
                    "what is sent goes on where the program's bytes have come to");
  }
  if (announced_ == 0) on_payload_end();
}

// Everything is the program's, but for the way out (manual 1.2).
void Module::on_transparent(char byte) {
  if (Ledger::is_data(byte)) {
    line_.clear();
    if (on(0) == nullptr) return;
    ledger_.arrives(Ledger::From::kProgram, on(0)->heard, std::string_view(&byte, 1),
                    "what is sent goes on where the program's bytes have come to");
    return;
  }
  line_ += byte;
  if (line_ != "+++") return;
  line_.clear();
  command_ = "+++";
  owes_ = Owes::kAnswer;
  data_mode_ = false;
  mute_ = false;
}

void Module::on_payload_end() {
  owes_ = Owes::kSendResult;
  Session* session = on(send_link_);
  if (session == nullptr) return;
  if (session->datagrams) {
    session->peer = send_to_;
    return ledger_.leaves(send_to_, payload_);
  }
  session->doubtful = true;
}

void Module::forget_line() {
  line_.clear();
  if (announced_ > 0 && !payload_.empty() && on(send_link_) != nullptr) {
    on(send_link_)->doubtful = true;
  }
  announced_ = 0;
  owes_ = Owes::kNothing;
  mute_ = false;
}

unsigned Module::number_at(std::size_t mark) const {
  if (mark == std::string::npos) return 0;
  return static_cast<unsigned>(std::strtoul(command_.c_str() + mark + 1, nullptr, 10));
}

Endpoint Module::quoted_peer() const {
  const std::size_t end = command_.rfind('"');
  const std::size_t begin = end == std::string::npos ? end : command_.rfind('"', end - 1);
  if (begin == std::string::npos) return {};
  const auto ip = Ipv4::parse(command_.substr(begin + 1, end - begin - 1));
  return {ip.value_or(Ipv4{}), static_cast<std::uint16_t>(number_at(command_.find(',', end)))};
}

// ---- Answers

std::string Module::answer(const Outcome& outcome) {
  const Owes owed = std::exchange(owes_, Owes::kNothing);
  if (owed == Owes::kNothing || mute_) return {};
  if (owed == Owes::kSendResult || at("AT+CIPSEND=")) {
    if (owed == Owes::kSendResult) return answer_send(outcome);
    prompted_ = outcome.code == 0 && is_open(send_link_);
    if (prompted_) return "\r\n>";
    announced_ = 0;
    return say({"+CIPERROR: " + text_of(outcome.code == 0 ? 4 : outcome.code), "ERROR"});
  }
  if (at("ATO") && is_open(0)) {
    data_mode_ = true;
    return say({"CONNECT 115200"});
  }
  const std::string echo = std::exchange(echo_, at("ATE0") ? false : echo_) ? command_ + "\r" : "";
  if (at("AT+CIPOPEN=")) return echo + answer_open(outcome);
  if (at("AT+CIPRXGET=")) return echo + answer_read(outcome);
  if (at("AT+SERVERST")) return echo + answer_server(outcome);
  if (at("AT+CIPCLOSE=")) {
    const unsigned link = number_behind('=');
    if (!is_open(link)) return echo + say({"+CIPCLOSE: " + text_of(link) + ",4", "ERROR"});
    if (outcome.code != 0) return echo + say({"ERROR"});
    links_[link].reset();
    const std::string result = "+CIPCLOSE: " + text_of(link) + ",0";
    return echo + (outcome.result_first ? say({result, "OK"}) : say({"OK", result}));
  }
  return echo + answer_setting(outcome);
}

std::string Module::answer_open(const Outcome& outcome) {
  const unsigned link = number_behind('=');
  unsigned code = outcome.code;
  if (!network_open_) code = 2;
  if (is_open(link)) code = 4;
  const bool datagrams = command_.find("\"UDP\"") != std::string::npos;
  if (transparent_ && (datagrams || link != 0)) code = 3;
  if (code == 0) open(link, datagrams ? Endpoint{} : quoted_peer(), datagrams);
  if (transparent_) {
    data_mode_ = code == 0;
    return code == 0 ? say({"CONNECT 115200"}) : say({"CONNECT FAIL"});
  }
  const std::string result = "+CIPOPEN: " + text_of(link) + "," + text_of(code);
  if (code == 4) return say({result, "ERROR"});
  return outcome.result_first ? say({result, "OK"}) : say({"OK", result});
}

std::string Module::answer_send(const Outcome& outcome) {
  const std::string size = text_of(static_cast<unsigned>(payload_.size()));
  Session* session = on(send_link_);
  if (outcome.code == 0 && session != nullptr) session->doubtful = false;
  const std::string confirmed = outcome.code == 0 ? size : outcome.code == 1 ? "-1" : "0";
  const std::string result = "+CIPSEND: " + text_of(send_link_) + "," + size + "," + confirmed;
  return outcome.result_first ? say({result, "OK"}) : say({"OK", result});
}

std::string Module::answer_read(const Outcome& outcome) {
  const unsigned mode = number_behind('=');
  if (mode < 2) {
    if (outcome.code != 0) return say({"ERROR"});
    buffered_ = mode == 1;
    std::string text = say({"OK"});
    // Manual 2.5: what was held comes now.
    for (unsigned link = 0; !buffered_ && link < 10; ++link) {
      if (Session* session = on(link)) text += push(link, *session);
    }
    return text;
  }
  const unsigned link = number_at(command_.find(','));
  Session* session = on(link);
  const std::string head = "+CIPRXGET: " + text_of(mode) + "," + text_of(link) + ",";
  if (mode == 4) {
    return say({head + text_of(static_cast<unsigned>(session ? held(*session) : 0)), "OK"});
  }
  if (outcome.code != 0) return say({"ERROR"});
  if (session == nullptr || held(*session) == 0) return say({"+IP ERROR: No data", "ERROR"});
  const std::size_t comma = command_.rfind(',');
  const bool has_most = comma != command_.find(',');
  const std::size_t most = has_most ? number_at(comma) : kLargestChunk;
  const std::size_t size = std::min({held(*session), most, kLargestChunk});
  return "\r\n" + head + text_of(static_cast<unsigned>(size)) + "," +
         text_of(static_cast<unsigned>(held(*session) - size)) + "\r\n" +
         hand_over(*session, size) + say({"OK"});
}

std::string Module::answer_server(const Outcome& outcome) {
  if (at("AT+SERVERSTART=")) {
    const unsigned index = last_number();
    if (outcome.code != 0 || index >= servers_.size()) return say({"ERROR"});
    servers_[index] = number_behind('=');
    return say({"OK"});
  }
  if (at("AT+SERVERSTOP=")) {
    const unsigned index = number_behind('=');
    if (outcome.code != 0 || index >= servers_.size()) return say({"ERROR"});
    servers_[index].reset();
    const std::string result = "+SERVERSTOP: " + text_of(index) + ",0";
    return outcome.result_first ? say({result, "OK"}) : say({"OK", result});
  }
  std::string text;
  for (unsigned i = 0; i < servers_.size(); ++i) {
    if (servers_[i]) text += say({"+SERVERSTART: " + text_of(i) + "," + text_of(*servers_[i])});
  }
  return text + say({"OK"});
}

std::string Module::answer_setting(const Outcome& outcome) {
  const bool good = outcome.code == 0;
  if (at("AT+NETOPEN?")) return say({network_open_ ? "+NETOPEN: 1" : "+NETOPEN: 0", "OK"});
  if (at("AT+NETOPEN")) {
    network_open_ = network_open_ || good;
    return say({"OK", "+NETOPEN: " + text_of(outcome.code)});
  }
  if (at("AT+NETCLOSE")) {
    network_open_ = false;
    lose_links();
    return say({"OK", "+NETCLOSE: 0"});
  }
  if (at("AT+CIPOPEN?")) {
    std::string text;
    for (unsigned link = 0; link < 10; ++link) {
      if (!is_open(link)) continue;
      const Session& session = *links_[link];
      text +=
          say({"+CIPOPEN: " + text_of(link) + ",\"" + (session.datagrams ? "UDP" : "TCP") +
               "\",\"" + session.peer.ip.to_string() + "\"," + text_of(session.peer.port) + ",-1"});
    }
    return text + say({"OK"});
  }
  if (!good) return say({"ERROR"});
  if (at("AT+CIPMODE?")) return say({transparent_ ? "+CIPMODE: 1" : "+CIPMODE: 0", "OK"});
  if (at("AT+CIPMODE=")) transparent_ = number_behind('=') == 1;
  if (at("AT+CPIN?")) return say({"+CPIN: READY", "OK"});
  if (at("AT+CREG?")) return say({"+CREG: 0,1", "OK"});
  if (at("AT+IPADDR")) return say({"+IPADDR: 10.0.0.1", "OK"});
  if (at("AT+CIPRXGET?")) return say({buffered_ ? "+CIPRXGET: 1" : "+CIPRXGET: 0", "OK"});
  if (at("AT+CIPCCFG=")) header_type_ = at("AT+CIPCCFG=10,0,0,1,1") ? 1 : 0;
  if (at("AT+CIPCCFG?"))
    return say({"+CIPCCFG: 10,0,0,1," + text_of(header_type_) + ",0,500", "OK"});
  if (at("AT+CIPHEAD?")) return say({"+CIPHEAD: 1", "OK"});
  if (at("AT+CIPSRIP?")) return say({"+CIPSRIP: 1", "OK"});
  if (at("AT+CIPTIMEOUT?")) return say({"+CIPTIMEOUT: 120000,120000,120000", "OK"});
  if (at("AT+CIPACK=")) return say({"+CIPACK: 10,10,0", "OK"});
  if (at("AT+CSQ")) return say({"+CSQ: 25,99", "OK"});
  if (at("AT+CDNSGIP=")) {
    const std::string name = command_.substr(command_.find('"'));
    return say({"+CDNSGIP: 1," + name + ",\"192.0.2.77\"", "OK"});
  }
  return say({"OK"});
}

std::string Module::cut(const std::string& text, std::size_t where) {
  if (where >= text.size()) return text;
  if (std::any_of(text.begin(), text.end(), Ledger::is_data)) mute_ = true;
  return text.substr(0, where);
}

// ---- Links

void Module::open(unsigned link, const Endpoint& peer, bool datagrams) {
  links_[link].emplace();
  links_[link]->peer = peer;
  links_[link]->datagrams = datagrams;
  links_[link]->heard.peer = peer;
  links_[link]->stream = ledger_.begin(Ledger::From::kModule, peer);
}

void Module::lose_links() {
  for (auto& link : links_) link.reset();
  servers_ = {};
  data_mode_ = false;
}

std::string Module::hand_over(const Session& session, std::size_t size) {
  std::string bytes = ledger_.next(Ledger::From::kModule, session.stream, size);
  ledger_.add(Ledger::From::kModule, session.stream, size);
  held(session) -= size;
  return bytes;
}

std::string Module::push(unsigned link, const Session& session) {
  std::string text;
  while (held(session) > 0) {
    const std::size_t size = std::min(held(session), kLargestChunk);
    const std::string count = text_of(static_cast<unsigned>(size));
    text += header_type_ == 1
                ? "\r\n+RECEIVE," + text_of(link) + "," + count + "\r\n"
                : "\r\nRECV FROM:" + session.peer.to_string() + "\r\n+IPD" + count + "\r\n";
    text += hand_over(session, size);
  }
  return text;
}

std::string Module::peer_sends(unsigned link, std::size_t size, bool announce) {
  if (mute_ || !is_open(link) || size == 0) return {};
  const Session& session = *links_[link];
  held(session) += size;
  if (data_mode_) return link == 0 ? hand_over(session, held(session)) : "";
  if (!buffered_) return push(link, session);
  return announce ? say({"+CIPRXGET: 1," + text_of(link)}) : "";
}

std::string Module::peer_closes(unsigned link, int reason) {
  if (!speaks_lines() || !is_open(link)) return {};
  links_[link]->open = false;
  return say({"+IPCLOSE: " + text_of(link) + "," + std::to_string(reason)});
}

std::string Module::client_comes(unsigned server, const Endpoint& peer) {
  if (!speaks_lines() || server >= servers_.size() || !servers_[server]) return {};
  for (unsigned link = 0; link < 10; ++link) {
    // A link whose last owner's data has not been read is the next one's soon enough, and so is one
    // whose payload is on its way.
    const bool receives = prompted_ && announced_ > 0 && link == send_link_;
    if (is_open(link) || receives || (on(link) != nullptr && held(*on(link)) > 0)) continue;
    open(link, peer, false);
    return say({"+CLIENT: " + text_of(link) + "," + text_of(server) + "," + peer.to_string()});
  }
  return {};
}

std::string Module::network_closes() {
  if (!speaks_lines()) return {};
  network_open_ = false;
  lose_links();
  return say({"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY"});
}

std::string Module::restarts() {
  if (!speaks_lines()) return {};
  lose_links();
  forget_line();
  network_open_ = false;
  echo_ = true;
  buffered_ = true;
  transparent_ = false;
  header_type_ = 0;
  return say({"RDY", "+CPIN: READY", "SMS DONE", "PB DONE"});
}

}  // namespace a7600::fuzz
