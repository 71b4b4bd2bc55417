// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "rig.h"

namespace a7600::test {
namespace {

// Gives connection 1 link 9, and sends "hello" on it.
void send_hello(Rig& rig) {
  rig.bring_up();
  rig.connect(1, 9);
  rig.write(1, "hello");
  rig.play_send(9, "hello");
}

TEST_CASE("what the peer has acknowledged is asked for") {
  Rig rig;
  send_hello(rig);
  rig.ask_acknowledged(1);
  rig.play({{"AT+CIPACK=9", "+CIPACK: 5,3,0|OK"}});
  CHECK(rig.events() == Events{"acknowledged 1 3"});
  rig.expect_nothing();
}

TEST_CASE("several who ask at once get one answer") {
  Rig rig;
  send_hello(rig);
  rig.write(1, "more");
  rig.expect("AT+CIPSEND=9,4");
  rig.ask_acknowledged(1);
  rig.ask_acknowledged(1);
  rig.raw("\r\n>");
  rig.expect_bytes("more");
  rig.say("OK|+CIPSEND: 9,4,4");
  rig.play({{"AT+CIPACK=9", "+CIPACK: 9,9,0|OK"}});
  CHECK(rig.events() == Events{"acknowledged 1 9"});
}

TEST_CASE("who asks without a pause leaves every second turn to the bytes") {
  Rig rig;
  send_hello(rig);
  rig.ask_acknowledged(1);
  rig.expect("AT+CIPACK=9");
  rig.write(1, "more");
  rig.ask_acknowledged(1);
  rig.say("+CIPACK: 5,5,0|OK");
  rig.ask_acknowledged(1);
  rig.expect("AT+CIPSEND=9,4");
}

TEST_CASE("a module that does not say is an answer, too") {
  Rig rig;
  send_hello(rig);
  for (const char* answer : {"+IP ERROR: Connection is not created|ERROR", "ERROR", "OK"}) {
    rig.ask_acknowledged(1);
    rig.play({{"AT+CIPACK=9", answer}});
    CHECK(rig.events() == Events{"acknowledged 1 unknown"});
  }
}

TEST_CASE("a connection without a link is answered for at once") {
  Rig rig;
  rig.open(1);
  rig.ask_acknowledged(1);
  rig.ask_acknowledged(2);
  CHECK(rig.events() == Events{"acknowledged 1 unknown", "acknowledged 2 unknown"});
}

TEST_CASE("who asks is answered when the connection is lost meanwhile") {
  Rig rig;
  send_hello(rig);
  rig.ask_acknowledged(1);
  rig.expect("AT+CIPACK=9");
  rig.say("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
  CHECK(rig.events() == Events{"ended 1 ENETDOWN", "acknowledged 1 unknown"});
}

TEST_CASE("a close that lingers waits for the peer's acknowledgement") {
  Rig rig;
  send_hello(rig);
  rig.close_lingering(1, 10s);
  rig.play({{"AT+CIPACK=9", "+CIPACK: 5,0,0|OK"}});
  rig.expect_nothing();
  rig.pass(100ms);
  rig.play({{"AT+CIPACK=9", "+CIPACK: 5,5,0|OK"}, {"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  CHECK(rig.events() == Events{"closed 1"});
}

TEST_CASE("a close that lingers closes when its time is over") {
  Rig rig;
  send_hello(rig);
  rig.close_lingering(1, 3s);
  for (int i = 0; i < 100; ++i) {
    const std::string command = rig.sent();
    if (command == "AT+CIPCLOSE=9\r") break;
    if (!command.empty()) rig.say("+CIPACK: 5,0,0|OK");
    rig.pass(100ms);
    REQUIRE(i < 40);
  }
  rig.say("OK|+CIPCLOSE: 9,0");
  CHECK(rig.events() == Events{"closed 1"});
}

TEST_CASE("a close that lingers does not wait for a module that does not say") {
  Rig rig;
  send_hello(rig);
  rig.close_lingering(1, 1h);
  rig.play({{"AT+CIPACK=9", "ERROR"}, {"AT+CIPCLOSE=9", "OK|+CIPCLOSE: 9,0"}});
  CHECK(rig.events() == Events{"closed 1"});
}

TEST_CASE("a close that lingers ends when the peer closes") {
  Rig rig;
  send_hello(rig);
  rig.close_lingering(1, 1h);
  rig.play({{"AT+CIPACK=9", "+CIPACK: 5,0,0|OK"}});
  rig.say("+IPCLOSE: 9,1");
  CHECK(rig.events() == Events{"closed 1"});
}

TEST_CASE("others have their turns while one lingers") {
  Rig rig;
  send_hello(rig);
  rig.close_lingering(1, 1h);
  rig.expect("AT+CIPACK=9");
  rig.open(2);
  rig.say("+CIPACK: 5,0,0|OK");
  rig.play({{Rig::open_command(2, 8), "OK|+CIPOPEN: 8,0"}});
  CHECK(rig.events() == Events{"opened 2"});
}

TEST_CASE("what the module has not confirmed counts as not sent") {
  Rig rig;
  send_hello(rig);
  CHECK(rig.modem.unconfirmed(1) == 0);
  rig.write(1, "more");
  rig.expect("AT+CIPSEND=9,4");
  CHECK(rig.modem.unconfirmed(1) == 4);
  rig.say("+CIPERROR: 8|ERROR");  // busy: it will be sent again
  CHECK(rig.modem.unconfirmed(1) == 4);
}

// ---- A peer that does not read

constexpr int kChunk = 1500;

// Sends chunks of connection 1 until the module is asked what the peer has acknowledged.
int send_until_asked(Rig& rig) {
  for (int sent = 0;; sent += kChunk) {
    const std::string command = rig.sent();
    if (command == "AT+CIPACK=9\r") return sent;
    REQUIRE(command == "AT+CIPSEND=9,1500\r");
    rig.raw("\r\n>");
    rig.sent();
    rig.say("OK|+CIPSEND: 9,1500,1500");
  }
}

Rig& uploading(Rig& rig) {
  rig.bring_up();
  rig.connect(1, 9);
  rig.write(1, std::string(200 * kChunk, 'x'));
  return rig;
}

void acknowledge(Rig& rig, int sent, int acknowledged) {
  rig.say("+CIPACK: " + std::to_string(sent) + "," + std::to_string(acknowledged) + ",0|OK");
}

TEST_CASE("no more than 64 KB is sent ahead of what the peer has acknowledged") {
  Rig rig;
  const int sent = send_until_asked(uploading(rig));
  CHECK(sent >= 64 * 1024);
  CHECK(sent < 64 * 1024 + kChunk);
  acknowledge(rig, sent, sent);
  CHECK(send_until_asked(rig) == sent);
}

// Lets half a minute pass, in which the module answers what it is asked. How often it was asked for
// what the peer has acknowledged; up to the first AT+CIPSEND.
int questions_until_sent(Rig& rig, int sent, int acknowledged) {
  int questions = 1;
  acknowledge(rig, sent, acknowledged);
  for (int i = 0; i < 300; ++i) {
    const std::string command = rig.sent();
    if (command.starts_with("AT+CIPSEND=")) break;
    if (command == "AT+CIPACK=9\r") {
      ++questions;
      acknowledge(rig, sent, acknowledged);
    } else if (command == "AT+CIPOPEN?\r") {
      rig.say("+CIPOPEN: 9,\"TCP\",\"192.0.2.1\",80,-1|OK");
    } else if (!command.empty()) {
      rig.say(kNoData);
    }
    rig.pass(100ms);
  }
  return questions;
}

// Seen with a strict module: a peer that did not read for half a minute lost its connection, and
// all others waited as long.
TEST_CASE("while a peer does not read, others have the channel, and it is asked now and then") {
  Rig rig;
  const int sent = send_until_asked(uploading(rig));
  const int questions = questions_until_sent(rig, sent, 1);
  CHECK(questions > 30);
  CHECK(questions < 90);
  rig.resolve(7, "a.example");
  rig.play({{"AT+CDNSGIP=\"a.example\"", "+CDNSGIP: 0,10|ERROR"}});
  CHECK(rig.events() == Events{"resolved 7 ENOENT"});
  for (int i = 0; i < 10 && rig.sent() != "AT+CIPACK=9\r"; ++i) rig.pass(100ms);
  acknowledge(rig, sent, sent - kChunk);
  rig.expect("AT+CIPSEND=9,1500");
}

TEST_CASE("a module that does not say what was acknowledged is sent to all the same") {
  for (const char* answer : {"ERROR", "+IP ERROR: Operation not supported|ERROR", "OK"}) {
    INFO(answer);
    Rig rig;
    send_until_asked(uploading(rig));
    rig.say(answer);
    rig.expect("AT+CIPSEND=9,1500");
  }
}

TEST_CASE("a module that counts no acknowledgements is waited for a few seconds, once") {
  Rig rig;
  const int sent = send_until_asked(uploading(rig));
  CHECK(questions_until_sent(rig, sent, 0) == 10);
}

}  // namespace
}  // namespace a7600::test
