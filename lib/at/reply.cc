// SPDX-License-Identifier: MIT
#include "at/reply.h"

#include <charconv>

namespace a7600::at {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  text = trim(text);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view unquoted(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text.remove_prefix(1);
    text.remove_suffix(1);
  }
  return text;
}

// The comma-separated fields behind the colon. A line with more fields than any reply has keeps
// the count but not the surplus.
class Fields {
 public:
  explicit Fields(std::string_view rest) {
    bool quoted = false;
    std::size_t start = 0;
    for (std::size_t i = 0; i <= rest.size(); ++i) {
      if (i < rest.size() && rest[i] == '"') quoted = !quoted;
      if (i < rest.size() && (rest[i] != ',' || quoted)) continue;
      if (count_ < fields_.size()) fields_[count_] = trim(rest.substr(start, i - start));
      ++count_;
      start = i + 1;
    }
  }

  std::size_t count() const { return count_; }
  std::string_view operator[](std::size_t i) const { return fields_[i]; }
  std::optional<int> integer(std::size_t i) const { return number<int>(fields_[i]); }

  // All `N` fields as integers, if there are exactly so many and all are.
  template <std::size_t N>
  std::optional<std::array<int, N>> integers() const {
    if (count_ != N) return std::nullopt;
    std::array<int, N> out{};
    for (std::size_t i = 0; i < N; ++i) {
      const auto value = integer(i);
      if (!value) return std::nullopt;
      out[i] = *value;
    }
    return out;
  }

 private:
  std::array<std::string_view, 10> fields_{};
  std::size_t count_ = 0;
};

template <typename Type>
Reply pair_of(const Fields& fields) {
  if (const auto v = fields.integers<2>()) return Type{(*v)[0], (*v)[1]};
  return Other{};
}

template <typename Type>
Reply single(const Fields& fields) {
  if (const auto v = fields.integers<1>()) return Type{(*v)[0]};
  return Other{};
}

Reply parse_rxget(const Fields& fields) {
  const auto first = fields.integer(0);
  if (!first) return Other{};
  switch (fields.count()) {
    case 1:
      return RxMode{*first};
    case 2:
      if (const auto v = fields.integers<2>(); v && *first == 1) return DataReady{(*v)[1]};
      break;
    case 3:
      if (const auto v = fields.integers<3>(); v && *first == 4) return RxRest{(*v)[1], (*v)[2]};
      break;
    case 4:
      if (const auto v = fields.integers<4>(); v && (*first == 2 || *first == 3) && (*v)[2] >= 0) {
        return RxHeader{*first, (*v)[1], (*v)[2], (*v)[3]};
      }
      break;
    default:
      break;
  }
  return Other{};
}

Reply parse_open(const Fields& fields) {
  if (fields.count() == 1) return single<ClosedLink>(fields);
  if (fields.count() == 2) return pair_of<OpenResult>(fields);
  if (fields.count() < 4) return Other{};
  const auto link = fields.integer(0);
  const auto port = number<std::uint16_t>(fields[3]);
  if (!link) return Other{};
  const std::string_view type = unquoted(fields[1]);
  // Some firmware shows the fields of a closed link, too, with nothing in them.
  if (type.empty()) return ClosedLink{*link};
  OpenLink out{*link, type == "UDP", {}, -1};
  // A UDP link may show no peer, and a domain name may stand where the address belongs.
  out.peer.ip = Ipv4::parse(unquoted(fields[2])).value_or(Ipv4{});
  out.peer.port = port.value_or(0);
  if (fields.count() > 4) out.server = fields.integer(4).value_or(-1);
  return out;
}

std::optional<Endpoint> endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto ip = Ipv4::parse(text.substr(0, colon));
  const auto port = number<std::uint16_t>(text.substr(colon + 1));
  if (!ip || !port) return std::nullopt;
  return Endpoint{*ip, *port};
}

Reply parse_client(const Fields& fields) {
  if (fields.count() != 3) return Other{};
  const auto link = fields.integer(0);
  const auto server = fields.integer(1);
  const auto peer = endpoint(unquoted(fields[2]));
  if (!link || !server || !peer) return Other{};
  return ClientAccepted{*link, *server, *peer};
}

Reply parse_receive(const Fields& fields) {
  if (const auto v = fields.integers<2>(); v && (*v)[1] >= 0) return PushHeader{(*v)[0], (*v)[1]};
  return Other{};
}

// "+IPD16"; "(data length)" in the manual's 1.2 may have parentheses in some firmware.
Reply parse_ipd(std::string_view rest) {
  rest = trim(rest);
  if (rest.starts_with('(') && rest.ends_with(')')) rest = rest.substr(1, rest.size() - 2);
  if (const auto size = number<int>(rest); size && *size >= 0) return PushHeader{-1, *size};
  return Other{};
}

Reply parse_socket_config(const Fields& fields) {
  SocketConfig out{};
  if (fields.count() < out.values.size()) return Other{};
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const auto value = fields.integer(i);
    if (!value) return Other{};
    out.values[i] = *value;
  }
  return out;
}

Reply parse_dns(const Fields& fields) {
  const auto first = fields.integer(0);
  if (!first || *first < 0 || fields.count() < 2) return Other{};
  if (*first == 0) return DnsError{fields.integer(1).value_or(0)};
  if (fields.count() < 3) return Other{};
  const auto ip = Ipv4::parse(unquoted(fields[2]));
  if (!ip) return DnsError{0};
  return DnsAnswer{unquoted(fields[1]), *ip};
}

