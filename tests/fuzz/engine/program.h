// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "ledger.h"
#include "wire/channel.h"
#include "wire/message.h"

namespace a7600::fuzz {

// Programs, as the engine sees them: what lib/client would say for them and much that it wouldn't,
// each step chosen by the script. Nothing waits: what has been answered is taken when it is there.
class Program {
 public:
  using Time = std::chrono::nanoseconds;

  Program(Ledger& ledger, std::string address, std::chrono::seconds connect_timeout)
      : ledger_(ledger), address_(std::move(address)), connect_timeout_(connect_timeout) {}

  // One call, or one use of a socket; `choice` says which.
  void step(unsigned choice, Input& input, Time now);
  void finish(Time now) { ask(wire::Op::kFinish, nullptr, now); }

  // ---- Answers (answers.cc)
  // Takes the answers that are there. True if there was one.
  bool take_answers();
  // With an engine that has nothing left to do at `now`: who should have had an answer has it.
  void check_calls(Time now, bool engine_lives) const;
  // Whether a call waits whose answer must come.
  bool waits() const;
  // Everything is closed.
  void end();

 private:
  struct Socket {
    UniqueFd fd;
    bool stream = true;
    bool listens = false;
    bool ever_listened = false;  // or has tried to: what is in it are clients
    bool lingers = false;
    bool shut = false;  // by the program itself
    bool over = false;  // nothing can be read any more
    bool ever_wrote = false;
    std::optional<std::size_t> written;  // the stream of what it writes, from its connect() on
    Ledger::Sink read;
    // It is not known to whom: the program was killed before connect() returned.
    bool blurred = false;
  };
  struct Call {
    UniqueFd fd;
    wire::Request request;
    std::optional<std::size_t> socket;  // as it was numbered; the descriptor may be another now
    Time since{};
    bool connects = false;  // the first of its socket
  };

  std::optional<std::size_t> pick(Input& input) const;
  Call* ask(wire::Op op, const Socket* about, Time now);
  Call* ask(const wire::Request& request, const Socket* about, Time now);
  void drop_call(Input& input);

  void make_socket(Input& input, Time now);
  void connect(Input& input, Time now);
  void disconnect(Input& input, Time now);
  void listen(Input& input, Time now);
  void accept(Input& input);
  void write(Input& input);
  void read(Input& input);
  void shut_down(Input& input, Time now);
  void close(Input& input, Time now);
  void send_datagram(Input& input, Time now);
  void ask_resolver(Input& input, Time now);
  void send_to(const Socket& socket, const Endpoint& to, const std::string& bytes, Time now);
  void look_up(Input& input, Time now);
  void set_option(Input& input, Time now);
  void ask_something(Input& input, Time now);
  void ask_nonsense(Input& input, Time now);
  void on_answer(const Call& call, const wire::Reply& reply, UniqueFd descriptor);
  void on_end_of_file(Socket& socket);

  Ledger& ledger_;
  std::string address_;
  std::chrono::seconds connect_timeout_;
  std::vector<Socket> sockets_;
  std::vector<Call> calls_;
  std::uint16_t last_port_ = 1000;
  bool finishing_ = false;
};

}  // namespace a7600::fuzz
