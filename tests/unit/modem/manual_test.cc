// SPDX-License-Identifier: MIT
//
// The manual's examples, from the host's side: a Modem does what the transcript's host does, and is
// answered as the transcript's module answers, in pieces of any size. The transcripts are those
// that the simulator is tested with (tests/manual). Left out is 6.3.3, UDP in transparent mode,
// which this project has no use for.
#include <catch2/catch.hpp>

#include "transcript.h"

namespace a7600::test {
namespace {

struct Example {
  const char* transcript;
  Events events;
  std::string received;  // by the latest connection
  // The transcript's commands that a Modem does not send: it never asks for a length, reads less
  // than there is, or in hexadecimal; it leaves links alone that nobody has; and it needs no ATO
  // where it did not want to leave data mode.
  std::vector<std::string> not_sent;
  std::string sent_as_data;
};

const std::vector<std::string> kReadsInParts = {"AT+CIPRXGET=4,1", "AT+CIPRXGET=3,1,5",
                                                "AT+CIPRXGET=4,1", "AT+CIPRXGET=2,2",
                                                "AT+CIPRXGET=4,1"};

const std::vector<Example> kExamples = {
    {"1.2-transparent-remote-close.txt",
     {"opened 1", "ended 1"},
     "the last words",
     {"ATO", "ATO"},
     ""},
    {"2.17-query-name.txt", {"resolved 7 61.135.169.121"}, "", {}, ""},
    {"2.5-ciprxget-urc.txt", {"opened 1"}, "onetwothree", {"AT+CIPRXGET=4,1"}, ""},
    {"5-ipclose-remote.txt",
     {"opened 1", "ended 1", "answered 60 +CIPCLOSE: 0,0,0,0,0,0,0,0,0,0|OK", "closed 1"},
     "data from server",
     {"AT+CIPSEND=1,5", "AT+CIPCLOSE=1"},
     ""},
    {"6.1.1-network-environment.txt",
     {"answered 60 +CSQ: 25,99|OK",
      "answered 60 +CPSI: LTE,Online,460-00,0x1816,27593483,139,EUTRAN-BAND39,38400,5,5,-88,-868,"
      "-578,18|OK",
      "answered 60 +CGREG: 0,1|OK"},
     "",
     {},
     ""},
    {"6.1.2-configure-context.txt", {}, "", {}, ""},
    {"6.1.3-activate-context.txt", {}, "", {}, ""},
    {"6.1.4-deactivate-context.txt", {"resolved 998 ENOENT"}, "", {}, ""},
    {"6.2.1.1-connect.txt", {"opened 1"}, "", {}, ""},
    {"6.2.1.2-send.txt", {"opened 1"}, "", {}, ""},
    {"6.2.1.3-receive.txt", {"opened 1"}, "data from server", {}, ""},
    {"6.2.1.4-close.txt", {"opened 1", "closed 1"}, "", {}, ""},
    {"6.2.2.1-connect.txt", {"opened 1"}, "", {}, ""},
    {"6.2.2.2-send.txt", {"opened 1"}, "", {}, ""},
    // "from " goes to the reading in hexadecimal.
    {"6.2.2.3-receive.txt", {"opened 1"}, "data server", kReadsInParts, ""},
    {"6.2.2.4-close.txt", {"opened 1", "closed 1"}, "", {}, ""},
    {"6.2.3.1-connect.txt", {"opened 1"}, "", {}, ""},
    {"6.2.3.2-send.txt",
     {"opened 1"},
     "",
     {"ATO"},
     "AT+CIPCLOSE=0 is data here, and so is + and +++"},
    {"6.2.3.3-receive.txt",
     {"opened 1"},
     "DATA FROM SERVERDATA FROM SERVERHELLO CLIENT",
     {"ATO", "AT+CIPOPEN?", "ATO"},
     ""},
    {"6.2.3.4-close.txt", {"opened 1", "closed 1"}, "", {}, ""},
    {"6.3.1.1-open.txt", {"opened 1"}, "", {}, ""},
    {"6.3.1.2-send.txt", {"opened 1"}, "", {}, ""},
    {"6.3.1.3-receive.txt",
     {"opened 1", "datagram 1 117.131.85.139:5254 'HELLO CLIENT'"},
     "",
     {},
     ""},
    {"6.3.1.4-close.txt", {"opened 1", "closed 1"}, "", {}, ""},
    {"6.3.2.1-open.txt", {"opened 1"}, "", {}, ""},
    {"6.3.2.2-send.txt", {"opened 1"}, "", {}, ""},
    // In this mode the module does not tell who has sent a datagram.
    {"6.3.2.3-receive.txt",
     {"opened 1", "datagram 1 0.0.0.0:0 'data '", "datagram 1 0.0.0.0:0 'server'"},
     "",
     kReadsInParts,
     ""},
    {"6.3.2.4-close.txt", {"opened 1", "closed 1"}, "", {}, ""},
    {"6.4.1-server-transparent.txt",
     {"listening 50", "accepted 50 100 192.168.108.5:57202", "closed 100"},
     "",
     {},
     ""},
    // A server is stopped when its last connection has gone, so not twice.
    {"6.4.2-server.txt",
     {"listening 50", "listening 51", "listening 52", "listening 53",
      "accepted 51 100 192.168.108.5:57202", "closed 100", "resolved 998 ENOENT"},
     "",
     {"AT+SERVERSTOP=1"},
     ""},
    {"6.6-query-status.txt",
     {"opened 1", "answered 60 +CIPCLOSE: 0,1,0,0,0,0,0,0,0,0|OK", "closed 1",
      "answered 60 +CIPCLOSE: 0,0,0,0,0,0,0,0,0,0|OK"},
     "",
     {},
     ""},
};

// The length of the longest answer.
int check(const Example& example, int split) {
  INFO(example.transcript << ", split " << split);
  Player player(example.transcript, split);
  player.play();
  CHECK(player.events() == example.events);
  CHECK(player.received() == example.received);
  CHECK(player.not_sent() == example.not_sent);
  CHECK(player.sent_as_data() == example.sent_as_data);
  return player.longest();
}

TEST_CASE("the manual's examples, from the host's side") {
  for (const Example& example : kExamples) check(example, Player::kWhole);
}

TEST_CASE("the manual's examples, each answer byte by byte") {
  for (const Example& example : kExamples) check(example, Player::kBytes);
}

TEST_CASE("the manual's examples, each answer split anywhere") {
  for (const Example& example : kExamples) {
    int split = 1;
    while (split < check(example, split)) ++split;
  }
}

}  // namespace
}  // namespace a7600::test
