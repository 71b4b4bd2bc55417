// SPDX-License-Identifier: MIT
//
// Direct push mode (manual 1.2, 2.8, 2.9, 2.13): payloads that nobody asked for.
#include <algorithm>
#include <catch2/catch.hpp>

#include "recorder.h"

namespace a7600::test {
namespace {

using namespace std::chrono_literals;

Events pushed(std::string_view stream) { return replay(plain("AT"), stream).events; }

TEST_CASE("a pushed payload is reported with its link") {
  CHECK(pushed("\r\n+RECEIVE,1,5\r\nhello\r\nOK\r\n") == Events{"pushed 1 ? 'hello'", "ok"});
  CHECK(pushed("\r\n+RECEIVE,1,5:\r\nhello\r\nOK\r\n") == Events{"pushed 1 ? 'hello'", "ok"});
}

TEST_CASE("a pushed payload is reported with its sender where the module tells") {
  CHECK(pushed("\r\nRECV FROM:192.0.2.1:80\r\n+RECEIVE,1,5\r\nhello\r\nOK\r\n") ==
        Events{"pushed 1 192.0.2.1:80 'hello'", "ok"});
  CHECK(pushed("\r\n+RECV FROM:192.0.2.1:80\r\n+IPD5\r\nhello\r\nOK\r\n") ==
        Events{"pushed -1 192.0.2.1:80 'hello'", "ok"});
}

TEST_CASE("6.2.1.3: a payload without its link is reported as such") {
  CHECK(pushed("RECV FROM:117.131.85.139:5253\r\n+IPD16\r\ndata from server\r\nOK\r\n") ==
        Events{"pushed -1 117.131.85.139:5253 'data from server'", "ok"});
}

TEST_CASE("a sender is the next payload's and no other's") {
  CHECK(pushed("\r\nRECV FROM:192.0.2.1:80\r\n+IPD1\r\na\r\n+IPD1\r\nb\r\nOK\r\n") ==
        Events{"pushed -1 192.0.2.1:80 'a'", "pushed -1 ? 'b'", "ok"});
  CHECK(pushed("\r\nRECV FROM:192.0.2.1:80\r\n\r\n+IPCLOSE: 3,1\r\n+IPD1\r\nb\r\nOK\r\n") ==
        Events{"urc +IPCLOSE: 3,1", "pushed -1 ? 'b'", "ok"});
}

TEST_CASE("a pushed payload that looks like the module's words is data") {
  const std::string payload = "\r\nOK\r\n\r\n+IPCLOSE: 1,1\r\n+RECEIVE,2,5\r\nRDY\r\n>";
  CHECK(pushed("\r\n+RECEIVE,1," + std::to_string(payload.size()) + "\r\n" + payload +
               "\r\nERROR\r\n") == Events{"pushed 1 ? '" + payload + "'", "error"});
}

TEST_CASE("payloads without anything between them are kept apart") {
  CHECK(pushed("\r\n+RECEIVE,1,3\r\none\r\n+RECEIVE,2,3\r\ntwo+RECEIVE,1,5\r\nthree\r\nOK\r\n") ==
        Events{"pushed 1 ? 'one'", "pushed 2 ? 'two'", "pushed 1 ? 'three'", "ok"});
}

TEST_CASE("an empty pushed payload is one, too: an empty datagram") {
  CHECK(pushed("\r\n+RECEIVE,1,0\r\n\r\nOK\r\n") == Events{"pushed 1 ? ''", "ok"});
}

TEST_CASE("data is pushed between any two parts of a send") {
  const std::string push = "\r\n+RECEIVE,1,4\r\n\r\n> \r\n";
  const std::vector<std::string> parts = {"\r\n>", "\r\nOK\r\n", "\r\n+CIPSEND: 1,5,5\r\n"};
  for (std::size_t at = 0; at <= parts.size(); ++at) {
    INFO("before part " << at);
    std::string stream;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i == at) stream += push;
      stream += parts[i];
    }
    if (at == parts.size()) stream += push;
    const Replayed got = replay(sending(1, "HELLO"), stream);
    CHECK(got.output == "AT+CIPSEND=1,5\rHELLO");
    const Events first = {"pushed 1 ? '\r\n> '", "ok prompted sent=1,5,5"};
    const Events last = {"ok prompted sent=1,5,5", "pushed 1 ? '\r\n> '"};
    CHECK(got.events == (at == parts.size() ? last : first));
  }
}

