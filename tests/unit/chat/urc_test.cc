// SPDX-License-Identifier: MIT
//
// Unsolicited codes land between any two lines of an answer (MODEM-NOTES, Framing).
#include <catch2/catch.hpp>

#include "recorder.h"

namespace a7600::test {
namespace {

struct Dialogue {
  const char* name;
  chat::Command command;
  // What the module sends, cut wherever a line boundary is.
  std::vector<std::string> parts;
  Events events;
};

std::vector<Dialogue> dialogues() {
  return {
      {"plain, with echo",
       plain("AT+NETOPEN?"),
       {"AT+NETOPEN?\r", "\r\n+NETOPEN: 1\r\n", "\r\nOK\r\n"},
       {"line +NETOPEN: 1", "ok"}},
      {"plain, refused",
       plain("AT+CIPOPEN=9"),
       {"\r\n+CIPOPEN: 9,2\r\n", "\r\nERROR\r\n"},
       {"line +CIPOPEN: 9,2", "error"}},
      {"send, with echo of the command",
       sending(1, "HELLO"),
       {"AT+CIPSEND=1,5\r", "\r\n>", "\r\nOK\r\n", "\r\n+CIPSEND: 1,5,5\r\n"},
       {"ok prompted sent=1,5,5"}},
      {"send, result first",
       sending(1, "HELLO"),
       {"\r\n> ", "\r\n+CIPSEND: 1,5,5\r\n", "\r\nOK\r\n"},
       {"ok prompted sent=1,5,5"}},
      {"send, refused",
       sending(1, "HELLO"),
       {"\r\n+CIPERROR: 4\r\n", "\r\nERROR\r\n"},
       {"error err=4"}},
      {"read",
       reading(1),
       {"AT+CIPRXGET=2,1\r", "\r\n+CIPRXGET: 2,1,6,0\r\n\r\nOK\r\n", "\r\n", "\r\nOK\r\n"},
       {"ok read=1,6,0 '\r\nOK\r\n'"}},
      {"read of nothing",
       reading(1),
       {"\r\n+IP ERROR: No data\r\n", "\r\nERROR\r\n"},
       {"error info=22 (No data)"}},
  };
}

const char* const kUnsolicited[] = {
    "+CIPRXGET: 1,3",
    "+IPCLOSE: 3,1",
    "+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY",
    "+CLIENT: 0,0,192.0.2.1:5000",
    "*ATREADY: 1",
    "RDY",
};

// The events without the one "urc" that has to be among them.
Events without(Events events, const std::string& urc) {
  const auto found = std::find(events.begin(), events.end(), urc);
  REQUIRE(found != events.end());
  events.erase(found);
  return events;
}

TEST_CASE("an unsolicited code at any line boundary changes nothing of the answer") {
  for (const Dialogue& dialogue : dialogues()) {
    for (const char* const line : kUnsolicited) {
      for (std::size_t at = 0; at <= dialogue.parts.size(); ++at) {
        std::string stream;
        for (std::size_t i = 0; i < dialogue.parts.size(); ++i) {
          if (i == at) stream += "\r\n" + std::string(line) + "\r\n";
          stream += dialogue.parts[i];
        }
        if (at == dialogue.parts.size()) stream += "\r\n" + std::string(line) + "\r\n";
        INFO(dialogue.name << ", " << line << " before part " << at);
        const Replayed got = replay(dialogue.command, stream);
        CHECK(without(got.events, "urc " + std::string(line)) == dialogue.events);
      }
    }
  }
}

TEST_CASE("two unsolicited codes keep their order") {
  Recorder recorder;
  recorder.send(plain("AT"));
  recorder.feed("\r\n+CIPRXGET: 1,3\r\n\r\n+IPCLOSE: 3,1\r\n\r\nOK\r\n");
  CHECK(recorder.events == Events{"urc +CIPRXGET: 1,3", "urc +IPCLOSE: 3,1", "ok"});
}

TEST_CASE("an unsolicited code that looks like the answer's own line is none of it") {
  CHECK(replay(plain("AT+CIPRXGET?"), "\r\n+CIPRXGET: 1,0\r\n+CIPRXGET: 1\r\n\r\nOK\r\n").events ==
        Events{"urc +CIPRXGET: 1,0", "line +CIPRXGET: 1", "ok"});
}

}  // namespace
}  // namespace a7600::test
