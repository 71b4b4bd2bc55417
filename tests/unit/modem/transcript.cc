// SPDX-License-Identifier: MIT
#include "transcript.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

namespace a7600::test {
namespace {

modem::BringupConfig config_for(const std::vector<Step>& steps) {
  modem::BringupConfig config;
  for (const Step& step : steps) {
    if (step.line == "AT+CIPMODE=1") config.transparent = true;
    if (step.line.starts_with("AT+CGDCONT=")) config.apn = "CMNET";
  }
  return config;
}

std::string without_blanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

// The fields behind the '='.
std::vector<std::string> arguments(const std::string& command) {
  std::vector<std::string> out(1);
  for (const char c : command.substr(command.find('=') + 1)) {
    if (c == ',') {
      out.emplace_back();
    } else if (c != '"' && c != ' ') {
      out.back() += c;
    }
  }
  return out;
}

std::string name_of(const std::string& command) { return command.substr(0, command.find('=')); }

}  // namespace

std::vector<Step> load_transcript(const std::string& name) {
  std::ifstream file(std::string(A7600_MANUAL_DIR) + "/" + name);
  INFO(name);
  REQUIRE(file);
  std::vector<Step> steps;
  bool answer = false;   // the lines that follow belong to the latest command
  bool escaped = false;  // the next OK answers the escape sequence, which the Modem times itself
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#') || line.starts_with("@options")) continue;
    if (std::exchange(escaped, line == "@escape") && line == "OK") continue;
    if (line.starts_with("@after ")) {
      steps = load_transcript(line.substr(7));
    } else if (line.starts_with("AT") || line.starts_with('@')) {
      answer = line.starts_with("AT");
      steps.push_back({.line = line, .payload = {}, .lines = {}});
    } else if (answer && line.starts_with('>')) {
      steps.back().prompts = true;
      steps.back().payload = line.substr(1, line.find("<CTRL+Z>") - 1);
    } else if (answer) {
      steps.back().lines.push_back(line);
    } else {
      steps.push_back({.line = line, .payload = {}, .lines = {}});
    }
  }
  return steps;
}

Player::Player(const std::string& name, int split)
    : steps_(load_transcript(name)),
      split_(split),
      transparent_(config_for(steps_).transparent),
      rig_(config_for(steps_)) {
  // "6.2.1" and "6.3.1": direct push mode.
  if (name.starts_with("6.2.1.") || name.starts_with("6.3.1.")) {
    rig_.modem.set_push_policy(modem::PushPolicy::kAlways);
  }
}

void Player::play() {
  rig_.resolve(999, "bring.up");
  pump();
  REQUIRE(rig_.events() == Events{"resolved 999 ENOENT"});
  for (Step& step : steps_) {
    INFO(step.line);
    act(step);
    pump();
  }
}

std::vector<std::string> Player::not_sent() const {
  std::vector<std::string> out;
  for (const Step& step : steps_) {
    if (step.line.starts_with("AT") && !step.used) out.push_back(step.line);
  }
  return out;
}

// ---- What the transcript's host and peer do

void Player::act(Step& step) {
  if (step.line.starts_with("AT")) return act_command(step);
  if (!step.line.starts_with('@')) return say_line(step.line);
  const std::string_view line = step.line;
  if (line.starts_with("@peer sends ")) peer_said_ += line.substr(12);
  if (line.starts_with("@host sends ")) rig_.write(connection_, line.substr(12));
}

