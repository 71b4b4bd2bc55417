// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "recorder.h"

namespace a7600::test {
namespace {

using namespace std::chrono_literals;

Events events_of(const chat::Command& command, std::string_view stream) {
  return replay(command, stream).events;
}

// ---- Final results

TEST_CASE("a command is written with the CR that ends it") {
  Recorder recorder;
  recorder.send(plain("ATE0"));
  CHECK(recorder.output() == "ATE0\r");
  CHECK_FALSE(recorder.chat.idle());
}

TEST_CASE("OK ends a plain command") {
  CHECK(events_of(plain("ATE0"), "\r\nOK\r\n") == Events{"ok"});
}

TEST_CASE("ERROR ends a plain command") {
  CHECK(events_of(plain("AT+X"), "\r\nERROR\r\n") == Events{"error"});
}

TEST_CASE("CME ERROR ends a plain command, with its number or its words") {
  CHECK(events_of(plain("AT+CPIN?"), "\r\n+CME ERROR: 10\r\n") == Events{"error err=10 (10)"});
  CHECK(events_of(plain("AT+CPIN?"), "\r\n+CME ERROR: SIM not inserted\r\n") ==
        Events{"error (SIM not inserted)"});
}

TEST_CASE("IP ERROR is the reason of the ERROR that follows") {
  CHECK(events_of(plain("AT+IPADDR"), "\r\n+IP ERROR: Network not opened\r\n\r\nERROR\r\n") ==
        Events{"error info=8 (Network not opened)"});
  CHECK(events_of(plain("AT+IPADDR"), "\r\n+IP ERROR: 8\r\n\r\nERROR\r\n") ==
        Events{"error info=8 (8)"});
}

TEST_CASE("CIPERROR is the reason of the ERROR that follows") {
  CHECK(events_of(plain("AT+SERVERSTART?"), "\r\n+CIPERROR: 2\r\n\r\nERROR\r\n") ==
        Events{"error err=2"});
}

TEST_CASE("a reason without its ERROR does not end the command") {
  CHECK(events_of(plain("AT+IPADDR"), "\r\n+IP ERROR: Network not opened\r\n").empty());
}

// ---- Lines

TEST_CASE("the lines of an answer are reported in their order") {
  CHECK(events_of(plain("AT+CIPOPEN?"),
                  "\r\n+CIPOPEN: 0\r\n+CIPOPEN: 1,\"TCP\",\"192.0.2.1\",80,-1\r\n\r\nOK\r\n") ==
        Events{"line +CIPOPEN: 0", "line +CIPOPEN: 1,\"TCP\",\"192.0.2.1\",80,-1", "ok"});
}

TEST_CASE("a result before OK is a line of the answer") {
  CHECK(events_of(plain("AT+CIPCLOSE=1"), "\r\n+CIPCLOSE: 1,0\r\n\r\nOK\r\n") ==
        Events{"line +CIPCLOSE: 1,0", "ok"});
}

TEST_CASE("a result behind OK is reported when it comes") {
  CHECK(events_of(plain("AT+CIPCLOSE=1"), "\r\nOK\r\n\r\n+CIPCLOSE: 1,0\r\n") ==
        Events{"ok", "urc +CIPCLOSE: 1,0"});
}

TEST_CASE("a failure's result before ERROR is a line of the answer") {
  CHECK(events_of(plain("AT+CIPOPEN=9"), "\r\n+CIPOPEN: 9,4\r\n\r\nERROR\r\n") ==
        Events{"line +CIPOPEN: 9,4", "error"});
}

TEST_CASE("an unknown line belongs to the answer") {
  CHECK(events_of(plain("ATI"), "\r\nManufacturer: SIMCOM\r\n\r\nOK\r\n") ==
        Events{"line Manufacturer: SIMCOM", "ok"});
}

TEST_CASE("lines without a command in flight are reported") {
  Recorder recorder;
  recorder.feed("\r\nSMS DONE\r\n\r\nOK\r\n");
  CHECK(recorder.events == Events{"urc SMS DONE", "urc OK"});
}

TEST_CASE("a stray '>' is a line") {
  CHECK(events_of(plain("AT"), "\r\n>\r\nOK\r\n") == Events{"line >", "ok"});
}

// ---- Echo

TEST_CASE("a command's echo is taken out and noticed") {
  const Replayed got = replay(plain("ATE0"), "ATE0\r\r\nOK\r\n");
  CHECK(got.events == Events{"ok"});
  CHECK(got.echo_seen);
}

TEST_CASE("no echo is noticed where there is none") {
  CHECK_FALSE(replay(plain("ATE0"), "\r\nOK\r\n").echo_seen);
}

TEST_CASE("each command looks for its own echo") {
  Recorder recorder;
  recorder.send(plain("ATE0"));
  recorder.feed("ATE0\r\r\nOK\r\n");
  recorder.send(plain("AT"));
  recorder.feed("\r\nOK\r\n");
  CHECK_FALSE(recorder.chat.echo_seen());
}

TEST_CASE("the echo of another command is a line") {
  CHECK(events_of(plain("AT"), "ATE0\r\r\nOK\r\n") == Events{"line ATE0", "ok"});
}

// ---- The next command

TEST_CASE("the listener may send the next command from inside an answer") {
  Recorder recorder;
  recorder.after_answer = [&] {
    recorder.after_answer = nullptr;
    recorder.send(plain("AT+SECOND"));
  };
  recorder.send(plain("AT+FIRST"));
  CHECK(recorder.output() == "AT+FIRST\r");
  recorder.feed("\r\nOK\r\n");
  CHECK(recorder.output() == "AT+SECOND\r");
  recorder.feed("\r\n+SECOND: 1\r\n\r\nERROR\r\n");
  CHECK(recorder.events == Events{"ok", "line +SECOND: 1", "error"});
}

TEST_CASE("nothing of an answer is left for the next one") {
  Recorder recorder;
  recorder.send(plain("AT+FIRST"));
  recorder.feed("\r\n+IP ERROR: No data\r\n\r\n+CIPERROR: 4\r\n\r\nERROR\r\n");
  recorder.send(plain("AT+SECOND"));
  recorder.feed("\r\nERROR\r\n");
  CHECK(recorder.events == Events{"error err=4 info=22 (No data)", "error"});
}

TEST_CASE("raw bytes go out between the commands") {
  Recorder recorder;
  recorder.chat.write_raw("+++");
  recorder.send(plain("ATE0"));
  CHECK(recorder.chat.has_output());
  CHECK(recorder.output() == "+++ATE0\r");
  CHECK_FALSE(recorder.chat.has_output());
}

TEST_CASE("taking the output replaces what was in the caller's string") {
  Recorder recorder;
  std::string out = "old";
  recorder.chat.take_output(out);
  CHECK(out.empty());
}

}  // namespace
}  // namespace a7600::test
