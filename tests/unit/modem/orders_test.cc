// SPDX-License-Identifier: MIT
//
// Result and OK in either order, and unsolicited lines wherever a line may end: neither changes
// what comes of a whole session. Each run is the same session, from the bring-up to the last close,
// answered in one of the ways that the manual (2.1-2.6, 2.15) and real modules (MODEM-NOTES) have.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "rig.h"

namespace a7600::test {
namespace {

// An answer's lines, in pieces: where another line may come between.
using Lines = std::vector<std::string>;

class Session {
 public:
  // `result_first`: of commands that have both, the result comes before OK. `line` is said before
  // the line of number `at`, counted over the whole session.
  explicit Session(bool result_first, int at = -1, std::string line = {})
      : result_first_(result_first), at_(at), line_(std::move(line)) {}

  void play();
  // Answers what comes, for so long that every patience has ended.
  void settle();
  int lines() const { return lines_; }

  Rig rig;

 private:
  void answer_all();
  Lines answer_to(const std::string& command) const;
  Lines with_result(const std::string& result) const {
    return result_first_ ? Lines{result, "OK"} : Lines{"OK", result};
  }
  void say(const Lines& lines);
  void disturb();
  void take_payload(const std::string& command);

  bool result_first_;
  int at_;
  std::string line_;
  int lines_ = 0;
  int reads_ = 0;
};

void Session::disturb() {
  if (lines_++ == at_) rig.raw(line_);
}

void Session::say(const Lines& lines) {
  for (const std::string& line : lines) {
    disturb();
    rig.raw("\r\n" + line + "\r\n");
  }
}

Lines Session::answer_to(const std::string& command) const {
  static const std::map<std::string, Lines> kAnswers = {
      {"ATE0", {"OK"}},
      {"AT+NETOPEN?", {"+NETOPEN: 0", "OK"}},
      {"AT+CIPMODE?", {"+CIPMODE: 0", "OK"}},
      {"AT+CPIN?", {"+CPIN: READY", "OK"}},
      {"AT+CREG?", {"+CREG: 0,1", "OK"}},
      {"AT+IPADDR", {"+IPADDR: 10.148.0.17", "OK"}},
      {"AT+CIPRXGET?", {"+CIPRXGET: 0", "OK"}},
      {"AT+CIPRXGET=1", {"OK"}},
      {"AT+CIPTIMEOUT?", {"+CIPTIMEOUT: 120000,120000,30000", "OK"}},
      {"AT+SERVERSTART=8080,0", {"OK"}},
      {"AT+CIPACK=9", {"+CIPACK: 5,5,4", "OK"}},
      {"AT+CDNSGIP=\"a.example\"", {"+CDNSGIP: 1,\"a.example\",\"192.0.2.1\"", "OK"}},
      {"AT+CDNSGIP=\"b.example\"", {"+CDNSGIP: 0,10", "ERROR"}},
  };
  if (command == "AT+NETOPEN") return with_result("+NETOPEN: 0");
  if (command.starts_with("AT+CIPOPEN=")) {
    const std::string link = command.substr(11, 1);
    // The peer of connection 2 does not answer.
    if (!command.ends_with(",1002")) return with_result("+CIPOPEN: " + link + ",0");
    return result_first_ ? Lines{"+CIPOPEN: " + link + ",10", "ERROR"}
                         : Lines{"OK", "+CIPOPEN: " + link + ",10"};
  }
  if (command.starts_with("AT+CIPCLOSE=")) {
    return with_result("+CIPCLOSE: " + command.substr(12) + ",0");
  }
  if (command == "AT+SERVERSTOP=0") return with_result("+SERVERSTOP: 0,0");
  const auto found = kAnswers.find(command);
  return found == kAnswers.end() ? Lines{"ERROR"} : found->second;
}

// Of a send: its prompt, its payload, and its result.
void Session::take_payload(const std::string& command) {
  const std::string link = command.substr(11, 1);
  disturb();
  rig.raw("\r\n>");
  const std::string payload = rig.sent();
  // What disturbs may have made the Modem give up.
  if (payload.ends_with('\r')) return say(answer_to(payload.substr(0, payload.size() - 1)));
  const std::string size = std::to_string(payload.size());
  say(with_result("+CIPSEND: " + link + "," + size + "," + size));
}

void Session::answer_all() {
  for (std::string out = rig.sent(); !out.empty(); out = rig.sent()) {
    const std::string command = out.substr(0, out.find('\r'));
    if (command.starts_with("AT+CIPSEND=")) {
      take_payload(command);
    } else if (command == "AT+CIPRXGET=2,9" && reads_++ == 0) {
      disturb();
      rig.raw("\r\n+CIPRXGET: 2,9,4,0\r\nOK\r\n\r\n");
      say({"OK"});
    } else if (command.starts_with("AT+CIPRXGET=2,")) {
      say({"+IP ERROR: No data", "ERROR"});
    } else {
      say(answer_to(command));
    }
  }
}

void Session::settle() {
  for (int i = 0; i < 200; ++i) {
    answer_all();
    rig.pass(1s);
  }
}

void Session::play() {
  rig.open(1);
  answer_all();
  rig.open(2);
  answer_all();
  rig.open_udp(3, 5000);
  answer_all();
  rig.write(1, "hello");
  rig.write_to(3, {*Ipv4::parse("192.0.2.9"), 53}, "gram");
  answer_all();
  say({"+CIPRXGET: 1,9"});
  answer_all();
  rig.resolve(5, "a.example");
  rig.resolve(6, "b.example");
  rig.listen(50, 8080);
  answer_all();
  say({"+CLIENT: 0,0,192.0.2.7:40000"});
  answer_all();
  say({"+IPCLOSE: 0,1"});
  answer_all();
  rig.ask_acknowledged(1);
  answer_all();
  rig.close(100);
  rig.close(1);
  rig.close(3);
  rig.modem.stop(50, rig.now);
  answer_all();
}

const Events kComes = {"opened 1",
                       "open_failed 2 ETIMEDOUT",
                       "opened 3",
                       "resolved 5 192.0.2.1",
                       "resolved 6 ENOENT",
                       "listening 50",
                       "accepted 50 100 192.0.2.7:40000",
                       "ended 100",
                       "acknowledged 1 5",
                       "closed 100",
                       "closed 1",
                       "closed 3"};

Events sorted(Events events) {
  std::sort(events.begin(), events.end());
  return events;
}

int lines_of(bool result_first) {
  Session session(result_first);
  session.play();
  return session.lines();
}

TEST_CASE("results come before their OK or behind it") {
  Session session(GENERATE(false, true));
  session.play();
  CHECK(sorted(session.rig.events()) == sorted(kComes));
  CHECK(session.rig.received(1) == "OK\r\n");
}

// What changes nothing: news of links and servers that nobody has, data that is not there, lines
// that nobody knows.
const std::vector<std::string> kHarmless = {
    "\r\n+CIPRXGET: 1,9\r\n",
    "\r\n+CIPRXGET: 1,5\r\n",
    "\r\n+IPCLOSE: 5,0\r\n",
    "\r\n+IPCLOSE: 5,1\r\n",
    "\r\n+IPCLOSE: 5,2\r\n",
    "\r\n+CIPRXGET: 1,11\r\n",
    "\r\nRING\r\n",
    "\r\n+CMTI: \"SM\",3\r\n",
    "\r\n+CREG: 1\r\n",
    "\r\n+CGEV: ME PDN ACT 1\r\n",
    "\r\n+CIPEVENT: SOMETHING ELSE\r\n",
    "\r\n*ISIMAID: A0000000871002\r\n",
    "\r\n\r\n",
    "\r\n+RECEIVE,5,4\r\nOK\r\n",
};

TEST_CASE("an unsolicited line at any line's end changes nothing") {
  const bool result_first = GENERATE(false, true);
  const int lines = lines_of(result_first);
  REQUIRE(lines > 45);
  for (const std::string& line : kHarmless) {
    for (int at = 0; at < lines; ++at) {
      INFO("before line " << at << ":" << line);
      Session session(result_first, at, line);
      session.play();
      CHECK(sorted(session.rig.events()) == sorted(kComes));
      CHECK(session.rig.received(1) == "OK\r\n");
    }
  }
}

TEST_CASE("a line that nobody knows is logged and skipped") {
  const int lines = lines_of(false);
  for (int at = 0; at < lines; ++at) {
    Session session(false, at, "\r\n+VENDOR: news,of,no,consequence\r\n");
    session.play();
    INFO("before line " << at);
    CHECK(session.rig.log_has("skipped: +VENDOR: news,of,no,consequence"));
  }
}

// What does change something: the end of a connection, of the network and of the module, a link
// that a stranger gets, and pushed data, whole and in part.
const std::vector<std::string> kNews = {
    "\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n",
    "\r\nRDY\r\n",
    "\r\n*ATREADY: 1\r\n",
    "\r\n+CLIENT: 0,0,192.0.2.8:40001\r\n",
    "\r\n+CLIENT: 9,0,192.0.2.8:40001\r\n",
    "\r\n+CLIENT: 3,2,192.0.2.8:40001\r\n",
    "\r\n+IPCLOSE: 9,1\r\n",
    "\r\n+IPCLOSE: 9,2\r\n",
    "\r\n+CIPOPEN: 9,0\r\n",
    "\r\n+CIPCLOSE: 9,0\r\n",
    "\r\n+SERVERSTOP: 0,0\r\n",
    "\r\n+NETCLOSE: 0\r\n",
    "\r\nCLOSED\r\n",
    "\r\nCONNECT 115200\r\n",
    "\r\nNO CARRIER\r\n",
    "\r\nRECV FROM:192.0.2.200:99\r\n+IPD4\r\nOK\r\n",
    "\r\n+RECEIVE,9,100\r\nhalf of it",
};

TEST_CASE("news at any line's end leaves nobody waiting") {
  const bool result_first = GENERATE(false, true);
  const int lines = lines_of(result_first);
  for (const std::string& line : kNews) {
    for (int at = 0; at < lines; ++at) {
      INFO("before line " << at << ":" << line);
      Session session(result_first, at, line);
      session.play();
      session.settle();
      session.rig.events();
      CHECK(session.rig.owed() == 0);
    }
  }
}

}  // namespace
}  // namespace a7600::test
