// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "text_view.h"

namespace a7600::tracer {

struct SessionOptions {
  std::vector<std::string> command;
  std::string file;     // -o; empty: the trace is not kept
  bool counts = false;  // -c: the summary instead of the text
  int payload = -1;     // bytes of each payload to keep; -1: all
  TextOptions text;
};

// Runs the command and everything that it starts over one engine, which lives in this process
// unless A7600_ENGINE names another, and prints what is traced to stderr. Ends when the last of
// them has ended, with the command's status (128 + N for signal N); 125: no engine or no file,
// 126: the command can't be run, 127: it was not found.
int run_session(const SessionOptions& options);

}  // namespace a7600::tracer