void Player::act_command(Step& step) {
  const std::string name = name_of(step.line);
  const std::vector<std::string> fields = arguments(step.line);
  const int link = std::atoi(fields[0].c_str());
  if (name == "AT+CIPOPEN") {
    connection_ = ++last_id_;
    by_link_[link] = connection_;
    link_ = link;
    const auto port = static_cast<std::uint16_t>(std::stoi(fields.back()));
    if (fields[1] == "UDP") return rig_.open_udp(connection_, port);
    return rig_.open_to(connection_, {*Ipv4::parse(fields[2]), port});
  }
  if (name == "AT+CIPSEND" && by_link_.count(link) > 0 && step.prompts) {
    if (fields.size() < 4) return rig_.write(by_link_[link], step.payload);
    const auto port = static_cast<std::uint16_t>(std::stoi(fields[3]));
    return rig_.write_to(by_link_[link], {*Ipv4::parse(fields[2]), port}, step.payload);
  }
  if (name == "AT+CIPCLOSE" && by_link_.count(link) > 0) {
    rig_.close(by_link_[link]);
    by_link_.erase(link);
    // Two silences, if the line has to be taken back.
    if (data_mode_) pass(1200ms);
    return;
  }
  if (name == "AT+SERVERSTART") {
    return rig_.listen(50 + static_cast<modem::ServerId>(std::stoi(fields[1])),
                       static_cast<std::uint16_t>(link));
  }
  if (name == "AT+SERVERSTOP") {
    return rig_.modem.stop(50 + static_cast<modem::ServerId>(link), rig_.now);
  }
  if (name == "AT+CDNSGIP") return rig_.resolve(7, fields[0].c_str());
  if (name == "AT+NETCLOSE") {
    // Manual, chapter 5: after this, if AT+NETOPEN? shows that it is still open.
    rig_.say("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
    return rig_.resolve(998, "bring.up");
  }
  // Something has happened: what is open?
  if (name == "AT+CIPOPEN?" && !data_mode_) return rig_.say("RDY");
  if (name == "AT+CSQ" || name == "AT+CPSI?" || name == "AT+CIPCLOSE?" || name == "AT+CGREG?") {
    rig_.modem.send_command(60, step.line, 10s, rig_.now);
  }
}

void Player::say_line(const std::string& line) {
  if (line.starts_with("+CLIENT: ")) {
    by_link_[line[9] - '0'] = connection_ = rig_.next_accepted;
  }
  if (data_mode_ && !peer_said_.empty() && peer_said_.starts_with(line)) {
    peer_said_.erase(0, line.size());
    return feed(line);
  }
  if (std::exchange(payload_follows_, false)) return feed(line);
  payload_follows_ = line.starts_with("+IPD");
  feed((payload_follows_ ? "" : "\r\n") + exchanged(line) + "\r\n");
  if (transparent_ && line.starts_with("CONNECT")) data_mode_ = true;
  // Whether it is true is asked after a silence.
  if (data_mode_ && line.starts_with("+IPCLOSE")) {
    data_mode_ = false;
    pass(1100ms);
    REQUIRE(rig_.sent() == "+++");
    pass(1900ms);
  }
}

// ---- The module

void Player::pump() {
  for (std::string out = rig_.sent(); !out.empty(); out = rig_.sent()) {
    if (prompted_ != nullptr) {
      Step& step = *std::exchange(prompted_, nullptr);
      REQUIRE(out == step.payload);
      feed(framed(step.lines));
    } else if (data_mode_ && out == "+++") {
      rig_.pass(1050ms);
      data_mode_ = false;
      feed("\r\nOK\r\n");
      rig_.pass(100ms);
    } else if (data_mode_) {
      sent_as_data_ += out;
    } else {
      REQUIRE(out.ends_with('\r'));
      answer(out.substr(0, out.size() - 1));
    }
  }
}

void Player::answer(const std::string& command) {
  if (name_of(command) == "AT+CIPOPEN" && command.find('=') != std::string::npos) {
    own_link_ = std::atoi(arguments(command)[0].c_str());
  }
  if (command == "AT+NETOPEN") network_open_ = true;
  if (command == "AT+NETCLOSE") network_open_ = false;
  Step* step = find(command);
  if (step == nullptr) return feed(at_rest(command));
  step->used = true;
  if (step->prompts) {
    prompted_ = step;
    return feed("\r\n>");
  }
  const bool connects = !step->lines.empty() && step->lines[0].starts_with("CONNECT 1");
  if (connects) data_mode_ = true;
  // What stands behind CONNECT was said later.
  feed(framed(connects ? std::vector<std::string>{step->lines[0]} : step->lines));
}

std::string Player::at_rest(const std::string& command) {
  static const std::map<std::string, std::string> kAnswers = {
      {"ATE0", ""},
      {"AT+CIPMODE?", "+CIPMODE: 0"},
      {"AT+CPIN?", "+CPIN: READY"},
      {"AT+CREG?", "+CREG: 0,1"},
      {"AT+IPADDR", "+IPADDR: 10.148.0.17"},
      {"AT+CIPRXGET?", "+CIPRXGET: 0"},
      {"AT+CIPRXGET=0", ""},
      {"AT+CIPRXGET=1", ""},
      {"AT+CIPTIMEOUT?", "+CIPTIMEOUT: 120000,120000,30000"},
      {"AT+SERVERSTART?", ""},
      {"AT+CIPOPEN?", ""},
      {"AT+CIPCCFG?", "+CIPCCFG: 10,0,0,1,1,0,500"},
      {"AT+CIPHEAD?", "+CIPHEAD: 1"},
      {"AT+CIPSRIP?", "+CIPSRIP: 1"},
  };
  if (command == "AT+NETOPEN") return framed({"OK", "+NETOPEN: 0"});
  if (command == "AT+NETOPEN?")
    return framed({network_open_ ? "+NETOPEN: 1" : "+NETOPEN: 0", "OK"});
  if (command == "AT+CDNSGIP=\"bring.up\"") return framed({"+CDNSGIP: 0,10", "ERROR"});
  if (command == "AT+CIPMODE?" && transparent_ && network_open_) {
    return framed({"+CIPMODE: 1", "OK"});
  }
  // All that was announced has been read.
  if (command.starts_with("AT+CIPRXGET=2,")) return framed({"+IP ERROR: No data", "ERROR"});
  const auto found = kAnswers.find(command);
  INFO("nobody has an answer to " << command);
  REQUIRE(found != kAnswers.end());
  return framed(found->second.empty() ? std::vector<std::string>{"OK"}
                                      : std::vector<std::string>{found->second, "OK"});
}

// The transcript's command that is meant by one of the Modem's: with the link as its host has it,
// and a length where it leaves that open, or asks for less at a time.
Step* Player::find(const std::string& command) {
  const std::string name = name_of(command);
  for (Step& step : steps_) {
    if (step.used || !step.line.starts_with("AT") || name_of(step.line) != name) continue;
    if (without_blanks(step.line) == command) return &step;
    if (command.find('=') == std::string::npos || name == "AT+CIPMODE") {
      continue;
    }
    auto wanted = arguments(command);
    auto has = arguments(step.line);
    const std::size_t link = name == "AT+CIPRXGET" ? 1 : 0;
    if (wanted.size() <= link || has.size() <= link) continue;
    if (std::atoi(wanted[link].c_str()) == own_link_) wanted[link] = std::to_string(link_);
    if (name == "AT+CIPSEND") {
      if (!step.prompts || wanted[1] != std::to_string(step.payload.size())) continue;
      has.resize(std::max<std::size_t>(has.size(), 2));
      has[1] = wanted[1];
    }
    if (name == "AT+CIPRXGET") has.resize(2);
    if (wanted == has) return &step;
  }
  return nullptr;
}

void Player::feed(const std::string& bytes) {
  longest_ = std::max(longest_, static_cast<int>(bytes.size()));
  const auto first = static_cast<std::size_t>(split_);
  if (split_ == kBytes) {
    for (const char& byte : bytes) rig_.raw(std::string_view(&byte, 1));
  } else if (split_ == kWhole || first >= bytes.size()) {
    rig_.raw(bytes);
  } else {
    rig_.raw(std::string_view(bytes).substr(0, first));
    rig_.raw(std::string_view(bytes).substr(first));
  }
}

std::string Player::framed(const std::vector<std::string>& lines) const {
  std::string out;
  bool payload = false;
  for (const std::string& line : lines) {
    out += (payload ? line : "\r\n" + exchanged(line)) + "\r\n";
    payload = line.starts_with("+CIPRXGET: 2,");
  }
  return out;
}

// With the numbers of the transcript's link and the Modem's exchanged.
std::string Player::exchanged(const std::string& line) const {
  if (link_ < 0 || own_link_ < 0 || !line.starts_with('+')) return line;
  std::size_t at = line.find(": ") + 2;
  if (line.starts_with("+CIPRXGET: ")) at += 2;
  const bool about_a_link = line.starts_with("+CIPRXGET: ") || line.starts_with("+CIPOPEN: ") ||
                            line.starts_with("+CIPSEND: ") || line.starts_with("+IPCLOSE: ") ||
                            (line.starts_with("+CIPCLOSE: ") && line.size() < 16);
  if (!about_a_link || at >= line.size()) return line;
  std::string out = line;
  if (line[at] - '0' == link_) out[at] = static_cast<char>('0' + own_link_);
  if (line[at] - '0' == own_link_) out[at] = static_cast<char>('0' + link_);
  return out;
}

void Player::pass(std::chrono::milliseconds time) { rig_.pass(time); }

}  // namespace a7600::test
