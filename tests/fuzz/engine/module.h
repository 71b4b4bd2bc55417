// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "ledger.h"

namespace a7600::fuzz {

// One connection at the module, from its opening on.
struct Session {
  Endpoint peer;
  bool datagrams = false;
  bool open = true;
  std::size_t stream = 0;  // of what is sent to the program
  Ledger::Sink heard;
  bool doubtful = false;  // of the latest payload it is not known whether it was sent
};

// A module with links, servers and two access modes, as far as the engine asks for them. It reads
// what comes over the line as strictly as it can: a program's byte may only come directly behind
// the command that has announced it. What it answers is always in order with what it does; what it
// refuses, and when it says nothing, is the script's.
class Module {
 public:
  // How a command ends. Honest when `code` is 0.
  struct Outcome {
    unsigned code = 0;
    bool result_first = false;  // "+CIPOPEN:" before its OK
  };

  explicit Module(Ledger& ledger) : ledger_(ledger) {}

  void hear(std::string_view bytes);
  // Whether the latest command has no answer yet.
  bool owes() const { return owes_ != Owes::kNothing; }
  std::string answer(const Outcome& outcome);
  // The answer is lost on the way, behind so many bytes. What was counted and did not come makes
  // everything behind it data, so nothing is said until the engine has given that up.
  std::string cut(const std::string& text, std::size_t where);
  // Whether a line of its own would be read as one.
  bool speaks_lines() const { return !mute_ && !data_mode_; }
  // A "CONNECT" was said that answers nothing. Who believes it sends data.
  void lie_about_connecting() {
    data_mode_ = transparent_;
    if (transparent_) ledger_.lose_everything();
  }
  // The port was opened anew.
  void forget_line();

  // ---- What happens by itself; what is said of it.
  std::string peer_sends(unsigned link, std::size_t size, bool announce);
  std::string peer_closes(unsigned link, int reason);
  std::string client_comes(unsigned server, const Endpoint& peer);
  std::string network_closes();
  std::string restarts();

  static std::string say(std::initializer_list<std::string> lines) {
    std::string text;
    for (const std::string& line : lines) text += "\r\n" + line + "\r\n";
    return text;
  }

 private:
  enum class Owes { kNothing, kAnswer, kSendResult };

  Session* on(unsigned link) { return link < 10 && links_[link] ? &*links_[link] : nullptr; }
  bool is_open(unsigned link) { return on(link) != nullptr && on(link)->open; }
  void open(unsigned link, const Endpoint& peer, bool datagrams);
  void lose_links();
  void on_line();
  void on_data(char byte);
  void on_transparent(char byte);
  void on_payload_end();
  std::size_t& held(const Session& session) const {
    return ledger_.stream(Ledger::From::kModule, session.stream).due;
  }
  std::string hand_over(const Session& session, std::size_t size);
  std::string push(unsigned link, const Session& session);

  bool at(std::string_view name) const { return command_.starts_with(name); }
  // The number behind the first `mark`, or behind the last.
  unsigned number_behind(char mark) const { return number_at(command_.find(mark)); }
  unsigned last_number() const { return number_at(command_.rfind(',')); }
  unsigned number_at(std::size_t mark) const;
  Endpoint quoted_peer() const;

  std::string answer_open(const Outcome& outcome);
  std::string answer_send(const Outcome& outcome);
  std::string answer_read(const Outcome& outcome);
  std::string answer_server(const Outcome& outcome);
  std::string answer_setting(const Outcome& outcome);

  Ledger& ledger_;
  std::array<std::optional<Session>, 10> links_;
  std::array<std::optional<unsigned>, 4> servers_;  // their ports
  bool network_open_ = false;
  bool transparent_ = false;
  bool data_mode_ = false;
  bool echo_ = true;
  bool buffered_ = true;
  unsigned header_type_ = 0;

  std::string line_;
  std::string command_;
  Owes owes_ = Owes::kNothing;
  bool mute_ = false;
  unsigned send_link_ = 0;
  Endpoint send_to_;
  std::size_t announced_ = 0;  // bytes still to come
  bool prompted_ = false;
  std::string payload_;
};

}  // namespace a7600::fuzz
