// SPDX-License-Identifier: MIT
//
// Examples of the manual's chapter 6 that a host library goes through, by paragraph.
#include <catch2/catch.hpp>

#include "recorder.h"

namespace a7600::test {
namespace {

TEST_CASE("6.1.1: the network environment") {
  CHECK(replay(plain("AT+CREG?"), "AT+CREG?\r\r\n+CREG: 0,1\r\n\r\nOK\r\n").events ==
        Events{"line +CREG: 0,1", "ok"});
  CHECK(replay(plain("AT+CPSI?"),
               "AT+CPSI?\r\r\n+CPSI: LTE,Online,460-00,0x1816,27593483,139,EUTRAN-BAND39,38400,5,5,"
               "-88,-868,-578,18\r\n\r\nOK\r\n")
            .events == Events{"line +CPSI: LTE,Online,460-00,0x1816,27593483,139,EUTRAN-BAND39,"
                              "38400,5,5,-88,-868,-578,18",
                              "ok"});
}

TEST_CASE("6.1.3 and 6.1.4: the context is activated and deactivated") {
  CHECK(replay(plain("AT+NETOPEN"), "AT+NETOPEN\r\r\nOK\r\n\r\n+NETOPEN: 0\r\n").events ==
        Events{"ok", "urc +NETOPEN: 0"});
  CHECK(replay(plain("AT+IPADDR"), "AT+IPADDR\r\r\n+IPADDR: 10.148.0.17\r\n\r\nOK\r\n").events ==
        Events{"line +IPADDR: 10.148.0.17", "ok"});
  CHECK(replay(plain("AT+NETCLOSE"), "AT+NETCLOSE\r\r\nOK\r\n\r\n+NETCLOSE: 0\r\n").events ==
        Events{"ok", "urc +NETCLOSE: 0"});
}

TEST_CASE("6.2.2.2: data is sent") {
  const Replayed got =
      replay(sending(1, "hello"), "AT+CIPSEND=1,5\r\r\n>hello\r\nOK\r\n\r\n+CIPSEND: 1,5,5\r\n");
  CHECK(got.events == Events{"ok prompted sent=1,5,5"});
  CHECK(got.output == "AT+CIPSEND=1,5\rhello");
}

TEST_CASE("6.2.2.3: data is announced, counted, read in both forms, and used up") {
  CHECK(replay(plain("AT+CIPRXGET=4,1"),
               "\r\n+CIPRXGET: 1,1\r\nAT+CIPRXGET=4,1\r\r\n+CIPRXGET: 4,1,16\r\n\r\nOK\r\n")
            .events == Events{"urc +CIPRXGET: 1,1", "line +CIPRXGET: 4,1,16", "ok"});
  chat::Command five = reading(1);
  five.text = "AT+CIPRXGET=2,1,5";
  CHECK(replay(five, "AT+CIPRXGET=2,1,5\r\r\n+CIPRXGET: 2,1,5,11\r\ndata \r\n\r\nOK\r\n").events ==
        Events{"ok read=1,5,11 'data '"});
  CHECK(replay(plain("AT+CIPRXGET=3,1,5"),
               "AT+CIPRXGET=3,1,5\r\r\n+CIPRXGET: 3,1,5,6\r\n66726F6D20\r\n\r\nOK\r\n")
            .events == Events{"line 66726F6D20", "ok"});
  CHECK(replay(reading(2), "AT+CIPRXGET=2,2\r\r\n+IP ERROR: No data\r\n\r\nERROR\r\n").events ==
        Events{"error info=22 (No data)"});
  CHECK(replay(reading(1), "AT+CIPRXGET=2,1\r\r\n+CIPRXGET: 2,1,6,0\r\nserver\r\n\r\nOK\r\n")
            .events == Events{"ok read=1,6,0 'server'"});
}

TEST_CASE("6.2.2.4 and 6.3.1.4: TCP closes with OK first, UDP with the result first") {
  CHECK(replay(plain("AT+CIPCLOSE=1"), "AT+CIPCLOSE=1\r\r\nOK\r\n\r\n+CIPCLOSE: 1,0\r\n").events ==
        Events{"ok", "urc +CIPCLOSE: 1,0"});
  CHECK(replay(plain("AT+CIPCLOSE=1"), "AT+CIPCLOSE=1\r\r\n+CIPCLOSE: 1,0\r\n\r\nOK\r\n").events ==
        Events{"line +CIPCLOSE: 1,0", "ok"});
}

TEST_CASE("6.2.3.4: a transparent connection closes with CLOSED in between") {
  CHECK(replay(plain("AT+CIPCLOSE=0"), "\r\nOK\r\n\r\nCLOSED\r\n+CIPCLOSE: 0,0\r\n").events ==
        Events{"ok", "urc CLOSED", "urc +CIPCLOSE: 0,0"});
  CHECK(replay(plain("AT+CIPCLOSE=0"), "\r\nCLOSED\r\n\r\n+CIPCLOSE: 0,0\r\nOK\r\n").events ==
        Events{"line CLOSED", "line +CIPCLOSE: 0,0", "ok"});
}

TEST_CASE("6.6: the state of all links is asked for in two ways") {
  std::string stream = "AT+CIPOPEN?\r\r\n+CIPOPEN: 0\r\n";
  Events expected = {"line +CIPOPEN: 0"};
  stream += "+CIPOPEN: 1,\"TCP\",\"117.131.85.139\",5253,-1\r\n";
  expected.emplace_back("line +CIPOPEN: 1,\"TCP\",\"117.131.85.139\",5253,-1");
  for (int link = 2; link < 10; ++link) {
    const std::string line = "+CIPOPEN: " + std::to_string(link);
    stream += line + "\r\n";
    expected.push_back("line " + line);
  }
  expected.emplace_back("ok");
  CHECK(replay(plain("AT+CIPOPEN?"), stream + "\r\nOK\r\n").events == expected);
  CHECK(replay(plain("AT+CIPCLOSE?"),
               "AT+CIPCLOSE?\r\r\n+CIPCLOSE: 0,1,0,0,0,0,0,0,0,0\r\n\r\nOK\r\n")
            .events == Events{"line +CIPCLOSE: 0,1,0,0,0,0,0,0,0,0", "ok"});
}

TEST_CASE("2.17: a name is looked up") {
  CHECK(replay(plain("AT+CDNSGIP=\"www.baidu.com\""),
               "AT+CDNSGIP=\"www.baidu.com\"\r\r\n+CDNSGIP: 1,\"www.baidu.com\",\"61.135.169.121\""
               "\r\n\r\nOK\r\n")
            .events == Events{"line +CDNSGIP: 1,\"www.baidu.com\",\"61.135.169.121\"", "ok"});
  CHECK(replay(plain("AT+CDNSGIP=\"x\""), "\r\n+CDNSGIP: 0,10\r\n\r\nERROR\r\n").events ==
        Events{"line +CDNSGIP: 0,10", "error"});
}

}  // namespace
}  // namespace a7600::test