TEST_CASE("a pushed payload does not take a read's place") {
  CHECK(replay(reading(1), "\r\n+RECEIVE,1,4\r\npush\r\n+CIPRXGET: 2,1,4,0\r\nread\r\n\r\nOK\r\n")
            .events == Events{"pushed 1 ? 'push'", "ok read=1,4,0 'read'"});
}

TEST_CASE("a pushed payload that stops in its middle is cut after two seconds of silence") {
  Recorder recorder;
  recorder.feed("\r\n+RECEIVE,1,900\r\nhalf");
  CHECK(recorder.chat.deadline() == recorder.now + 2s);
  recorder.pass(1999ms);
  recorder.feed(" of");
  recorder.pass(1999ms);
  CHECK(recorder.events.empty());
  recorder.pass(1ms);
  CHECK(recorder.events == Events{"cut 1"});
  CHECK_FALSE(recorder.chat.deadline().has_value());
  recorder.feed("\r\nSMS DONE\r\n");
  CHECK(recorder.events == Events{"cut 1", "urc SMS DONE"});
}

TEST_CASE("a command sent while a payload is pushed is answered behind it") {
  Recorder recorder;
  recorder.feed("\r\n+RECEIVE,1,6\r\nbeg");
  recorder.send(plain("AT"));
  recorder.feed("un!\r\nOK\r\n");
  CHECK(recorder.events == Events{"pushed 1 ? 'begun!'", "ok"});
}

TEST_CASE("pushed data does not keep a command waiting") {
  Recorder recorder;
  recorder.send(plain("AT"));
  for (int i = 0; i < 10; ++i) {
    CHECK(recorder.events.empty());
    recorder.feed(i == 0 ? "\r\n+RECEIVE,1,900\r\nslo" : "ow");
    recorder.pass(1s);
  }
  CHECK(recorder.events == Events{"timeout"});
}

// A line of 9600 baud that is never silent.
void push_slowly(Recorder& recorder, int payloads) {
  for (int i = 0; i < payloads; ++i) {
    recorder.feed("\r\n+RECEIVE,1,1000\r\n");
    for (int sent = 0; sent < 1000; sent += 10) {
      recorder.pass(10ms);
      recorder.feed("ten bytes!");
    }
  }
}

// Seen at a line of a byte a millisecond: it was given up after ten seconds.
TEST_CASE("the time in which a slow line is full of pushed data does not count for a command") {
  Recorder recorder;
  recorder.send(plain("AT"));
  push_slowly(recorder, 20);
  CHECK(recorder.events.size() == 20);
  recorder.feed("\r\nOK\r\n");
  CHECK(recorder.events.back() == "ok");
}

TEST_CASE("a command behind more pushed data than the module can have kept is not answered") {
  Recorder recorder;
  recorder.send(plain("AT"));
  push_slowly(recorder, 65);
  CHECK(recorder.events.size() == 65);
  push_slowly(recorder, 11);
  CHECK(std::count(recorder.events.begin(), recorder.events.end(), "timeout") == 1);
}

TEST_CASE("a command that is hurried does not wait behind pushed data") {
  Recorder recorder;
  recorder.send(plain("AT"));
  recorder.chat.hurry(recorder.now + 2s);
  push_slowly(recorder, 3);
  CHECK(std::count(recorder.events.begin(), recorder.events.end(), "timeout") == 1);
}

// Seen in the matrix of faults: what a program got before its reset ended in "*ATREADY".
TEST_CASE(
    "a restart within a pushed payload is no part of it, however much of it is still to come") {
  const std::string boot("\0\r\n*ATREADY: 1\r\n\r\n+CPIN: READY\r\n", 32);
  for (std::size_t size = 5; size <= 24; ++size) {
    INFO(size);
    Recorder recorder;
    recorder.feed("\r\n+RECEIVE,1," + std::to_string(size) + "\r\nhalf");
    recorder.pass(20ms);
    recorder.feed(boot);
    recorder.pass(20ms);
    recorder.feed("\r\nSMS DONE\r\n");
    REQUIRE_FALSE(recorder.events.empty());
    CHECK(recorder.events.front() == "cut 1");
    for (const std::string& event : recorder.events) CHECK_FALSE(event.starts_with("pushed"));
  }
}

