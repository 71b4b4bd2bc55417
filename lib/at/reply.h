// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "at/error.h"
#include "base/ipv4.h"

// What one line of the module's output says, as a type. The section numbers are the manual's.
namespace a7600::at {

// ---- Final results: each ends the command in flight.
struct Ok {};
struct ErrorResult {};
struct CmeError {  // "+CME ERROR: 10", "+CME ERROR: SIM not inserted"; "+CMS ERROR" alike
  std::optional<int> code;
  std::string_view text;
};

struct Connect {};       // "CONNECT [<text>]": from here on the line carries the peer's bytes (2.3)
struct NoConnection {};  // "CONNECT FAIL" (2.3), "NO CARRIER" after ATO

// ---- Reasons, printed before ERROR.
struct CipError {  // "+CIPERROR: <err>"
  int err;
};
struct IpError {  // "+IP ERROR: <err_info>"
  std::optional<ErrInfo> info;
  std::string_view text;
};

// ---- Results of one command; before or after its OK (2.1-2.6, 2.15).
struct NetOpen {  // "+NETOPEN: <err>" or, after "AT+NETOPEN?", "+NETOPEN: <net_state>"
  int err;
  int state;
};
struct NetClose {
  int err;
};
struct OpenResult {
  int link;
  int err;
};
struct CloseResult {
  int link;
  int err;
};
struct SendResult {
  int link;
  int requested;
  int confirmed;
};
struct ServerStop {
  int server;
  int err;
};

// ---- Lines of an answer.
struct OpenLink {  // one line of "AT+CIPOPEN?": a link that is open
  int link;
  bool udp;
  Endpoint peer;
  int server;  // -1: opened by this side
};
struct ClosedLink {  // one line of "AT+CIPOPEN?": a link that is not
  int link;
};
struct RxHeader {  // "+CIPRXGET: 2,<link>,<read_len>,<rest_len>"; the payload follows
  int mode;        // 2: as it is, 3: in hexadecimal
  int link;
  int size;
  int rest;
};
struct RxRest {  // "+CIPRXGET: 4,<link>,<rest_len>"
  int link;
  int rest;
};
struct RxMode {  // "+CIPRXGET: <mode>"
  int mode;
};
struct CipMode {
  int mode;
};
struct CipTimeout {  // "+CIPTIMEOUT: <netopen>,<cipopen>,<cipsend>", in milliseconds
  std::array<int, 3> values;
};
struct Address {  // "+IPADDR: <ip>"
  Ipv4 ip;
};
struct Ack {  // "+CIPACK: <sent>,<acknowledged>,<received>"
  long long sent;
  long long acknowledged;
  long long received;
};
struct DnsAnswer {  // "+CDNSGIP: 1,<name>,<ip>"; some firmware counts on: "2,…" (MODEM-NOTES)
  std::string_view name;
  Ipv4 ip;
};
struct DnsError {  // "+CDNSGIP: 0,<dns error code>"
  int code;
};
struct ServerLine {  // "+SERVERSTART: <server>,<port>"
  int server;
  int port;
};
struct SocketConfig {  // "+CIPCCFG:<NmRetry>,…", seven fields (2.13); later firmware has more
  std::array<int, 7> values;
};
struct HeadMode {  // "+CIPHEAD: <mode>" (2.8)
  int mode;
};
struct SourceMode {  // "+CIPSRIP: <mode>" (2.9)
  int mode;
};
struct Pin {  // "+CPIN: READY", "+CPIN: SIM PIN" …
  std::string_view state;
};
struct Registration {  // "+CREG: <n>,<stat>" and CGREG, CEREG alike
  int stat;
};

// ---- Unsolicited result codes (1.2, chapter 5).
struct DataReady {  // "+CIPRXGET: 1,<link>"
  int link;
};
struct LinkClosed {  // "+IPCLOSE: <link>,<reason>"
  int link;
  int reason;
};
struct NetworkClosed {};  // "+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY"
struct ClientAccepted {   // "+CLIENT: <link>,<server>,<ip>:<port>"
  int link;
  int server;
  Endpoint peer;
};
struct RecvFrom {  // "RECV FROM:<ip>:<port>", before a pushed payload's header (2.9)
  Endpoint from;
};
struct PushHeader {  // "+IPD<len>" (link -1) or "+RECEIVE,<link>,<len>" (2.13); the payload follows
  int link;
  int size;
};
struct Boot {};  // "RDY" or "*ATREADY: 1": the module has restarted

struct Other {};

using Reply =
    std::variant<Other, Ok, ErrorResult, CmeError, Connect, NoConnection, CipError, IpError,
                 NetOpen, NetClose, OpenResult, CloseResult, SendResult, ServerStop, OpenLink,
                 ClosedLink, RxHeader, RxRest, RxMode, CipMode, CipTimeout, Address, Ack, DnsAnswer,
                 DnsError, ServerLine, Pin, Registration, SocketConfig, HeadMode, SourceMode,
                 DataReady, LinkClosed, NetworkClosed, ClientAccepted, RecvFrom, PushHeader, Boot>;

// Reads one line. Blanks after a colon or comma don't matter; numbers outside an int, missing
// fields and words where numbers belong make it Other. Views point into `line`.
Reply parse(std::string_view line);

// True for the replies that come without a command having asked for them.
bool is_unsolicited(const Reply& reply);

}  // namespace a7600::at
