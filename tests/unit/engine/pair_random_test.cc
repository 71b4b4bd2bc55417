// SPDX-License-Identifier: MIT
//
// Random use of a Pair against plain queues of bytes, by fixed seeds.
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <random>
#include <string>

#include "engine/pair.h"

namespace a7600::engine {
namespace {

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  // From 0 to `below` - 1.
  std::size_t pick(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(engine_);
  }
  // Mostly small, now and then large, so that both ways of taking are used in turn.
  std::size_t size() {
    switch (pick(4)) {
      case 0:
        return 1 + pick(3);
      case 1:
        return 1 + pick(2048);
      case 2:
        return 2040 + pick(20);
      default:
        return 1 + pick(20000);
    }
  }
  std::string bytes(std::size_t size) {
    std::string out(size, '\0');
    for (char& c : out) c = static_cast<char>(engine_());
    return out;
  }

 private:
  std::mt19937 engine_;
};

class Run {
 public:
  explicit Run(unsigned seed) : random_(seed), made_(make()) { pair().open_gate(); }

  void step() {
    switch (random_.pick(5)) {
      case 0:
        return program_writes();
      case 1:
      case 2:
        return engine_takes();
      case 3:
        return engine_gives();
      default:
        return program_reads();
    }
  }

  void finish() {
    while (!to_engine_.empty()) engine_takes();
    require_writable();
    while (!to_program_.empty()) program_reads();
    REQUIRE(pair().room());
    pair().finish();
    char byte = 0;
    REQUIRE(::recv(program(), &byte, 1, 0) == 0);
  }

 private:
  static Pair::Made make() {
    auto made = Pair::make("a7600-pair-random-test", true, false);
    REQUIRE(made.ok());
    return std::move(made.value());
  }
  Pair& pair() { return made_.pair; }
  int program() const { return made_.program_end.get(); }

  void program_writes() {
    const std::string bytes = random_.bytes(random_.size());
    const ssize_t sent = ::send(program(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      REQUIRE(errno == EAGAIN);
      REQUIRE_FALSE(to_engine_.empty());
      return;
    }
    to_engine_ += bytes.substr(0, static_cast<std::size_t>(sent));
    REQUIRE(pair().pending() == to_engine_.size());
  }

  void engine_takes() {
    std::vector<std::byte> buffer(random_.pick(3) == 0 ? random_.size() : 1500);
    const Pair::Taken taken = pair().take(buffer);
    REQUIRE_FALSE(taken.end);
    REQUIRE_FALSE(taken.reset);
    REQUIRE(taken.size == std::min(buffer.size(), to_engine_.size()));
    REQUIRE(to_engine_.compare(0, taken.size, reinterpret_cast<const char*>(buffer.data()),
                               taken.size) == 0);
    to_engine_.erase(0, taken.size);
    REQUIRE(pair().pending() == to_engine_.size());
    if (to_engine_.empty()) require_writable();
  }

  void engine_gives() {
    if (!pair().flush()) return;
    const std::string bytes = random_.bytes(random_.pick(10) == 0 ? 300000 : random_.size());
    pair().give(std::as_bytes(std::span(bytes)));
    to_program_ += bytes;
  }

  void program_reads() {
    std::string buffer(random_.size(), '\0');
    const ssize_t got = ::recv(program(), buffer.data(), buffer.size(), 0);
    if (got < 0) {
      REQUIRE(errno == EAGAIN);
      REQUIRE(pair().room() == to_program_.empty());
      pair().flush();
      return;
    }
    const auto size = static_cast<std::size_t>(got);
    REQUIRE(size <= to_program_.size());
    REQUIRE(to_program_.compare(0, size, buffer, 0, size) == 0);
    to_program_.erase(0, size);
    pair().flush();
  }

  void require_writable() const {
    pollfd poll{program(), POLLOUT, 0};
    REQUIRE(::poll(&poll, 1, 0) == 1);
    REQUIRE(poll.revents == POLLOUT);
  }

  Random random_;
  Pair::Made made_;
  std::string to_engine_;
  std::string to_program_;
};

TEST_CASE("a pair carries both directions like a queue of bytes") {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    INFO("seed " << seed);
    Run run(seed);
    for (int i = 0; i < 300; ++i) run.step();
    run.finish();
  }
}

}  // namespace
}  // namespace a7600::engine
