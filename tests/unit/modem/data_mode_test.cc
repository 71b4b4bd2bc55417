// SPDX-License-Identifier: MIT
#include "modem/data_mode.h"

#include <catch2/catch.hpp>
#include <string>

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

struct Line {
  DataMode mode;
  chat::TimePoint now{1h};
  std::string given;
  std::string written;

  Line() { mode.enter(now); }
  void receive(std::string_view text) {
    given += mode.receive(std::as_bytes(std::span(text)), now);
  }
  void write(std::string_view text) { mode.write(text, written, now); }
  // Passes the time until the mode wakes, and says what it then wants.
  DataMode::Step wake() {
    REQUIRE(mode.wake().has_value());
    now = std::max(now, *mode.wake());
    const DataMode::Step step = mode.on_time(now);
    if (step == DataMode::Step::kEscape) mode.escape_written(now);
    return step;
  }
};

TEST_CASE("what can't be the module's own words passes at once") {
  Line line;
  line.receive("some data\nCLOSED for today");
  CHECK(line.given == "some data\nCLOSED for today");
  line.receive(std::string_view("\x00\xff\r\nabc", 7));
  CHECK(line.given.size() == 33);
  CHECK_FALSE(line.mode.wake().has_value());
}

TEST_CASE("the beginning of a notice is held for a moment only") {
  Line line;
  line.receive("data\r\n");
  CHECK(line.given == "data");
  CHECK(line.wake() == DataMode::Step::kReleased);
  CHECK(line.mode.take_held() == "\r\n");
}

TEST_CASE("a notice in pieces is held back whole") {
  Line line;
  for (const char byte : std::string("the end\r\nCLOSED\r\n\r\n+IPCLOSE: 0,1\r\n")) {
    line.receive(std::string_view(&byte, 1));
  }
  CHECK(line.given == "the end");
  CHECK_FALSE(line.mode.flows());
  CHECK(line.wake() == DataMode::Step::kEscape);
  CHECK(line.wake() == DataMode::Step::kCommandMode);
  CHECK_FALSE(line.mode.escape_answered());
  CHECK(line.mode.notice() == "\r\nCLOSED\r\n\r\n+IPCLOSE: 0,1\r\n");
}

// Seen with a restart between codes of other kinds, in fragments with pauses: its lines came out as
// data.
TEST_CASE("other codes behind a notice are the module's, too, whole or not yet") {
  Line line;
  line.receive("the end\r\n*ATREADY: 1\r\n\r\n+CREG: 1\r\n\r\nDST: 0\r\n\r\n*PSUT");
  CHECK(line.given == "the end");
  CHECK_FALSE(line.mode.flows());
  line.receive("TZ: 22/11/20\r\n");
  CHECK(line.given == "the end");
  CHECK(line.wake() == DataMode::Step::kEscape);
  CHECK(line.wake() == DataMode::Step::kCommandMode);
}

TEST_CASE("a restart may begin with any marked code") {
  Line line;
  line.receive("the end\r\n+CTZV: 22/11/20\r\n\r\nRING\r\n");
  CHECK(line.given == "the end");
  CHECK_FALSE(line.mode.flows());
}

// Seen in the matrix: a restart whose first code had no mark came out as data.
TEST_CASE("a restart that begins with a NUL may go on with any code") {
  const std::string restart("\0\r\nDST: 0\r\n\r\nRDY\r\n", 18);
  for (const std::size_t cut : {restart.size(), std::size_t{5}, std::size_t{12}}) {
    CAPTURE(cut);
    Line line;
    line.receive("the end" + restart.substr(0, cut));
    line.receive(restart.substr(cut));
    CHECK(line.given == "the end");
    CHECK_FALSE(line.mode.flows());
  }
  Line line;
  line.receive("the end\r\nDST: 0\r\n");
  CHECK(line.given == "the end\r\nDST: 0");
}

// Seen in the matrix (upload/transparent/a7670/13228712/!net-drop open): they were read as the
// peer's answer.
TEST_CASE("what the module says to bytes that came too late for the peer is its own, too") {
  Line line;
  line.receive("\r\nCLOSED\r\n\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n");
  line.receive("\r\nERROR\r\n\r\nOK\r\n\r\nERROR\r\n\r\nOK\r\n");
  CHECK(line.given.empty());
  CHECK(line.wake() == DataMode::Step::kEscape);
  SECTION("and no answer to the escape sequence") {
    CHECK(line.wake() == DataMode::Step::kCommandMode);
    CHECK_FALSE(line.mode.escape_answered());
  }
  SECTION("an answer is what comes behind that") {
    line.receive("\r\nOK\r\n");
    CHECK(line.wake() == DataMode::Step::kCommandMode);
    CHECK(line.mode.escape_answered());
  }
}

