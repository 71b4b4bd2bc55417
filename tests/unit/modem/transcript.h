// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rig.h"

namespace a7600::test {

// One line of a transcript in tests/manual (its replay.py says what they look like), with what
// belongs to it.
struct Step {
  std::string line;      // "AT…" without the AT's CR, "@…", or a line of the module's own
  bool prompts = false;  // the module asks for a payload
  std::string payload;   // ... which is this, without the Ctrl-Z that ends it
  std::vector<std::string> lines;  // the answer to an AT command
  bool used = false;
};

// The steps of a transcript, those of the transcripts that it follows first.
std::vector<Step> load_transcript(const std::string& name);

// A module that gives a transcript's answers to a Modem that goes through the same example: what
// the transcript's host does is asked of the Modem, and each command that the Modem sends is
// answered as in the transcript. The Modem picks links of its own, so numbers of links are
// exchanged on the way. What it asks beside that is answered as a module at rest would.
class Player {
 public:
  // How the module's bytes arrive: at once, one by one, or each answer in two pieces of which the
  // first has so many bytes.
  static constexpr int kWhole = 0;
  static constexpr int kBytes = -1;

  Player(const std::string& name, int split);
  void play();

  Events events() { return rig_.events(); }
  // What the Modem has handed over, and what it has written in data mode.
  const std::string& received() { return rig_.received(connection_); }
  const std::string& sent_as_data() const { return sent_as_data_; }
  // The transcript's commands that the Modem has not sent.
  std::vector<std::string> not_sent() const;
  // The length of the longest answer: beyond it, a split makes no difference.
  int longest() const { return longest_; }

 private:
  void act(Step& step);
  void act_command(Step& step);
  void say_line(const std::string& line);
  void pump();
  void answer(const std::string& command);
  std::string at_rest(const std::string& command);
  Step* find(const std::string& command);
  void feed(const std::string& bytes);
  std::string framed(const std::vector<std::string>& lines) const;
  std::string exchanged(const std::string& line) const;
  void pass(std::chrono::milliseconds time);

  std::vector<Step> steps_;
  int split_;
  int longest_ = 0;
  bool transparent_;
  Rig rig_;

  modem::ConnectionId connection_ = 0;  // the latest
  modem::ConnectionId last_id_ = 0;
  std::map<int, modem::ConnectionId> by_link_;  // the transcript's links
  int link_ = -1;                               // the transcript's, that the Modem has another for
  int own_link_ = -1;                           // the Modem's
  Step* prompted_ = nullptr;
  bool network_open_ = false;
  bool data_mode_ = false;
  std::string peer_said_;  // in data mode: not yet shown
  std::string sent_as_data_;
  bool payload_follows_ = false;  // of a pushed header
};

}  // namespace a7600::test