// Seen in the matrix: only what came behind the last pause was looked at.
TEST_CASE("a restart within a pushed payload is none of it with pauses between its words, either") {
  const std::string boot("\0\r\nRDY\r\n", 8);
  for (std::size_t size = 5; size <= 40; ++size) {
    INFO(size);
    Recorder recorder;
    recorder.feed("\r\n+RECEIVE,1," + std::to_string(size) + "\r\nha");
    recorder.pass(20ms);
    recorder.feed("lf");
    for (const std::string& words :
         {boot, std::string("\r\n+CPIN: READY\r\n"), std::string("\r\nSMS DONE\r\n"),
          std::string("\r\nPB DONE\r\n")}) {
      recorder.pass(20ms);
      recorder.feed(words);
    }
    REQUIRE_FALSE(recorder.events.empty());
    CHECK(recorder.events.front() == "cut 1");
    for (const std::string& event : recorder.events) CHECK_FALSE(event.starts_with("pushed"));
  }
}

// Seen in the matrix: noise at the restart filled the payload.
TEST_CASE("a restart within a pushed payload is found behind noise, too") {
  const std::string noise("\0\x12n\xF0\x9Cise, and\r\nmore of i\xFE\r\n", 27);
  for (std::size_t size = 4; size <= 60; ++size) {
    INFO(size);
    Recorder recorder;
    recorder.feed("\r\n+RECEIVE,1," + std::to_string(size) + "\r\nhalf");
    if (size > 4) recorder.pass(100ms);
    recorder.feed(noise + "RDY\r\n");
    for (const std::string_view words : {"\r\n+CPIN: READY\r\n", "\r\nSMS DONE\r\n"}) {
      recorder.pass(20ms);
      recorder.feed(words);
    }
    std::erase_if(recorder.events, [](const auto& event) { return event.starts_with("urc"); });
    CHECK(recorder.events == Events{size > 4 ? "cut 1" : "pushed 1 ? 'half'"});
  }
}

TEST_CASE("a pushed payload with a long pause goes on when something else than noise follows") {
  Recorder recorder;
  recorder.feed("\r\n+RECEIVE,1,8\r\nhalf");
  recorder.pass(100ms);
  recorder.feed("half\r\nnoise\r\n");
  CHECK(recorder.events == Events{"urc noise"});
  recorder.feed("\r\n+IPCLOSE: 1,1\r\n");
  REQUIRE(recorder.events.size() == 3);
  CHECK(recorder.events[1] == "pushed 1 ? 'halfhalf'");

  recorder.events.clear();
  recorder.feed("\r\n+RECEIVE,1,8\r\nhalf");
  recorder.pass(100ms);
  recorder.feed("half");
  CHECK(recorder.events.empty());
  recorder.pass(500ms);
  CHECK(recorder.events == Events{"pushed 1 ? 'halfhalf'"});
}

TEST_CASE("the end of a pushed payload that came late and might be a restart is held, not lost") {
  Recorder recorder;
  recorder.feed("\r\n+RECEIVE,1,6\r\nhalf");
  recorder.pass(20ms);
  recorder.feed("\r\n");
  CHECK(recorder.events.empty());
  recorder.feed("\r\n+RECEIVE,1,4\r\nmore");
  CHECK(recorder.events == Events{"pushed 1 ? 'half\r\n'", "pushed 1 ? 'more'"});
  recorder.events.clear();
  recorder.feed("\r\n+RECEIVE,1,6\r\nhalf");
  recorder.pass(20ms);
  recorder.feed("\r\n");
  recorder.pass(500ms);
  CHECK(recorder.events == Events{"pushed 1 ? 'half\r\n'"});
}

TEST_CASE("abandoning cuts a payload that is being pushed") {
  Recorder recorder;
  recorder.feed("\r\n+RECEIVE,1,900\r\nhalf");
  recorder.chat.abandon();
  CHECK_FALSE(recorder.chat.deadline().has_value());
  recorder.feed("\r\nSMS DONE\r\n");
  recorder.pass(10s);
  CHECK(recorder.events == Events{"cut 1", "urc SMS DONE"});
}

TEST_CASE("a size that is none makes no payload") {
  CHECK(pushed("\r\n+RECEIVE,1,-5\r\n\r\n+IPDx\r\n\r\n+RECEIVE,1\r\n\r\nOK\r\n") ==
        Events{"line +RECEIVE,1,-5", "line +IPDx", "line +RECEIVE,1", "ok"});
}

}  // namespace
}  // namespace a7600::test
