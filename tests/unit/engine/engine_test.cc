// SPDX-License-Identifier: MIT
//
// The engine itself, step by step in this thread: between a module on a loopback line and calls as
// programs make them. Where it has nothing left to do, the test goes on.
#include "engine/engine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <deque>
#include <functional>
#include <utility>

namespace a7600::engine {
namespace {

using namespace std::chrono_literals;

// The other end of the line: a raw serial server. What is answered is the test's.
class Line {
 public:
  Line() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_.get(), any, size) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    REQUIRE(::getsockname(listener_.get(), any, &size) == 0);
    port = "tcp:127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }

  // The commands that have come, without their CR.
  std::vector<std::string> take() {
    if (!connection_) connection_.reset(::accept(listener_.get(), nullptr, nullptr));
    char bytes[4096];
    const ssize_t got =
        connection_ ? ::recv(connection_.get(), bytes, sizeof(bytes), MSG_DONTWAIT) : 0;
    std::vector<std::string> commands;
    for (ssize_t i = 0; i < got; ++i) {
      if (bytes[i] != '\r') {
        rest_ += bytes[i];
      } else {
        commands.push_back(std::exchange(rest_, {}));
      }
    }
    return commands;
  }
  void say(std::string_view text) {
    REQUIRE(::send(connection_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  int fd() const { return connection_ ? connection_.get() : listener_.get(); }

  std::string port;

 private:
  UniqueFd listener_;
  UniqueFd connection_;
  std::string rest_;
};

// An engine whose time passes only when the test has nothing more to do.
class Bench final : public Waiting {
 public:
  // Done when it returns true; called again when something has come over the line.
  using Step = std::function<bool()>;
  // Answers a command; empty: with silence.
  using Module = std::function<std::string(const std::string& command)>;

  enum class For { kOneProgram, kMany };

  explicit Bench(Module module, For who = For::kOneProgram) : module_(std::move(module)) {
    config::Config config;
    config.port = line_.port;
    config.rx = config::Rx::kBuffer;
    Sharing sharing;
    sharing.address = address();
    auto made = who == For::kMany ? Engine::create_shared(config, std::move(sharing), {}, *this)
                                  : Engine::create(config, address(), {}, {}, *this);
    REQUIRE(made);
    engine_ = std::move(made.value());
  }

  void run(std::initializer_list<Step> steps) {
    steps_ = steps;
    engine_->run();
    CHECK(steps_.empty());
  }

  void finish_when_idle(std::chrono::milliseconds patience) { engine_->finish_when_idle(patience); }

  UniqueFd ask(wire::Op op, const UniqueFd& about = UniqueFd(), std::uint16_t port = 0,
               int domain = AF_INET) {
    wire::Request request;
    request.op = op;
    request.domain = domain;
    request.type = type;
    const bool far = op == wire::Op::kConnect || op == wire::Op::kOpenPeer;
    request.set_endpoint({{far ? 0xc0000201U : 0U}, port});
    const auto to = wire::UnixAddress::from(address());
    UniqueFd call(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    REQUIRE(::connect(call.get(), to->get(), to->length) == 0);
    REQUIRE(wire::send(call.get(), request, about.get()) == 0);
    return call;
  }
  // Its errno; -1 while there is none.
  static int answer(const UniqueFd& call, UniqueFd& descriptor) {
    wire::Reply reply;
    return wire::receive(call.get(), reply, descriptor, MSG_DONTWAIT) == 0 ? reply.error : -1;
  }
  static int answer(const UniqueFd& call) {
    UniqueFd none;
    return answer(call, none);
  }

  bool has_heard(const std::string& command) const {
    return std::find(heard_.begin(), heard_.end(), command) != heard_.end();
  }
  void say(std::string_view text) { line_.say(text); }

  int type = SOCK_STREAM;  // of the sockets that are asked for

 private:
  static std::string address() { return "@a7600." + std::to_string(::getpid()) + ".bench"; }

  chat::TimePoint now() override { return now_; }

  int wait(int epoll, std::span<epoll_event> events, int milliseconds) override {
    for (;;) {
      for (const std::string& command : line_.take()) {
        heard_.push_back(command);
        const std::string said = module_(command);
        if (!said.empty()) line_.say(said);
      }
      REQUIRE(++turns_ < 10'000);
      const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
      if (count > 0 || milliseconds == 0) return count;
      if (!steps_.empty()) {
        if (steps_.front()()) {
          steps_.pop_front();
          continue;
        }
        pollfd ready[] = {{epoll, POLLIN, 0}, {line_.fd(), POLLIN, 0}};
        REQUIRE(::poll(ready, 2, 10'000) > 0);
        continue;
      }
      if (!std::exchange(finishing_, true)) engine_->finish();
      now_ += std::chrono::milliseconds(std::max(milliseconds, 0));
      return 0;
    }
  }

  Line line_;
  Module module_;
  std::unique_ptr<Engine> engine_;
  std::deque<Step> steps_;
  std::vector<std::string> heard_;
  chat::TimePoint now_{1h};
  bool finishing_ = false;
  int turns_ = 0;
};

std::string ready_module(const std::string& command) {
  if (command == "AT+NETOPEN?") return "\r\n+NETOPEN: 0\r\n\r\nOK\r\n";
  if (command == "AT+NETOPEN") return "\r\nOK\r\n\r\n+NETOPEN: 0\r\n";
  if (command == "AT+CIPMODE?") return "\r\n+CIPMODE: 0\r\n\r\nOK\r\n";
  if (command == "AT+CPIN?") return "\r\n+CPIN: READY\r\n\r\nOK\r\n";
  if (command == "AT+CREG?") return "\r\n+CREG: 0,1\r\n\r\nOK\r\n";
  if (command == "AT+IPADDR") return "\r\n+IPADDR: 10.0.0.1\r\n\r\nOK\r\n";
  if (command == "AT+CIPRXGET?") return "\r\n+CIPRXGET: 1\r\n\r\nOK\r\n";
  if (command == "AT+SERVERSTOP=0") return "\r\n+SERVERSTOP: 0,0\r\n\r\nOK\r\n";
  if (command.starts_with("AT+SERVERSTART=")) return "";
  return "\r\nOK\r\n";
}

// Found by the fuzzer: a thread that was in connect(2) when another closed the socket stayed there.
TEST_CASE("close() ends a connect() that another thread is in") {
  Bench bench([](const std::string&) { return std::string(); });
  UniqueFd socket;
  UniqueFd made = bench.ask(wire::Op::kSocket);
  UniqueFd connecting;
  bench.run({[&] {
               REQUIRE(Bench::answer(made, socket) == 0);
               connecting = bench.ask(wire::Op::kConnect, socket, 80);
               return true;
             },
             [&] {
               REQUIRE(Bench::answer(connecting) == -1);
               socket.reset();
               return true;
             },
             [&] {
               CHECK(Bench::answer(connecting) == ECONNABORTED);
               return true;
             }});
}

// Found by the fuzzer: the module kept the server for good, and its port.
TEST_CASE("close() in the middle of listen() stops the server that the module is starting") {
  Bench bench(ready_module);
  UniqueFd socket;
  UniqueFd made = bench.ask(wire::Op::kSocket);
  UniqueFd bound;
  UniqueFd listening;
  bench.run({[&] {
               REQUIRE(Bench::answer(made, socket) == 0);
               bound = bench.ask(wire::Op::kBind, socket, 8080);
               listening = bench.ask(wire::Op::kListen, socket);
               return true;
             },
             [&] { return bench.has_heard("AT+SERVERSTART=8080,0"); },
             [&] {
               socket.reset();
               return true;
             },
             [&] {
               bench.say("\r\nOK\r\n");
               return true;
             },
             [&] { return bench.has_heard("AT+SERVERSTOP=0"); }});
}

// Found by the fuzzer: it turned without a pause until the module had answered, or had not.
TEST_CASE("an engine that ends for being idle sleeps while the module is left") {
  bool silent = false;
  Bench bench([&](const std::string& command) { return silent ? "" : ready_module(command); },
              Bench::For::kMany);
  bench.finish_when_idle(1s);
  UniqueFd socket;
  UniqueFd made = bench.ask(wire::Op::kSocket);
  UniqueFd listening;
  bench.run({[&] {
               REQUIRE(Bench::answer(made, socket) == 0);
               listening = bench.ask(wire::Op::kListen, socket);
               return true;
             },
             [&] { return bench.has_heard("AT+SERVERSTART=32768,0"); },
             [&] {
               bench.say("\r\nOK\r\n");
               return Bench::answer(listening) == 0;
             },
             [&] {
               silent = true;
               socket.reset();
               return true;
             }});
}

// It waited for the other one's link to be closed.
TEST_CASE("a port that is made up for a datagram socket is one that no other has") {
  Bench bench(ready_module);
  bench.type = SOCK_DGRAM;
  UniqueFd chosen;
  UniqueFd any;
  UniqueFd making = bench.ask(wire::Op::kSocket);
  UniqueFd making_any = bench.ask(wire::Op::kSocket);
  UniqueFd asking;
  bench.run({[&] {
               REQUIRE(Bench::answer(making, chosen) == 0);
               REQUIRE(Bench::answer(making_any, any) == 0);
               asking = bench.ask(wire::Op::kBind, chosen, 32768);
               return true;
             },
             [&] {
               if (!bench.has_heard("AT+CIPOPEN=9,\"UDP\",,,32768")) return false;
               CHECK(Bench::answer(asking) == 0);
               bench.say("\r\n+CIPOPEN: 9,0\r\n");
               asking = bench.ask(wire::Op::kOpenPeer, any, 53);
               return true;
             },
             [&] { return bench.has_heard("AT+CIPOPEN=8,\"UDP\",,,32769"); }});
}

TEST_CASE("a port that was made up for a datagram socket can't be bound by another") {
  Bench bench(ready_module);
  bench.type = SOCK_DGRAM;
  UniqueFd any;
  UniqueFd choosing;
  UniqueFd making_any = bench.ask(wire::Op::kSocket);
  UniqueFd making = bench.ask(wire::Op::kSocket);
  UniqueFd asking;
  bench.run({[&] {
               REQUIRE(Bench::answer(making_any, any) == 0);
               REQUIRE(Bench::answer(making, choosing) == 0);
               asking = bench.ask(wire::Op::kOpenPeer, any, 53);
               return true;
             },
             [&] {
               CHECK(Bench::answer(asking) == 0);
               asking = bench.ask(wire::Op::kBind, choosing, 32768);
               return true;
             },
             [&] {
               CHECK(Bench::answer(asking) == EADDRINUSE);
               return true;
             }});
}

// Found by the fuzzer: a use of the socket after its end.
TEST_CASE("a connection that waits for a link is ended by connect() with AF_UNSPEC") {
  Bench bench([](const std::string&) { return std::string(); }, Bench::For::kMany);
  constexpr std::size_t kProgramsShare = 9;
  std::vector<UniqueFd> calls;
  std::vector<UniqueFd> sockets(kProgramsShare + 1);
  for (std::size_t i = 0; i < sockets.size(); ++i) calls.push_back(bench.ask(wire::Op::kSocket));
  UniqueFd disconnecting;
  UniqueFd fresh;
  bench.run({[&] {
               for (std::size_t i = 0; i < sockets.size(); ++i) {
                 REQUIRE(Bench::answer(calls[i], sockets[i]) == 0);
                 calls[i] = bench.ask(wire::Op::kConnect, sockets[i], 80);
               }
               return true;
             },
             [&] {
               disconnecting = bench.ask(wire::Op::kConnect, sockets.back(), 0, AF_UNSPEC);
               return true;
             },
             [&] {
               CHECK(Bench::answer(calls.back()) == ECONNABORTED);
               CHECK(Bench::answer(disconnecting, fresh) == EAGAIN);
               CHECK(fresh);
               return true;
             }});
}

}  // namespace
}  // namespace a7600::engine
