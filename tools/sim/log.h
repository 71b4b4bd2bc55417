// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "loop.h"

namespace a7600::sim {

// The record of a run, for a person: a line per message and per event, with the seconds since the
// start at which it began, a mark and the text:
//
//     0.001342 > AT+CSQ\r
//     0.001388 < \r\n+CSQ: 25,99\r\n\r\nOK\r\n
//     0.201000 * link 1 open to 127.0.0.1:8080
//
// `>` is what the host sent, `<` what the module sent, `}` and `{` the same on the second port, `*`
// what happened. Bytes that don't print
// are \r, \n, \t, \\ or \xHH. Pieces of one direction that follow each other closely (a paced line
// carries a message in many) make one line. With no file, enabled() is false and callers on the
// fast path don't call further.
class Log {
 public:
  // An empty path is no log. Throws std::system_error.
  Log(Loop& loop, const std::string& path);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  bool enabled() const { return file_ != nullptr; }
  void bytes(char mark, std::string_view bytes);
  void event(std::string_view text);

 private:
  void finish_line();

  std::FILE* file_ = nullptr;
  Time start_ = Clock::now();
  char mark_ = 0;  // of the line being written, 0 between lines
  std::size_t length_ = 0;
  Timer finish_;
};

// `bytes` as the log shows them.
std::string printable(std::string_view bytes);

}  // namespace a7600::sim
