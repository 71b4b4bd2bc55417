// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "line.h"
#include "profile.h"

namespace a7600::sim {

// V.250's final results with their numeric forms (ATV0).
enum class Final { kOk = 0, kConnect = 1, kNoCarrier = 3, kError = 4 };

// The places between what the module says.
enum class Seam { kBeforeLine, kBetweenLines, kBeforeEcho, kBeforePrompt };

class SeamListener {
 public:
  // May write to the line.
  virtual void at(Seam seam) = 0;

 protected:
  ~SeamListener() = default;
};

// What the module says to the host, framed as V.250 has it: "\r\n" line "\r\n" each, or with ATV0
// line "\r\n" and a number "\r" for a final result.
class Output {
 public:
  Output(Line& line, const Profile& profile) : line_(line), profile_(profile) {}

  // A line of information text; `more` for those that follow the first in the same answer.
  void info(std::string_view line);
  void more(std::string_view line);
  // Information text with bytes after it: `header`, the bytes, the profile's end.
  void info_with_data(std::string_view header, std::string_view data, std::string_view rest);
  void final(Final result);
  // A final result that is a text of its own: "+CME ERROR: 10", "CONNECT 115200".
  void final_text(std::string_view text, Final numeric);
  // The result of something the host asked for earlier, or an unsolicited result code. While held,
  // it waits.
  void urc(std::string_view line);
  void prompt();
  // Bytes as they are: data.
  void raw(std::string_view bytes) { line_.write(bytes); }
  // A place where something may come between.
  void seam(Seam seam) {
    if (seams != nullptr) seams->at(seam);
  }

  // Payload entry and data mode have no place for result codes.
  void hold_urcs(bool hold);
  bool holding() const { return holding_; }
  // Back to the state after power-up.
  void reset();

  bool verbose = true;  // ATV
  bool quiet = false;   // ATQ
  SeamListener* seams = nullptr;

 private:
  void frame(std::string_view line);

  Line& line_;
  const Profile& profile_;
  bool holding_ = false;
  bool answering_ = false;  // a line of the answer has been said, its final result not yet
  std::vector<std::string> held_;
};

}  // namespace a7600::sim