TEST_CASE("text behind a notice shows that both are the peer's") {
  Line line;
  line.receive("\r\nRDY\r\n+CREG: 1\r\nand so on");
  CHECK(line.given == "\r\nRDY\r\n+CREG: 1\r\nand so on");
  CHECK(line.mode.flows());
}

TEST_CASE("an end of line before the notice's own is the peer's") {
  Line line;
  line.receive("a line\r\n\r\nCLOSED\r\n");
  CHECK(line.wake() == DataMode::Step::kEscape);
  CHECK(line.wake() == DataMode::Step::kCommandMode);
  CHECK(line.given + line.mode.take_before_notice() == "a line\r\n");
}

TEST_CASE("a byte before the notice that could begin a code is the peer's") {
  for (const std::string last : {"+", "*", "R", "+C", "*1", "+:"}) {
    CAPTURE(last);
    Line line;
    line.receive("data" + last + "\r\nCLOSED\r\n");
    CHECK_FALSE(line.mode.flows());
    CHECK(line.given + line.mode.take_before_notice() == "data" + last);
  }
}

TEST_CASE("a notice with more behind it was the peer's") {
  Line line;
  line.receive("\r\nCLOSED\r\n");
  line.receive("no");
  CHECK(line.given == "\r\nCLOSED\r\nno");
  CHECK(line.mode.flows());
}

TEST_CASE("codes that never pause behind a notice don't put the question off for ever") {
  Line line;
  line.receive("the end\r\nCLOSED\r\n");
  for (int i = 0; i < 24; ++i) {
    line.now += 20ms;
    line.receive("\r\n+CREG: 1\r\n");
    REQUIRE(line.mode.on_time(line.now) == DataMode::Step::kNone);
  }
  line.now += 20ms;
  line.receive("\r\n+CREG: 1\r\n");
  line.now = *line.mode.wake();
  CHECK(line.mode.on_time(line.now) == DataMode::Step::kEscape);
  CHECK(line.given == "the end");
}

TEST_CASE("an answered escape sequence means that the notice was the peer's") {
  Line line;
  line.receive("\r\nCLOSED\r\n");
  CHECK(line.wake() == DataMode::Step::kEscape);
  line.now += 1s;
  line.receive("more\r\nOK\r\n");
  CHECK(line.wake() == DataMode::Step::kCommandMode);
  CHECK(line.mode.escape_answered());
  CHECK(line.mode.take_held() == "\r\nCLOSED\r\nmore");
}

TEST_CASE("the escape sequence waits for silence, counted from when the line is done") {
  Line line;
  line.mode.set_rate(9600);
  line.write(std::string(960, 'x'));  // a second's worth
  line.mode.request_command_mode();
  const auto asked = line.now;
  CHECK(line.wake() == DataMode::Step::kEscape);
  CHECK(line.now - asked >= 2s);
}

TEST_CASE("a line that is faster than its rate is believed") {
  Line line;
  line.mode.set_rate(9600);
  for (int i = 0; i < 100; ++i) {
    line.write(std::string(10'000, 'x'));
    line.now += 10ms;
  }
  line.mode.request_command_mode();
  const auto asked = line.now;
  CHECK(line.wake() == DataMode::Step::kEscape);
  CHECK(line.now - asked < 1500ms);
}

TEST_CASE("an unanswered escape sequence is repeated, and then given up") {
  Line line;
  line.mode.request_command_mode();
  int escapes = 0;
  for (;;) {
    const DataMode::Step step = line.wake();
    if (step == DataMode::Step::kCommandMode) break;
    escapes += step == DataMode::Step::kEscape ? 1 : 0;
    REQUIRE(escapes < 10);
  }
  CHECK(escapes == 3);
  CHECK_FALSE(line.mode.escape_answered());
}

TEST_CASE("the program's last bytes leave before the escape sequence") {
  Line line;
  line.write("+++");
  CHECK(line.written == "++");
  CHECK(line.mode.holds_output());
  line.now = *line.mode.wake();
  line.write({});
  CHECK(line.written == "+++");
  CHECK_FALSE(line.mode.holds_output());
}

}  // namespace
}  // namespace a7600::modem
