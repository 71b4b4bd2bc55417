// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "line.h"
#include "output.h"

namespace a7600::sim {

// Who is told what the host says.
class InterpreterUser {
 public:
  // A command line without its "AT"; the view lives until ready() is called. The interpreter takes
  // nothing more from the host until ready() or one of the expect functions is called.
  virtual void on_command_line(std::string_view body) = 0;
  // A line that was longer than kMaxLine; otherwise the same.
  virtual void on_long_line() = 0;
  // The payload that was expected, whole. The view lives for the call. Again it is ready() that
  // lets the host go on.
  virtual void on_payload(std::string_view bytes) = 0;
  // An ESC, or more than kMaxPayload bytes and their Ctrl-Z, instead of a payload.
  virtual void on_payload_cancelled(bool too_long) = 0;
  // Bytes of data mode, valid for the call. False if no more can be taken until data_room().
  virtual bool on_data(std::string_view bytes) = 0;

 protected:
  ~InterpreterUser() = default;
};

// The module's reading of the host's bytes: echo, command lines, payloads, data.
//
// A command line begins with "AT" in either case (what precedes it is noise) and ends with a CR; BS
// and DEL delete, LF and other control characters are skipped. "A/" repeats the last line. Bytes
// that arrive while a command is being executed wait.
class Interpreter {
 public:
  static constexpr std::size_t kMaxLine = 1024;
  static constexpr std::size_t kMaxPayload = 1500;

  Interpreter(Line& line, Output& output, InterpreterUser& user)
      : line_(line), output_(output), user_(user) {}

  void input(std::string_view bytes);
  // Goes on with what has been waiting, if it may. Called at the end of each turn.
  void resume();

  // What comes next: a command line, a payload of exactly `size` bytes, or one that ends with
  // Ctrl-Z.
  void ready() { state_ = State::kCommand; }
  void expect_payload(std::size_t size);
  void expect_text();
  // Data mode: everything is data until ready() is called.
  void data() { state_ = State::kData; }
  void data_room();
  // Whether the host is between two command lines.
  bool idle() const { return state_ == State::kCommand && prefix_ == 0 && waiting_.empty(); }
  // Back to the state after power-up; what has been waiting is lost.
  void reset();
  // The module is off: what the host sends is lost until reset().
  void off();

  bool echo = true;  // ATE

 private:
  enum class State { kBusy, kCommand, kPayload, kText, kData, kDataFull, kOff };

  bool stopped() const { return state_ == State::kBusy || state_ == State::kDataFull; }
  void run(std::string_view bytes);
  // Each takes at least one byte and says how many it took.
  std::size_t take_command(std::string_view bytes);
  std::size_t take_payload(std::string_view bytes);
  std::size_t take_text(std::string_view bytes);
  std::size_t take_data(std::string_view bytes);
  bool end_of_line();
  void add_to_line(char c);

  static constexpr std::size_t kMaxWaiting = 16384;

  Line& line_;
  Output& output_;
  InterpreterUser& user_;
  State state_ = State::kCommand;
  bool running_ = false;
  std::string waiting_;

  char prefix_ = 0;  // of a line: 0, 'A', or 'T' once the body has begun
  bool too_long_ = false;
  std::string body_;

  std::size_t payload_size_ = 0;
  std::string payload_;
  bool escaped_ = false;  // the last byte of the text was an ETX
};

}  // namespace a7600::sim
