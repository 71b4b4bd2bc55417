// SPDX-License-Identifier: MIT
#include "at/reply.h"

#include <catch2/catch.hpp>

namespace a7600::at {
namespace {

// The reply to `line`, which has to be a Type. Static storage for what views point into.
template <typename Type>
Type as(const char* line) {
  INFO(line);
  const Reply reply = parse(line);
  const auto* const value = std::get_if<Type>(&reply);
  REQUIRE(value != nullptr);
  return *value;
}

template <typename Type>
bool is(std::string_view line) {
  return std::holds_alternative<Type>(parse(line));
}

Endpoint endpoint(const char* ip, std::uint16_t port) { return {*Ipv4::parse(ip), port}; }

// ---- Final results

TEST_CASE("OK and ERROR are final results") {
  CHECK(is<Ok>("OK"));
  CHECK(is<ErrorResult>("ERROR"));
}

TEST_CASE("OK and ERROR are whole lines, in capitals") {
  for (const char* line : {"OK ", "OKAY", "ok", "ERROR: 1", "Error", " OK", ""}) {
    INFO(line);
    CHECK(is<Other>(line));
  }
}

TEST_CASE("a CME ERROR has a number or words") {
  const auto number = as<CmeError>("+CME ERROR: 10");
  CHECK(number.code == 10);
  CHECK(number.text == "10");
  const auto words = as<CmeError>("+CME ERROR: SIM not inserted");
  CHECK_FALSE(words.code.has_value());
  CHECK(words.text == "SIM not inserted");
  CHECK(as<CmeError>("+CMS ERROR: 310").code == 310);
  CHECK(as<CmeError>("+CME ERROR:14").code == 14);
}

// ---- Reasons

TEST_CASE("CIPERROR has the <err>") {
  CHECK(as<CipError>("+CIPERROR: 4").err == 4);
  CHECK(as<CipError>("+CIPERROR:8").err == 8);
  CHECK(is<Other>("+CIPERROR: "));
  CHECK(is<Other>("+CIPERROR: busy"));
}

TEST_CASE("IP ERROR has the <err_info> as text or as a number") {
  const auto text = as<IpError>("+IP ERROR: No data");
  CHECK(text.info == ErrInfo::kNoData);
  CHECK(text.text == "No data");
  CHECK(as<IpError>("+IP ERROR: 22").info == ErrInfo::kNoData);
  CHECK(as<IpError>("+IP ERROR: Network is already opened").info == ErrInfo::kNetworkAlreadyOpened);
  CHECK(as<IpError>("+IP ERROR:Invalid parameter").info == ErrInfo::kInvalidParameter);
}

TEST_CASE("an IP ERROR that the manual doesn't know keeps its text") {
  const auto reply = as<IpError>("+IP ERROR: Out of luck");
  CHECK_FALSE(reply.info.has_value());
  CHECK(reply.text == "Out of luck");
  CHECK_FALSE(as<IpError>("+IP ERROR: 23").info.has_value());
  CHECK_FALSE(as<IpError>("+IP ERROR:").info.has_value());
}

// ---- Results of one command

TEST_CASE("NETOPEN has its <err>, also in the manual's form with two fields") {
  CHECK(as<NetOpen>("+NETOPEN: 0").err == 0);
  CHECK(as<NetOpen>("+NETOPEN: 1").err == 1);
  CHECK(as<NetOpen>("+NETOPEN: 0,0").err == 0);
  CHECK(as<NetOpen>("+NETOPEN:1").err == 1);
}

TEST_CASE("NETOPEN has the network's state, the first of two numbers") {
  CHECK(as<NetOpen>("+NETOPEN: 1").state == 1);
  CHECK(as<NetOpen>("+NETOPEN: 1,0").state == 1);
  CHECK(as<NetOpen>("+NETOPEN: 0,0").state == 0);
}

TEST_CASE("NETCLOSE has its <err>") {
  CHECK(as<NetClose>("+NETCLOSE: 0").err == 0);
  CHECK(as<NetClose>("+NETCLOSE: 2").err == 2);
}

TEST_CASE("CIPOPEN with two fields is a result") {
  const auto reply = as<OpenResult>("+CIPOPEN: 1,0");
  CHECK(reply.link == 1);
  CHECK(reply.err == 0);
  CHECK(as<OpenResult>("+CIPOPEN: 9,10").err == 10);
}

TEST_CASE("CIPCLOSE with two fields is a result") {
  const auto reply = as<CloseResult>("+CIPCLOSE: 1,4");
  CHECK(reply.link == 1);
  CHECK(reply.err == 4);
}

TEST_CASE("CIPCLOSE with the ten states of AT+CIPCLOSE? is no result") {
  CHECK(is<Other>("+CIPCLOSE: 0,1,0,0,0,0,0,0,0,0"));
  CHECK(is<Other>("+CIPCLOSE:0,0,0,0,0,0,0,0,0,0"));
}

TEST_CASE("more fields than any reply has are no reply") {
  CHECK(is<Other>("+CIPCLOSE: 0,1,0,0,0,0,0,0,0,0,1,1,1,1,1,1"));
  CHECK(is<Other>("+IPCLOSE: " + std::string(5000, ',')));
}

TEST_CASE("CIPSEND has what was asked for and what was confirmed") {
  const auto reply = as<SendResult>("+CIPSEND: 1,1500,-1");
  CHECK(reply.link == 1);
  CHECK(reply.requested == 1500);
  CHECK(reply.confirmed == -1);
  CHECK(as<SendResult>("+CIPSEND:0,5,5").confirmed == 5);
}

TEST_CASE("SERVERSTOP has server and <err>") {
  CHECK(as<ServerStop>("+SERVERSTOP: 3,0").server == 3);
  CHECK(as<ServerStop>("+SERVERSTOP: 0,12").err == 12);
}

// ---- Lines of an answer

TEST_CASE("a CIPOPEN line with one field is a closed link") {
  CHECK(as<ClosedLink>("+CIPOPEN: 7").link == 7);
}

TEST_CASE("a CIPOPEN line with nothing in its fields is a closed link") {
  CHECK(as<ClosedLink>("+CIPOPEN: 7,,,,").link == 7);
  CHECK(as<ClosedLink>("+CIPOPEN: 7,\"\",\"\",,").link == 7);
}

TEST_CASE("a CIPOPEN line with five fields is an open link") {
  const auto client = as<OpenLink>("+CIPOPEN: 1,\"TCP\",\"117.131.85.139\",5253,-1");
  CHECK(client.link == 1);
  CHECK_FALSE(client.udp);
  CHECK(client.peer == endpoint("117.131.85.139", 5253));
  CHECK(client.server == -1);
  const auto accepted = as<OpenLink>("+CIPOPEN: 0,\"TCP\",\"192.168.108.5\",57202,1");
  CHECK(accepted.server == 1);
}

TEST_CASE("an open UDP link may show no peer") {
  const auto reply = as<OpenLink>("+CIPOPEN: 2,\"UDP\",\"\",0,-1");
  CHECK(reply.udp);
  CHECK(reply.peer == Endpoint{});
  CHECK(as<OpenLink>("+CIPOPEN: 2,\"UDP\",,,-1").udp);
}

TEST_CASE("an open link may show a domain name, and no index") {
  const auto reply = as<OpenLink>("+CIPOPEN: 3,\"TCP\",\"example.com\",80");
  CHECK(reply.peer == endpoint("0.0.0.0", 80));
  CHECK(reply.server == -1);
}

TEST_CASE("the answer to AT+CIPOPEN=? is no link") {
  CHECK(is<Other>("+CIPOPEN: (0-9),(\"TCP\",\"UDP\")"));
}

TEST_CASE("CIPRXGET 2 and 3 announce a payload") {
  const auto binary = as<RxHeader>("+CIPRXGET: 2,1,5,11");
  CHECK(binary.mode == 2);
  CHECK(binary.link == 1);
  CHECK(binary.size == 5);
  CHECK(binary.rest == 11);
  CHECK(as<RxHeader>("+CIPRXGET:3,1,5,6").mode == 3);
  CHECK(as<RxHeader>("+CIPRXGET: 2, 1, 1500, 0").size == 1500);
}

TEST_CASE("a payload can't be negative") { CHECK(is<Other>("+CIPRXGET: 2,1,-5,11")); }

TEST_CASE("CIPRXGET 4 tells how much is left") {
  const auto reply = as<RxRest>("+CIPRXGET: 4,1,16");
  CHECK(reply.link == 1);
  CHECK(reply.rest == 16);
}

TEST_CASE("CIPRXGET with one field is the mode") {
  CHECK(as<RxMode>("+CIPRXGET: 0").mode == 0);
  CHECK(as<RxMode>("+CIPRXGET: 1").mode == 1);
}

TEST_CASE("other forms of CIPRXGET are not guessed at") {
  for (const char* line : {"+CIPRXGET:", "+CIPRXGET: ", "+CIPRXGET: x", "+CIPRXGET: 0,1",
                           "+CIPRXGET: 2,1,5", "+CIPRXGET: 1,1,1", "+CIPRXGET: 4,1,1,1",
                           "+CIPRXGET: 2,1,5,11,0", "+CIPRXGET: (0-4),(0-9),(1-1500)"}) {
    INFO(line);
    CHECK(is<Other>(line));
  }
}

TEST_CASE("CIPMODE has the mode") { CHECK(as<CipMode>("+CIPMODE: 1").mode == 1); }

TEST_CASE("CIPTIMEOUT has the three times") {
  CHECK(as<CipTimeout>("+CIPTIMEOUT: 120000,3000,30000").values == std::array{120000, 3000, 30000});
  CHECK(is<Other>("+CIPTIMEOUT: 120000"));
}

TEST_CASE("IPADDR has an address") {
  CHECK(as<Address>("+IPADDR: 10.148.0.17").ip == *Ipv4::parse("10.148.0.17"));
  CHECK(as<Address>("+IPADDR:\"10.148.0.17\"").ip == *Ipv4::parse("10.148.0.17"));
  CHECK(is<Other>("+IPADDR: "));
  CHECK(is<Other>("+IPADDR: 10.148.0"));
}

TEST_CASE("CIPACK counts beyond 4 GB") {
  const auto reply = as<Ack>("+CIPACK: 5000000000,4999999999,7");
  CHECK(reply.sent == 5000000000);
  CHECK(reply.acknowledged == 4999999999);
  CHECK(reply.received == 7);
}

TEST_CASE("CDNSGIP answers with name and address") {
  const auto reply = as<DnsAnswer>("+CDNSGIP: 1,\"www.baidu.com\",\"61.135.169.121\"");
  CHECK(reply.name == "www.baidu.com");
  CHECK(reply.ip == *Ipv4::parse("61.135.169.121"));
}

TEST_CASE("CDNSGIP may count its answers") {
  CHECK(as<DnsAnswer>("+CDNSGIP: 2,\"a.example\",\"192.0.2.2\"").ip == *Ipv4::parse("192.0.2.2"));
  CHECK(as<DnsAnswer>("+CDNSGIP:3,a.example,192.0.2.3").name == "a.example");
}

TEST_CASE("CDNSGIP 0 is an error") {
  CHECK(as<DnsError>("+CDNSGIP: 0,10").code == 10);
  CHECK(is<Other>("+CDNSGIP: 0"));
}

TEST_CASE("a DNS answer without an address is no answer") {
  CHECK(is<Other>("+CDNSGIP: 1,\"a.example\""));
  CHECK(is<Other>("+CDNSGIP: 1,\"a.example\",\"\""));
  CHECK(is<Other>("+CDNSGIP: 1,\"a.example\",\"2001:db8::1\""));
}

TEST_CASE("SERVERSTART has server and port") {
  const auto reply = as<ServerLine>("+SERVERSTART: 1,9090");
  CHECK(reply.server == 1);
  CHECK(reply.port == 9090);
}

TEST_CASE("CPIN has the state in the module's words") {
  CHECK(as<Pin>("+CPIN: READY").state == "READY");
  CHECK(as<Pin>("+CPIN: SIM PIN").state == "SIM PIN");
  CHECK(as<Pin>("+CPIN:SIM PUK").state == "SIM PUK");
}

TEST_CASE("an answer of CREG, CGREG and CEREG has the state second") {
  CHECK(as<Registration>("+CREG: 0,1").stat == 1);
  CHECK(as<Registration>("+CGREG: 0,5").stat == 5);
  CHECK(as<Registration>("+CEREG: 2,3,\"1816\",\"01A4\",7").stat == 3);
}

TEST_CASE("the unsolicited form of CREG is no answer") {
  CHECK(is<Other>("+CREG: 1"));
  CHECK(is<Other>("+CREG: 1,\"1816\",\"01A4\",7"));
}

// ---- Unsolicited

TEST_CASE("CIPRXGET 1 announces data") { CHECK(as<DataReady>("+CIPRXGET: 1,9").link == 9); }

TEST_CASE("IPCLOSE has link and reason") {
  const auto reply = as<LinkClosed>("+IPCLOSE: 3,2");
  CHECK(reply.link == 3);
  CHECK(reply.reason == 2);
}

TEST_CASE("a lost network is announced by CIPEVENT") {
  CHECK(is<NetworkClosed>("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY"));
  CHECK(is<NetworkClosed>("+CIPEVENT:NETWORK CLOSED"));
  CHECK(is<Other>("+CIPEVENT: SOMETHING ELSE"));
}

TEST_CASE("CLIENT has link, server and peer") {
  const auto reply = as<ClientAccepted>("+CLIENT: 0,1,192.168.108.5:57202");
  CHECK(reply.link == 0);
  CHECK(reply.server == 1);
  CHECK(reply.peer == endpoint("192.168.108.5", 57202));
  CHECK(as<ClientAccepted>("+CLIENT:0,1,\"192.168.108.5:57202\"").peer.port == 57202);
}

TEST_CASE("a CLIENT line without a port or with a wrong one is not understood") {
  CHECK(is<Other>("+CLIENT: 0,1,192.168.108.5"));
  CHECK(is<Other>("+CLIENT: 0,1,192.168.108.5:65536"));
  CHECK(is<Other>("+CLIENT: 0,1,192.168.108:80"));
  CHECK(is<Other>("+CLIENT: 0,1"));
}

TEST_CASE("pushed data has a header with its link, or without") {
  const auto named = as<PushHeader>("+RECEIVE,3,1500");
  CHECK(named.link == 3);
  CHECK(named.size == 1500);
  CHECK(as<PushHeader>("+RECEIVE,3,5:").size == 5);
  const auto unnamed = as<PushHeader>("+IPD16");
  CHECK(unnamed.link == -1);
  CHECK(unnamed.size == 16);
  CHECK(as<PushHeader>("+IPD 16").size == 16);
  CHECK(as<PushHeader>("+IPD(16)").size == 16);
  CHECK(as<PushHeader>("+IPD0").size == 0);
  for (const char* line : {"+IPD", "+IPDx", "+IPD-1", "+IPD(", "+IPD()", "+RECEIVE,1",
                           "+RECEIVE,1,-1", "+RECEIVE,a,1", "+RECEIVE,1,1,1", "+RECEIVE: 1,1"}) {
    INFO(line);
    CHECK(is<Other>(line));
  }
}

TEST_CASE("pushed data may be preceded by its sender") {
  CHECK(as<RecvFrom>("RECV FROM:117.131.85.139:5253").from == endpoint("117.131.85.139", 5253));
  CHECK(as<RecvFrom>("+RECV FROM: 192.0.2.1:1").from == endpoint("192.0.2.1", 1));
  CHECK(is<Other>("RECV FROM:192.0.2.1"));
  CHECK(is<Other>("RECV FROM:192.0.2.1:70000"));
  CHECK(is<Other>("RECV FROM:"));
}

TEST_CASE("CIPCCFG has seven fields, or more in later firmware") {
  const auto reply = as<SocketConfig>("+CIPCCFG: 10,0,0,1,0,0,500");
  const std::array<int, 7> expected = {10, 0, 0, 1, 0, 0, 500};
  CHECK(reply.values == expected);
  CHECK(as<SocketConfig>("+CIPCCFG:10,0,0,1,1,0,500,0").values[4] == 1);
  CHECK(is<Other>("+CIPCCFG: 10,0,0,1,0,0"));
  CHECK(is<Other>("+CIPCCFG: (0-10),(0-1000),(0),(0-1),(0-1),(0-1),(500-120000)"));
}

TEST_CASE("two lines tell of a restart") {
  CHECK(is<Boot>("RDY"));
  CHECK(is<Boot>("*ATREADY: 1"));
  for (const char* line : {"PB DONE", "SMS DONE", "*ISIMAID: A0", "+CGEV: ME PDN ACT 1"}) {
    INFO(line);
    CHECK(is<Other>(line));
  }
}

TEST_CASE("unsolicited replies, and only these, come without being asked for") {
  for (const char* line :
       {"+CIPRXGET: 1,0", "+IPCLOSE: 0,1", "+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY",
        "+CLIENT: 0,0,192.0.2.1:1", "RDY"}) {
    INFO(line);
    CHECK(is_unsolicited(parse(line)));
  }
  for (const char* line :
       {"OK", "ERROR", "+CME ERROR: 1", "+CIPERROR: 1", "+IP ERROR: No data", "+CIPOPEN: 0,0",
        "+CIPCLOSE: 0,0", "+CIPSEND: 0,1,1", "+NETOPEN: 0", "+CIPRXGET: 1", "+CIPRXGET: 2,0,1,0",
        "+CIPRXGET: 4,0,0", "+CPIN: READY", "+CREG: 0,1", "noise"}) {
    INFO(line);
    CHECK_FALSE(is_unsolicited(parse(line)));
  }
}

// ---- Damage

TEST_CASE("numbers that are none, or too large, make a line unknown") {
  for (const char* line :
       {"+IPCLOSE: a,1", "+IPCLOSE: 1,", "+IPCLOSE: ,1", "+IPCLOSE: 1", "+IPCLOSE: 1,1,1",
        "+IPCLOSE: 99999999999,1", "+IPCLOSE: 1.5,1", "+CIPRXGET: 1,-99999999999",
        "+CIPOPEN: 0x1,0", "+CIPSEND: 1,5", "+CIPACK: 1,2", "+NETOPEN: ", "+NETOPEN: 0,0,0"}) {
    INFO(line);
    CHECK(is<Other>(line));
  }
}

TEST_CASE("a name's beginning is not the name") {
  CHECK(is<Other>("+CIPOPENX: 1,0"));
  CHECK(is<Other>("CIPOPEN: 1,0"));
  CHECK(is<Other>("x+IPCLOSE: 1,1"));
  CHECK(is<Other>("+IPCLOSE 1,1"));
}

TEST_CASE("a comma inside quotes separates nothing, an open quote is harmless") {
  CHECK(as<OpenLink>("+CIPOPEN: 1,\"TCP\",\"a,b\",80,-1").peer.port == 80);
  CHECK(is<Other>("+CIPOPEN: 1,\"TCP,1.2.3.4,80,-1"));
  CHECK(is<Other>("+CDNSGIP: 1,\"\"\"\"\",\""));
}

}  // namespace
}  // namespace a7600::at
