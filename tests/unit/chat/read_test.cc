// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "recorder.h"

namespace a7600::test {
namespace {

using namespace std::chrono_literals;

std::string answer(std::string_view payload, int link = 1, int rest = 0) {
  return "\r\n+CIPRXGET: 2," + std::to_string(link) + "," + std::to_string(payload.size()) + "," +
         std::to_string(rest) + "\r\n" + std::string(payload) + "\r\n\r\nOK\r\n";
}

TEST_CASE("a read's payload comes with its answer") {
  CHECK(replay(reading(1), answer("data ", 1, 11)).events == Events{"ok read=1,5,11 'data '"});
}

TEST_CASE("a payload may be followed by OK without an empty line") {
  CHECK(replay(reading(1), "\r\n+CIPRXGET: 2,1,5,11\r\ndata \r\nOK\r\n").events ==
        Events{"ok read=1,5,11 'data '"});
}

// A line that loses a byte of a payload makes one of those behind it the payload's end.
TEST_CASE("a payload that a line end does not follow has a gap") {
  for (const std::string_view end : {"OK\r\n", "\n\r\nOK\r\n", "\nOK\r\n", "a \r\nOK\r\n"}) {
    INFO(end);
    CHECK(replay(reading(1), "\r\n+CIPRXGET: 2,1,5,11\r\ndata " + std::string(end)).events.back() ==
          "ok read=1,5,11 'data ' with a gap");
  }
}

TEST_CASE("a payload ends as its header does") {
  CHECK(replay(reading(1), "\n+CIPRXGET: 2,1,5,11\ndata \nOK\n").events ==
        Events{"ok read=1,5,11 'data '"});
  CHECK(replay(reading(1), "\r\r\n+CIPRXGET: 2,1,5,11\r\r\ndata \r\r\nOK\r\r\n").events ==
        Events{"ok read=1,5,11 'data '"});
}

TEST_CASE("a payload that looks like the module's words is data") {
  for (const std::string_view payload :
       {"\r\nOK\r\n", "\r\nERROR\r\n", "\r\n+IPCLOSE: 0,1\r\n", "\r\n+IPCLOSE: 1,1\r\n", ">", "\n>",
        "\r\n+CIPRXGET: 2,1,1500,0\r\n", "\r\nRDY\r\n", "\r\n+CIPEVENT: NETWORK CLOSED\r\n", "\r",
        "\n", "\r\n", "AT+CIPRXGET=2,1\r"}) {
    INFO(payload);
    CHECK(replay(reading(1), answer(payload)).events ==
          Events{"ok read=1," + std::to_string(payload.size()) + ",0 '" + std::string(payload) +
                 "'"});
  }
}

TEST_CASE("a payload holds any byte") {
  std::string payload;
  for (int i = 0; i < 256; ++i) payload += static_cast<char>(i);
  CHECK(replay(reading(1), answer(payload)).events == Events{"ok read=1,256,0 '" + payload + "'"});
}

TEST_CASE("the largest payload is read") {
  const std::string payload(1500, '\n');
  Recorder recorder;
  recorder.send(reading(1));
  recorder.feed(answer(payload, 1, 65536));
  CHECK(recorder.events == Events{"ok read=1,1500,65536 '" + payload + "'"});
}

TEST_CASE("an answer may announce an empty payload") {
  CHECK(replay(reading(1), "\r\n+CIPRXGET: 2,1,0,0\r\n\r\nOK\r\n").events ==
        Events{"ok read=1,0,0 ''"});
}

TEST_CASE("an empty buffer is an error with its reason") {
  CHECK(replay(reading(1), "\r\n+IP ERROR: No data\r\n\r\nERROR\r\n").events ==
        Events{"error info=22 (No data)"});
}

TEST_CASE("a read answered by OK alone has no header") {
  CHECK(replay(reading(1), "\r\nOK\r\n").events == Events{"ok"});
}

TEST_CASE("with echo on, a read's answer is the same") {
  CHECK(replay(reading(1), "AT+CIPRXGET=2,1\r" + answer("x")).events ==
        Events{"ok read=1,1,0 'x'"});
}

TEST_CASE("another link's payload is counted out and dropped") {
  CHECK(replay(reading(1), answer("\r\nRDY\r\n", 2).substr(0, 29) + answer("mine")).events ==
        Events{"ok read=1,4,0 'mine'"});
}

TEST_CASE("a second payload does not replace the first") {
  const std::string once = "\r\n+CIPRXGET: 2,1,3,0\r\none";
  CHECK(replay(reading(1), once + "\r\n+CIPRXGET: 2,1,3,0\r\ntwo\r\nOK\r\n").events ==
        Events{"ok read=1,3,0 'one'"});
}

TEST_CASE("a payload that no command asked for is counted out and dropped") {
  CHECK(replay(plain("AT"), answer("\r\nERROR\r\n")).events == Events{"ok"});
  Recorder recorder;
  recorder.feed("\r\n+CIPRXGET: 2,1,9,0\r\n\r\nERROR\r\n\r\nSMS DONE\r\n");
  CHECK(recorder.events == Events{"urc SMS DONE"});
}

TEST_CASE("a payload during a send is counted out and dropped") {
  const Replayed got = replay(sending(1, "HELLO"),
                              "\r\n+CIPRXGET: 2,1,4,0\r\n\r\n>\n\r\n>\r\nOK\r\n"
                              "\r\n+CIPSEND: 1,5,5\r\n");
  CHECK(got.events == Events{"ok prompted sent=1,5,5"});
}

// Seen in review: such a header was taken for an unknown line and its payload for lines.
TEST_CASE("a payload larger than the manual's largest is data all the same") {
  std::string payload = std::string(1600, 'x') + "\r\nERROR\r\n\r\n+IPCLOSE: 1,1\r\n";
  Recorder recorder;
  recorder.send(reading(1));
  recorder.feed(answer(payload));
  CHECK(recorder.events ==
        Events{"ok read=1," + std::to_string(payload.size()) + ",0 '" + payload + "'"});
}

TEST_CASE("a payload in hexadecimal ends with its line") {
  CHECK(replay(plain("AT+CIPRXGET=3,1,5"), "\r\n+CIPRXGET: 3,1,5,6\r\n66726F6D20\r\n\r\nOK\r\n")
            .events == Events{"line 66726F6D20", "ok"});
}

TEST_CASE("reads in a row keep their payloads apart") {
  Recorder recorder;
  int left = 3;
  recorder.after_answer = [&] {
    if (--left > 0) recorder.send(reading(1));
  };
  recorder.send(reading(1));
  recorder.feed(answer("first one", 1, 4) + answer("next", 1, 1) + answer("z"));
  CHECK(recorder.events ==
        Events{"ok read=1,9,4 'first one'", "ok read=1,4,1 'next'", "ok read=1,1,0 'z'"});
}

}  // namespace
}  // namespace a7600::test
