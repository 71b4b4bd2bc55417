// SPDX-License-Identifier: MIT
#include "engine/pair.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <string>

namespace a7600::engine {
namespace {

// A program's socket: its end is non-blocking, the gate open unless the test says otherwise.
struct Program {
  enum class Gate { kOpen, kClosed };

  explicit Program(Gate gate = Gate::kOpen) : Program(make()) {
    if (gate == Gate::kOpen) pair.open_gate();
  }

  // 0 or the errno of write(2); all of `bytes` or nothing, for small ones.
  int write(std::string_view bytes) const {
    return ::send(end.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                   static_cast<ssize_t>(bytes.size())
               ? 0
               : errno;
  }

  // Writes until no more fits; how much did.
  std::size_t fill() const {
    const std::string block(4096, 'f');
    std::size_t total = 0;
    for (;;) {
      const ssize_t sent = ::send(end.get(), block.data(), block.size(), MSG_NOSIGNAL);
      if (sent <= 0) return total;
      total += static_cast<std::size_t>(sent);
    }
  }

  // "text", then "end of file" or "ECONNRESET" or whatever errno stops it.
  std::string read_all() const {
    std::string out;
    std::array<char, 4096> buffer;
    for (;;) {
      const ssize_t got = ::recv(end.get(), buffer.data(), buffer.size(), 0);
      if (got > 0) {
        out.append(buffer.data(), static_cast<std::size_t>(got));
        continue;
      }
      if (!out.empty()) out += ", ";
      return out + (got == 0 ? "end of file" : strerrorname_np(errno));
    }
  }

  short poll() const {
    pollfd poll{end.get(), POLLIN | POLLOUT | POLLRDHUP, 0};
    REQUIRE(::poll(&poll, 1, 0) >= 0);
    return poll.revents;
  }
  bool writable() const { return (poll() & POLLOUT) != 0; }

  // Everything that the program has written, by takes of `part` bytes.
  std::string take_all(std::size_t part = 1500) {
    std::string out;
    std::vector<std::byte> buffer(part);
    for (;;) {
      const Pair::Taken taken = pair.take(buffer);
      if (taken.size == 0) return out;
      out.append(reinterpret_cast<const char*>(buffer.data()), taken.size);
    }
  }

  Pair::Taken take_nothing() {
    std::array<std::byte, 64> buffer;
    const Pair::Taken taken = pair.take(buffer);
    REQUIRE(taken.size == 0);
    return taken;
  }

  void give(std::string_view bytes) { pair.give(std::as_bytes(std::span(bytes))); }

  Pair pair;
  UniqueFd end;

 private:
  static Pair::Made make() {
    auto made = Pair::make("a7600-pair-test", true, false);
    REQUIRE(made.ok());
    return std::move(made.value());
  }
  explicit Program(Pair::Made made)
      : pair(std::move(made.pair)), end(std::move(made.program_end)) {}
};

// ---- Making one

TEST_CASE("the cookie names the program's end") {
  const auto made = Pair::make("a7600-pair-test-cookie", false, false);
  REQUIRE(made.ok());
  std::uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  REQUIRE(::getsockopt(made.value().program_end.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0);
  CHECK(cookie == made.value().cookie);
}

TEST_CASE("the program's end leads to the engine's name") {
  const auto made = Pair::make("a7600-pair-test-name", false, false);
  REQUIRE(made.ok());
  sockaddr_un address{};
  socklen_t length = sizeof(address);
  REQUIRE(::getpeername(made.value().program_end.get(), reinterpret_cast<sockaddr*>(&address),
                        &length) == 0);
  CHECK(std::string(address.sun_path + 1, length - offsetof(sockaddr_un, sun_path) - 1) ==
        "a7600-pair-test-name");
}

TEST_CASE("a name that does not fit is refused") {
  const auto made = Pair::make(std::string(108, 'x'), false, false);
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().posix == ENAMETOOLONG);
}

TEST_CASE("both ends are close-on-exec, and the program's blocks unless it asked otherwise") {
  const auto blocking = Pair::make("a7600-pair-test-1", false, false);
  const auto nonblocking = Pair::make("a7600-pair-test-2", true, false);
  REQUIRE(blocking.ok());
  REQUIRE(nonblocking.ok());
  for (const auto* made : {&blocking.value(), &nonblocking.value()}) {
    CHECK((::fcntl(made->program_end.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(made->pair.fd(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(made->pair.fd(), F_GETFL) & O_NONBLOCK) != 0);
  }
  CHECK((::fcntl(blocking.value().program_end.get(), F_GETFL) & O_NONBLOCK) == 0);
  CHECK((::fcntl(nonblocking.value().program_end.get(), F_GETFL) & O_NONBLOCK) != 0);
}

// ---- The gate

TEST_CASE("before the gate opens the program's end is neither writable nor readable") {
  const Program program(Program::Gate::kClosed);
  CHECK(program.poll() == 0);
  CHECK(program.write("x") == EAGAIN);
}

TEST_CASE("the open gate is one edge") {
  Program program(Program::Gate::kClosed);
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  REQUIRE(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, program.end.get(), &event) == 0);
  CHECK(::epoll_wait(epoll.get(), &event, 1, 0) == 0);
  program.pair.open_gate();
  REQUIRE(::epoll_wait(epoll.get(), &event, 1, 0) == 1);
  CHECK(event.events == EPOLLOUT);
  CHECK(::epoll_wait(epoll.get(), &event, 1, 0) == 0);
}

TEST_CASE("nothing of the filler is taken for what the program wrote") {
  Program program;
  CHECK(program.pair.pending() == 0);
  const Pair::Taken taken = program.take_nothing();
  CHECK_FALSE(taken.end);
  CHECK_FALSE(taken.reset);
  CHECK(program.write("x") == 0);
  CHECK(program.take_all() == "x");
}

TEST_CASE("closing before the gate opens looks like a refused connection") {
  Program program(Program::Gate::kClosed);
  program.pair.close();
  CHECK(program.poll() == (POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP));
  CHECK(program.read_all() == "ECONNRESET");
  CHECK_FALSE(program.pair.is_open());
}

TEST_CASE("a pair may be made with its gate open") {
  auto made = Pair::make("a7600-pair-test-open", true, true);
  REQUIRE(made.ok());
  pollfd poll{made.value().program_end.get(), POLLIN | POLLOUT, 0};
  REQUIRE(::poll(&poll, 1, 0) == 1);
  CHECK(poll.revents == POLLOUT);
  CHECK(made.value().pair.pending() == 0);
  made.value().pair.close();
  char byte = 0;
  CHECK(::recv(made.value().program_end.get(), &byte, 1, 0) == -1);
  CHECK(errno == ECONNRESET);
}

// ---- What the program writes

TEST_CASE("what the program writes is taken in order, in parts of any size") {
  for (const std::size_t part : {1U, 2U, 3U, 7U, 100U}) {
    Program program;
    REQUIRE(program.write("first ") == 0);
    REQUIRE(program.write("second") == 0);
    CHECK(program.pair.pending() == 12);
    CHECK(program.take_all(part) == "first second");
    CHECK(program.pair.pending() == 0);
  }
}

TEST_CASE("one byte at a time arrives one byte at a time") {
  Program program;
  for (char c = 'a'; c <= 'z'; ++c) {
    REQUIRE(program.write({&c, 1}) == 0);
    REQUIRE(program.take_all() == std::string(1, c));
  }
}

TEST_CASE("after small writes are taken the program can write again") {
  for (const std::size_t size : {1U, 100U, 1500U, 2047U, 2048U}) {
    INFO(size);
    Program program;
    for (int i = 0; i < 50; ++i) {
      REQUIRE(program.write(std::string(size, 'x')) == 0);
      REQUIRE(program.take_all() == std::string(size, 'x'));
      REQUIRE(program.writable());
    }
  }
}

TEST_CASE("after large writes are taken the program can write again") {
  Program program;
  for (int i = 0; i < 20; ++i) {
    const std::size_t written = program.fill();
    REQUIRE(written >= 16384);
    REQUIRE_FALSE(program.writable());
    REQUIRE(program.take_all() == std::string(written, 'f'));
    REQUIRE(program.writable());
  }
}

TEST_CASE("a large write behind a kept byte does not keep the program from writing") {
  Program program;
  REQUIRE(program.write("small") == 0);
  REQUIRE(program.take_all() == "small");
  const std::size_t written = program.fill();
  CHECK(program.take_all() == std::string(written, 'f'));
  CHECK(program.writable());
  REQUIRE(program.write("small again") == 0);
  CHECK(program.take_all() == "small again");
}

TEST_CASE("taking in parts while the program writes on loses and repeats nothing") {
  Program program;
  std::string written;
  std::string taken;
  std::array<std::byte, 5> buffer;
  for (int i = 0; i < 500; ++i) {
    const std::string text = std::to_string(i) + ' ';
    REQUIRE(program.write(text) == 0);
    written += text;
    for (int turn = 0; turn < i % 3; ++turn) {
      const std::size_t size = program.pair.take(buffer).size;
      taken.append(reinterpret_cast<const char*>(buffer.data()), size);
    }
    REQUIRE(program.pair.pending() == written.size() - taken.size());
    if (i % 50 == 0) taken += program.take_all();
  }
  taken += program.take_all();
  CHECK(taken == written);
}

// ---- Reset

TEST_CASE("a program that has written nothing sees a reset") {
  Program program;
  program.pair.close();
  CHECK(program.read_all() == "ECONNRESET");
  CHECK(program.write("x") == EPIPE);
}

TEST_CASE("a program whose small writes were all taken sees a reset") {
  for (const std::size_t size : {1U, 2U, 500U, 2048U}) {
    for (const std::size_t part : {1U, 3U, 1500U, 4096U}) {
      for (const int times : {1, 2, 5}) {
        INFO(size << " bytes, taken by " << part << ", " << times << " times");
        Program program;
        for (int i = 0; i < times; ++i) {
          REQUIRE(program.write(std::string(size, 'x')) == 0);
          REQUIRE(program.take_all(part) == std::string(size, 'x'));
        }
        program.pair.close();
        CHECK(program.read_all() == "ECONNRESET");
      }
    }
  }
}

TEST_CASE("a program with bytes that were not taken sees a reset") {
  Program program;
  program.fill();
  program.pair.close();
  CHECK(program.read_all() == "ECONNRESET");
}

TEST_CASE("behind a large write that was taken a reset is an end of file, then EPIPE") {
  Program program;
  program.fill();
  program.take_all();
  program.pair.close();
  CHECK(program.read_all() == "end of file");
  CHECK(program.write("x") == EPIPE);
}

TEST_CASE("a small write behind a large one makes a reset visible again") {
  Program program;
  program.fill();
  program.take_all();
  REQUIRE(program.write("x") == 0);
  REQUIRE(program.take_all() == "x");
  program.pair.close();
  CHECK(program.read_all() == "ECONNRESET");
}

TEST_CASE("what was received before a reset is read first") {
  Program program;
  program.give("last words");
  program.pair.close();
  CHECK(program.read_all() == "last words, ECONNRESET");
}

// ---- How the program ends

TEST_CASE("a shut-down write side ends what is taken, once all of it is") {
  Program program;
  REQUIRE(program.write("bye") == 0);
  REQUIRE(::shutdown(program.end.get(), SHUT_WR) == 0);
  std::array<std::byte, 2> buffer;
  Pair::Taken taken = program.pair.take(buffer);
  CHECK(taken.size == 2);
  CHECK_FALSE(taken.end);
  taken = program.pair.take(buffer);
  CHECK(taken.size == 1);
  CHECK(program.take_nothing().end);
  CHECK_FALSE(program.pair.hung_up());
  program.give("still read");
  CHECK(program.read_all() == "still read, EAGAIN");
}

TEST_CASE("a closed program ends what is taken, and has hung up") {
  Program program;
  REQUIRE(program.write("bye") == 0);
  CHECK_FALSE(program.pair.hung_up());
  program.end.reset();
  CHECK(program.pair.hung_up());
  CHECK(program.take_all() == "bye");
  const Pair::Taken taken = program.take_nothing();
  CHECK(taken.end);
  CHECK_FALSE(taken.reset);
}

TEST_CASE("a program is only gone with its last descriptor") {
  Program program;
  const UniqueFd second(::dup(program.end.get()));
  program.end.reset();
  CHECK_FALSE(program.pair.hung_up());
  CHECK_FALSE(program.take_nothing().end);
}

TEST_CASE("a program that closes with received data unread resets, behind what it wrote") {
  Program program;
  program.give("unread");
  REQUIRE(program.write("bye") == 0);
  program.end.reset();
  CHECK(program.take_all() == "bye");
  CHECK(program.take_nothing().reset);
}

TEST_CASE("a program that closes before the gate opens has hung up") {
  Program program(Program::Gate::kClosed);
  CHECK_FALSE(program.pair.hung_up());
  program.end.reset();
  CHECK(program.pair.hung_up());
}

// ---- What the program reads

TEST_CASE("what is given is read, in order") {
  Program program;
  program.give("one ");
  program.give("two");
  CHECK(program.pair.room());
  CHECK(program.read_all() == "one two, EAGAIN");
}

TEST_CASE("giving nothing is nothing") {
  Program program;
  program.give("");
  CHECK(program.pair.room());
  CHECK(program.read_all() == "EAGAIN");
}

TEST_CASE("what does not fit is kept and given later") {
  Program program;
  std::string given;
  for (int i = 0; program.pair.room(); ++i) {
    REQUIRE(i < 10000);
    const std::string chunk(1500, static_cast<char>('a' + i % 26));
    program.give(chunk);
    given += chunk;
  }
  CHECK_FALSE(program.pair.flush());
  std::string read = program.read_all();
  CHECK(program.pair.flush());
  CHECK(program.pair.room());
  read.erase(read.rfind(", "));
  std::string rest = program.read_all();
  rest.erase(rest.rfind(", "));
  CHECK(read + rest == given);
}

TEST_CASE("a chunk larger than any buffer is given by and by") {
  Program program;
  std::string given(3'000'000, '.');
  for (std::size_t i = 0; i < given.size(); ++i) given[i] = static_cast<char>('a' + i % 23);
  program.give(given);
  std::string read;
  for (int i = 0; i < 1000 && read.size() < given.size(); ++i) {
    std::string part = program.read_all();
    part.erase(part.rfind("EAGAIN"));
    if (part.ends_with(", ")) part.resize(part.size() - 2);
    read += part;
    program.pair.flush();
  }
  CHECK((read == given));
  CHECK(program.pair.room());
}

TEST_CASE("finishing is an end of file and no hang-up, and the program may write on") {
  Program program;
  program.give("data");
  program.pair.finish();
  CHECK(program.poll() == (POLLIN | POLLOUT | POLLRDHUP));
  CHECK(program.read_all() == "data, end of file");
  CHECK(program.write("more") == 0);
  CHECK(program.take_all() == "more");
}

// `nc -N` lost the answer: with both directions shut the engine closed its end, and the kept byte
// made a reset of it, for which nc gives up what it has not read.
TEST_CASE("closing after finishing is no reset, however little the program has read") {
  for (const char* written : {"", "x", "request"}) {
    Program program;
    REQUIRE(program.write(written) == 0);
    REQUIRE(program.take_all() == written);
    REQUIRE(::shutdown(program.end.get(), SHUT_WR) == 0);
    program.give("answer");
    program.pair.finish();
    program.pair.close();
    CHECK((program.poll() & POLLERR) == 0);
    CHECK(program.read_all() == "answer, end of file");
  }
}

TEST_CASE("a closed program is deaf, and what is given to it takes no room") {
  Program program;
  program.end.reset();
  CHECK_FALSE(program.pair.deaf());
  program.give("x");
  CHECK(program.pair.deaf());
  CHECK(program.pair.room());
}

TEST_CASE("a program that has shut its read side down is deaf, and may write on") {
  Program program;
  REQUIRE(::shutdown(program.end.get(), SHUT_RD) == 0);
  program.give("x");
  CHECK(program.pair.deaf());
  REQUIRE(program.write("y") == 0);
  CHECK(program.take_all() == "y");
}

TEST_CASE("what was kept for a program that closes is let go") {
  Program program;
  program.give(std::string(3'000'000, 'x'));
  REQUIRE_FALSE(program.pair.room());
  program.end.reset();
  CHECK(program.pair.flush());
  CHECK(program.pair.deaf());
}

// ---- A listening socket's news

TEST_CASE("a record and its descriptor arrive together, gate or no gate") {
  Program program(Program::Gate::kClosed);
  const UniqueFd passed(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::string record = "record";
  REQUIRE(program.pair.give_descriptor(std::as_bytes(std::span(record)), passed));
  CHECK(program.poll() == POLLIN);
  std::array<char, 16> buffer;
  std::array<char, CMSG_SPACE(sizeof(int))> control;
  iovec part{buffer.data(), buffer.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  REQUIRE(::recvmsg(program.end.get(), &header, MSG_CMSG_CLOEXEC) == 6);
  CHECK(std::string(buffer.data(), 6) == record);
  const cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  REQUIRE(rights != nullptr);
  int number = -1;
  std::memcpy(&number, CMSG_DATA(rights), sizeof(number));
  const UniqueFd arrived(number);
  CHECK(arrived);
}

TEST_CASE("a record for which there is no room is not given in part") {
  Program program;
  const UniqueFd passed(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::string record(64, 'r');
  std::size_t given = 0;
  while (program.pair.give_descriptor(std::as_bytes(std::span(record)), passed)) {
    REQUIRE(++given < 100000);
  }
  std::string read = program.read_all();
  CHECK(read == std::string(64 * given, 'r') + ", EAGAIN");
}

}  // namespace
}  // namespace a7600::engine
