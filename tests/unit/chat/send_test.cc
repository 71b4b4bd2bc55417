// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "recorder.h"

namespace a7600::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHello = "HELLO";

TEST_CASE("the payload leaves at the prompt, with nothing around it") {
  Recorder recorder;
  recorder.send(sending(1, kHello));
  CHECK(recorder.output() == "AT+CIPSEND=1,5\r");
  recorder.feed("\r\n");
  CHECK(recorder.output().empty());
  recorder.feed(">");
  CHECK(recorder.output() == "HELLO");
  CHECK(recorder.events.empty());
}

TEST_CASE("OK and the result of a send come in either order, and both are awaited") {
  CHECK(replay(sending(1, kHello), "\r\n>\r\nOK\r\n\r\n+CIPSEND: 1,5,5\r\n").events ==
        Events{"ok prompted sent=1,5,5"});
  CHECK(replay(sending(1, kHello), "\r\n>\r\n+CIPSEND: 1,5,5\r\n\r\nOK\r\n").events ==
        Events{"ok prompted sent=1,5,5"});
  CHECK(replay(sending(1, kHello), "\r\n>\r\nOK\r\n").events.empty());
  CHECK(replay(sending(1, kHello), "\r\n>\r\n+CIPSEND: 1,5,5\r\n").events.empty());
}

TEST_CASE("every shape of the prompt is known") {
  for (const char* prompt : {">", "\r\n>", "\r\n> ", "\r\n>\r\n", "\r\n> \r\n", "\n>"}) {
    INFO(prompt);
    const Replayed got =
        replay(sending(1, kHello), std::string(prompt) + "\r\nOK\r\n\r\n+CIPSEND: 1,5,5\r\n");
    CHECK(got.events == Events{"ok prompted sent=1,5,5"});
    CHECK(got.output == "AT+CIPSEND=1,5\rHELLO");
  }
}

TEST_CASE("a short send is reported as the module tells it") {
  CHECK(replay(sending(1, kHello), ">\r\nOK\r\n\r\n+CIPSEND: 1,5,-1\r\n").events ==
        Events{"ok prompted sent=1,5,-1"});
  CHECK(replay(sending(1, kHello), ">\r\nOK\r\n\r\n+CIPSEND: 1,5,0\r\n").events ==
        Events{"ok prompted sent=1,5,0"});
}

TEST_CASE("a send that is refused before the prompt keeps its payload") {
  const Replayed got = replay(sending(1, kHello), "\r\n+CIPERROR: 4\r\n\r\nERROR\r\n");
  CHECK(got.events == Events{"error err=4"});
  CHECK(got.output == "AT+CIPSEND=1,5\r");
}

TEST_CASE("an ERROR behind the prompt says that the payload has left") {
  CHECK(replay(sending(1, kHello), ">\r\n+CIPERROR: 12\r\n\r\nERROR\r\n").events ==
        Events{"error err=12 prompted"});
}

TEST_CASE("the result of another link's send is not ours") {
  CHECK(replay(sending(1, kHello), ">\r\nOK\r\n\r\n+CIPSEND: 2,5,5\r\n\r\n+CIPSEND: 1,5,5\r\n")
            .events == Events{"line +CIPSEND: 2,5,5", "ok prompted sent=1,5,5"});
}

// Seen in review: an OK that was left over from an earlier command counted as the send's own; with
// "+CIPSEND:" before OK, the send's real OK then ended the command after it.
TEST_CASE("an OK from before the prompt is not the send's") {
  Recorder recorder;
  recorder.send(sending(1, kHello));
  recorder.feed("\r\nOK\r\n\r\n>\r\n+CIPSEND: 1,5,5\r\n");
  CHECK(recorder.events.empty());
  recorder.feed("\r\nOK\r\n");
  CHECK(recorder.events == Events{"ok prompted sent=1,5,5"});
}

TEST_CASE("a second prompt does not send the payload again") {
  const Replayed got = replay(sending(1, kHello), "\r\n>\r\n>\r\nOK\r\n\r\n+CIPSEND: 1,5,5\r\n");
  CHECK(got.output == "AT+CIPSEND=1,5\rHELLO");
  CHECK(got.events == Events{"line >", "ok prompted sent=1,5,5"});
}

TEST_CASE("a prompt for a send that was given up sends nothing") {
  Recorder recorder;
  recorder.send(sending(1, kHello));
  recorder.output();
  recorder.pass(20s);
  CHECK(recorder.events == Events{"timeout"});
  recorder.feed("\r\n>");
  CHECK(recorder.output().empty());
  recorder.send(plain("AT"));
  recorder.feed("\r\nOK\r\n");
  CHECK(recorder.output() == "AT\r");
}

TEST_CASE("a payload is written as it is") {
  const std::string payload("\0\x03\x1a\x1b>\r\nOK\r\nAT+CIPCLOSE=1\r\xff", 26);
  const Replayed got = replay(sending(1, payload), "\r\n>\r\nOK\r\n\r\n+CIPSEND: 1,26,26\r\n");
  CHECK(got.output == "AT+CIPSEND=1,26\r" + payload);
  CHECK(got.events == Events{"ok prompted sent=1,26,26"});
}

TEST_CASE("a prompt has its own time, and the result's time begins with it") {
  Recorder recorder;
  chat::Command command = sending(1, kHello);
  command.prompt_timeout = 20s;
  command.timeout = 35s;
  recorder.send(command);
  CHECK(recorder.chat.deadline() == recorder.now + 20s);
  recorder.pass(19s);
  recorder.feed("\r\n>");
  CHECK(recorder.chat.deadline() == recorder.now + 35s);
  recorder.pass(35s);
  CHECK(recorder.events == Events{"timeout prompted"});
}

// ---- Echo

TEST_CASE("with echo on, command and payload come back and are taken out") {
  const Replayed got =
      replay(sending(1, kHello), "AT+CIPSEND=1,5\r\r\n>HELLO\r\nOK\r\n\r\n+CIPSEND: 1,5,5\r\n");
  CHECK(got.events == Events{"ok prompted sent=1,5,5"});
  CHECK(got.echo_seen);
}

TEST_CASE("an echoed payload that looks like results is no result") {
  const std::string payload = "\r\nOK\r\n\r\n+CIPSEND: 1,44,0\r\n\r\n+IPCLOSE: 1,1\r\n>";
  const std::string size = std::to_string(payload.size());
  const Replayed got =
      replay(sending(1, payload), "AT+CIPSEND=1," + size + "\r\r\n>" + payload +
                                      "\r\nOK\r\n\r\n+CIPSEND: 1," + size + "," + size + "\r\n");
  CHECK(got.events == Events{"ok prompted sent=1," + size + "," + size});
}

TEST_CASE("with echo on, a payload that is not echoed leaves the answer whole") {
  CHECK(
      replay(sending(1, kHello), "AT+CIPSEND=1,5\r\r\n>\r\nOK\r\n\r\n+CIPSEND: 1,5,5\r\n").events ==
      Events{"ok prompted sent=1,5,5"});
}

TEST_CASE("without the command's echo no payload echo is awaited") {
  const Replayed got = replay(sending(1, "OK"), "\r\n>\r\nOK\r\n\r\n+CIPSEND: 1,2,2\r\n");
  CHECK(got.events == Events{"ok prompted sent=1,2,2"});
}

}  // namespace
}  // namespace a7600::test