Reply parse_timeouts(const Fields& fields) {
  if (const auto v = fields.integers<3>()) return CipTimeout{*v};
  return Other{};
}

Reply parse_net_open(const Fields& fields) {
  // The manual's 6.4.2 shows "+NETOPEN: 0,0" where 2.1 has one field. The <err> is the latter of
  // two, the <net_state> the former.
  if (const auto v = fields.integers<2>()) return NetOpen{.err = (*v)[1], .state = (*v)[0]};
  if (const auto v = fields.integers<1>()) return NetOpen{.err = (*v)[0], .state = (*v)[0]};
  return Other{};
}

Reply parse_registration(const Fields& fields) {
  // An answer is "<n>,<stat>[,…]"; the unsolicited form "<stat>[,"lac",…]" has no second number.
  if (fields.count() == 1) return Other{};
  const auto stat = fields.integer(1);
  if (!stat) return Other{};
  return Registration{*stat};
}

Reply parse_send(const Fields& fields) {
  if (const auto v = fields.integers<3>()) return SendResult{(*v)[0], (*v)[1], (*v)[2]};
  return Other{};
}

Reply parse_ack(const Fields& fields) {
  if (fields.count() != 3) return Other{};
  const auto sent = number<long long>(fields[0]);
  const auto acknowledged = number<long long>(fields[1]);
  const auto received = number<long long>(fields[2]);
  if (!sent || !acknowledged || !received) return Other{};
  return Ack{*sent, *acknowledged, *received};
}

Reply parse_address(const Fields& fields) {
  if (const auto ip = Ipv4::parse(unquoted(fields[0]))) return Address{*ip};
  return Other{};
}

struct Row {
  std::string_view prefix;
  Reply (*parse)(const Fields&);
};

// The most frequent first: this is the receive path.
constexpr Row kRows[] = {
    {"+CIPRXGET:", parse_rxget},
    {"+CIPSEND:", parse_send},
    {"+CIPOPEN:", parse_open},
    {"+CIPCLOSE:", pair_of<CloseResult>},
    {"+IPCLOSE:", pair_of<LinkClosed>},
    {"+CDNSGIP:", parse_dns},
    {"+CIPERROR:", single<CipError>},
    {"+NETOPEN:", parse_net_open},
    {"+NETCLOSE:", single<NetClose>},
    {"+IPADDR:", parse_address},
    {"+CLIENT:", parse_client},
    {"+SERVERSTART:", pair_of<ServerLine>},
    {"+SERVERSTOP:", pair_of<ServerStop>},
    {"+CIPCCFG:", parse_socket_config},
    {"+CIPHEAD:", single<HeadMode>},
    {"+CIPSRIP:", single<SourceMode>},
    {"+CIPMODE:", single<CipMode>},
    {"+CIPTIMEOUT:", parse_timeouts},
    {"+CIPACK:", parse_ack},
    {"+CREG:", parse_registration},
    {"+CGREG:", parse_registration},
    {"+CEREG:", parse_registration},
};

}  // namespace

Reply parse(std::string_view line) {
  if (line == "OK") return Ok{};
  if (line == "ERROR") return ErrorResult{};
  for (const Row& row : kRows) {
    if (line.starts_with(row.prefix)) return row.parse(Fields(line.substr(row.prefix.size())));
  }
  if (line.starts_with("+RECEIVE,")) {
    std::string_view rest = line.substr(9);
    if (rest.ends_with(':')) rest.remove_suffix(1);
    return parse_receive(Fields(rest));
  }
  if (line.starts_with("+IPD")) {
    std::string_view rest = line.substr(4);
    if (rest.ends_with(':')) rest.remove_suffix(1);
    return parse_ipd(rest);
  }
  if (line.starts_with("RECV FROM:") || line.starts_with("+RECV FROM:")) {
    if (const auto from = endpoint(trim(line.substr(line.find(':') + 1)))) return RecvFrom{*from};
    return Other{};
  }
  if (line.starts_with("+IP ERROR:")) {
    const std::string_view text = trim(line.substr(10));
    return IpError{parse_err_info(text), text};
  }
  if (line.starts_with("+CME ERROR:") || line.starts_with("+CMS ERROR:")) {
    const std::string_view text = trim(line.substr(11));
    return CmeError{number<int>(text), text};
  }
  if (line.starts_with("+CPIN:")) return Pin{trim(line.substr(6))};
  if (line.starts_with("+CIPEVENT:") && line.find("NETWORK CLOSED") != std::string_view::npos) {
    return NetworkClosed{};
  }
  if (line == "RDY" || line.starts_with("*ATREADY")) return Boot{};
  if (line == "CONNECT FAIL" || line == "NO CARRIER") return NoConnection{};
  if (line == "CONNECT" || line.starts_with("CONNECT ")) return Connect{};
  return Other{};
}

bool is_unsolicited(const Reply& reply) {
  return std::holds_alternative<DataReady>(reply) || std::holds_alternative<LinkClosed>(reply) ||
         std::holds_alternative<NetworkClosed>(reply) ||
         std::holds_alternative<ClientAccepted>(reply) || std::holds_alternative<RecvFrom>(reply) ||
         std::holds_alternative<Boot>(reply);
}

}  // namespace a7600::at
