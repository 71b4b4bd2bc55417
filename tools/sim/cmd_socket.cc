// SPDX-License-Identifier: MIT
// Connections and their data: manual 2.3 to 2.6, 2.16.
#include <algorithm>
#include <array>
#include <string>

#include "modem.h"
#include "text.h"

namespace a7600::sim {
namespace {

constexpr long kMaxRead = 1500;
constexpr long kMaxHexRead = 750;
constexpr long kMaxSend = 1500;

void result(Modem& m, std::string_view name, int link, Err err) {
  Text text;
  text << name << ": " << link << ',' << static_cast<int>(err);
  m.out.info(text);
}

// "+CIPOPEN: n,err" and ERROR.
void open_error(Modem& m, int link, Err err) {
  result(m, "+CIPOPEN", link, err);
  m.error();
}

void list_links(Modem& m) {
  for (int i = 0; i < kLinks; ++i) {
    const Link& link = m.stack.link(i);
    Text text;
    text << "+CIPOPEN: " << i;
    if (link.open()) {
      text << (link.type() == Link::Type::kTcp ? ",\"TCP\",\"" : ",\"UDP\",\"") << link.peer().ip
           << "\"," << link.peer().port << ',' << link.server();
    } else {
      text << m.profile.closed_link_more;
    }
    i == 0 ? m.out.info(text) : m.out.more(text);
  }
  m.ok();
}

// The end of an AT+CIPOPEN that has dialled or looked up a name.
void report_open(Modem& m, Order order, int link, Err err) {
  Text text;
  text << "+CIPOPEN: " << link << ',' << static_cast<int>(err);
  m.finish(order, text, err == Err::kSucceeded);
}

// The end of an AT+CIPOPEN of transparent mode (manual 2.3, form 4).
void answer_transparent(Modem& m, Link& link, Err err) {
  if (err != Err::kSucceeded) return m.final_text("CONNECT FAIL", Final::kNoCarrier);
  m.connect(link);
}

void open_tcp(Modem& m, int number, const Parameters& p) {
  Link& link = m.stack.link(number);
  const auto host = p.quoted(2);
  const auto port = p.number(3, 0, 65535);
  const auto local_port = p.absent(4) ? std::optional<long>(0) : p.number(4, 0, 65535);
  const auto address = host ? Ipv4::parse(*host) : std::nullopt;
  if (!host || !port || !local_port || p.size() > 5 || (!address && !valid_name(*host))) {
    return open_error(m, number, Err::kWrongParameter);
  }
  const auto addresses = m.router.resolve(*host);
  const bool transparent = m.stack.settings.mode == 1;
  const Order order = m.order(m.profile.tcp_open);
  if (!transparent && order == Order::kOkAtOnce) m.ok();
  if (addresses.empty()) {
    return transparent ? answer_transparent(m, link, Err::kDnsFailed)
                       : report_open(m, order, number, Err::kDnsFailed);
  }
  m.stack.connect(link, {addresses.front(), static_cast<std::uint16_t>(*port)},
                  static_cast<std::uint16_t>(*local_port),
                  [&m, &link, transparent, order](Err err) {
                    if (transparent) {
                      answer_transparent(m, link, err);
                    } else {
                      report_open(m, order, link.number(), err);
                    }
                  });
}

// In command mode a UDP link has a local port and no peer; in transparent mode it has both.
void open_udp(Modem& m, int number, const Parameters& p, std::size_t port_index) {
  Link& link = m.stack.link(number);
  const bool transparent = m.stack.settings.mode == 1;
  const auto local_port = p.number(port_index, 0, 65535);
  Endpoint peer;
  bool right = local_port && p.size() == port_index + 1;
  if (transparent) {
    const auto host = p.quoted(2);
    const auto address = host ? Ipv4::parse(*host) : std::nullopt;
    const auto port = p.number(3, 0, 65535);
    right = right && address && port;
    if (right) peer = {*address, static_cast<std::uint16_t>(*port)};
  } else {
    right = right && (port_index == 1 || (p.absent(2) && p.absent(3)));
  }
  if (!right) return open_error(m, number, Err::kWrongParameter);
  const Err err = m.stack.open_udp(link, peer, static_cast<std::uint16_t>(*local_port));
  if (transparent) return answer_transparent(m, link, err);
  if (err != Err::kSucceeded) return open_error(m, number, err);
  Text text;
  text << "+CIPOPEN: " << number << ",0";
  m.answer(m.profile.udp_open, text, true);
}

void open_link(Modem& m, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    m.out.info("+CIPOPEN: (0-9),(\"TCP\",\"UDP\")");
    return m.ok();
  }
  if (command.form == Form::kRead) return list_links(m);
  if (command.form != Form::kWrite) return m.error();
  const auto number = p.number(0, 0, 1'000'000);
  if (!number) return m.error();
  if (*number >= kLinks) return m.ip_error(ErrInfo::kInvalidParameter);
  const int link = static_cast<int>(*number);
  if (!m.stack.net_open()) return open_error(m, link, Err::kNetworkNotOpened);
  if (m.stack.settings.mode == 1 && link != 0) return open_error(m, link, Err::kWrongParameter);
  const Link::State state = m.stack.link(link).state();
  if (state == Link::State::kOpen || state == Link::State::kConnecting) {
    return open_error(m, link, Err::kNotSupported);
  }
  if (m.faults.happens(Fault::kLinkCollision)) return open_error(m, link, Err::kNotSupported);
  if (m.faults.happens(Fault::kRebootInOpen)) return m.reboot();
  const auto type = p.quoted(1);
  if (type && same_name(*type, "TCP")) return open_tcp(m, link, p);
  if (type && same_name(*type, "UDP")) return open_udp(m, link, p, 4);
  // "AT+CIPOPEN=<link_num>[,"UDP",,],<localPort>": the middle may be left out.
  if (!type && p.size() == 2 && m.stack.settings.mode == 0) return open_udp(m, link, p, 1);
  open_error(m, link, Err::kWrongParameter);
}

// The destination of a UDP payload, AT+CIPSEND's third and fourth parameter.
std::optional<Endpoint> destination(const Parameters& p) {
  const auto host = p.quoted(2);
  const auto address = host ? Ipv4::parse(*host) : std::nullopt;
  const auto port = p.number(3, 0, 65535);
  if (!address || !port || p.size() != 4) return std::nullopt;
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

void send(Modem& m, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    m.out.info(m.profile.send_test);
    return m.ok();
  }
  if (command.form != Form::kWrite) return m.error();
  const auto number = p.number(0, 0, kLinks - 1);
  const auto length = p.number(1, 1, kMaxSend);
  if (!number || (!p.absent(1) && !length)) return m.cip_error(Err::kWrongParameter);
  if (!m.stack.net_open()) return m.cip_error(Err::kNetworkNotOpened);
  const Link& link = m.stack.link(static_cast<int>(*number));
  if (!link.open() || m.stack.transparent(link) || m.stack.broken(link)) {
    return m.cip_error(Err::kNotSupported);
  }
  const bool udp = link.type() == Link::Type::kUdp;
  const auto to = udp ? destination(p) : Endpoint{};
  if (!to || (!udp && p.size() > 2)) return m.cip_error(Err::kWrongParameter);
  // "Only supports fixed-length to send" (manual 6.4.2).
  if (link.server() >= 0 && !length) return m.cip_error(Err::kNotSupported);
  if (m.stack.sending(link) || m.faults.happens(Fault::kSendBusy)) return m.cip_error(Err::kBusy);
  if (m.faults.happens(Fault::kSendError)) {
    return m.cip_error(static_cast<Err>(m.faults.value(Fault::kSendError)));
  }
  if (m.faults.happens(Fault::kNoPrompt)) return m.host.ready();
  m.await_payload(link.number(),
                  length ? std::optional(static_cast<std::size_t>(*length)) : std::nullopt, *to);
}

void read_text(Modem& m, Link& link, std::size_t length) {
  const Ring& ring = link.received();
  const std::size_t count = std::min(length, ring.size());
  Text header;
  header << "+CIPRXGET: 2," << link.number() << ',' << count << ',' << ring.size() - count;
  const auto pieces = ring.front(count);
  m.out.info_with_data(header, pieces[0], pieces[1]);
  link.drop(count);
}

void read_hex(Modem& m, Link& link, std::size_t length) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const Ring& ring = link.received();
  const std::size_t count = std::min(length, ring.size());
  std::string hex;
  for (const std::string_view piece : ring.front(count)) {
    for (const char c : piece) {
      hex += kHex[static_cast<unsigned char>(c) >> 4];
      hex += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  Text header;
  header << "+CIPRXGET: 3," << link.number() << ',' << count << ',' << ring.size() - count;
  m.out.info_with_data(header, hex, "");
  link.drop(count);
}

void receive_mode(Modem& m, int mode) {
  const bool changed = m.stack.settings.rx_mode != mode;
  m.stack.settings.rx_mode = mode;
  m.ok();
  if (changed) m.stack.delivery().mode_changed();
}

// AT+CIPRXGET=5: the first datagram, or its first `length` bytes, with its sender. The notes on
// real firmware don't give its form: this one is a guess in the manual's manner.
void read_datagram(Modem& m, Link& link, std::size_t length) {
  if (link.type() != Link::Type::kUdp) return m.ip_error(ErrInfo::kNotSupported);
  const std::size_t count = std::min(length, link.datagram().left);
  const Endpoint from = link.datagram().from;
  Text header;
  header << "+CIPRXGET: 5," << link.number() << ',' << count << ','
         << link.received().size() - count << ",\"" << from.ip << "\"," << from.port;
  const auto pieces = link.received().front(count);
  m.out.info_with_data(header, pieces[0], pieces[1]);
  link.drop(count);
  m.ok();
}

// Modes 2 to 5.
void retrieve(Modem& m, long mode, const Parameters& p) {
  const auto number = p.number(1, 0, kLinks - 1);
  const long most = mode == 3 ? kMaxHexRead : kMaxRead;
  const auto length = p.absent(2) ? std::optional(most) : p.number(2, 1, most);
  const std::size_t expected = mode == 4 ? 2 : 3;
  if (!number || !length || p.size() > expected) return m.ip_error(ErrInfo::kInvalidParameter);
  if (m.spoil_with_ip_error()) return;
  Link& link = m.stack.link(static_cast<int>(*number));
  if (m.stack.settings.rx_mode == 0 || m.stack.transparent(link)) {
    return m.ip_error(ErrInfo::kNotSupported);
  }
  const bool gone = link.state() == Link::State::kFree;
  if (gone && !m.stack.net_open()) return m.ip_error(ErrInfo::kNetworkNotOpened);
  if (mode == 4) {
    Text text;
    text << "+CIPRXGET: 4," << link.number() << ',' << link.received().size();
    m.out.info(text);
    return m.ok();
  }
  if (link.received().empty()) return m.ip_error(ErrInfo::kNoData);
  const auto wanted = static_cast<std::size_t>(*length);
  if (mode == 5) return read_datagram(m, link, wanted);
  if (mode == 2) {
    read_text(m, link, wanted);
  } else {
    read_hex(m, link, wanted);
  }
  m.ok();
}

void receive(Modem& m, const Command& command, const Parameters& p) {
  const int modes = m.profile.names_sender ? 5 : 4;
  if (command.form == Form::kTest) {
    Text text;
    text << "+CIPRXGET: (0-" << modes << "),(0-9),(1-1500)";
    m.out.info(text);
    return m.ok();
  }
  if (command.form == Form::kRead) {
    Text text;
    text << "+CIPRXGET: " << m.stack.settings.rx_mode;
    m.out.info(text);
    return m.ok();
  }
  const auto mode = p.number(0, 0, modes);
  if (command.form != Form::kWrite || !mode) return m.error();
  if (*mode > 1) return retrieve(m, *mode, p);
  if (p.size() != 1) return m.error();
  receive_mode(m, static_cast<int>(*mode));
}

void close_link(Modem& m, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    m.out.info("+CIPCLOSE: (0-9)");
    return m.ok();
  }
  if (command.form == Form::kRead) {
    Text text;
    text << "+CIPCLOSE: ";
    for (int i = 0; i < kLinks; ++i) {
      text << (i == 0 ? "" : ",") << (m.stack.link(i).open() ? '1' : '0');
    }
    m.out.info(text);
    return m.ok();
  }
  const auto number = p.number(0, 0, 1'000'000);
  if (command.form != Form::kWrite || !number) return m.error();
  const int wanted = static_cast<int>(*number);
  Err err = Err::kSucceeded;
  if (wanted >= kLinks || p.size() != 1) {
    err = Err::kWrongParameter;
  } else if (!m.stack.net_open()) {
    err = Err::kNetworkNotOpened;
  } else if (!m.stack.link(wanted).open()) {
    // What an ended link still holds goes with it, whatever the answer.
    if (m.stack.link(wanted).state() == Link::State::kEnded) m.stack.link(wanted).close();
    err = Err::kNotSupported;
  }
  if (err != Err::kSucceeded) {
    result(m, "+CIPCLOSE", wanted, err);
    return m.error();
  }
  Link& link = m.stack.link(wanted);
  const bool udp = link.type() == Link::Type::kUdp;
  const bool transparent = m.stack.transparent(link);
  m.stack.close_link(link);
  if (m.faults.happens(Fault::kCloseError)) {
    result(m, "+CIPCLOSE", wanted, static_cast<Err>(m.faults.value(Fault::kCloseError)));
    return m.error();
  }
  Text text;
  text << "+CIPCLOSE: " << wanted << ",0";
  if (!transparent) return m.answer(udp ? m.profile.udp_close : m.profile.tcp_close, text, true);
  // One line more, and UDP's OK last (manual 2.6, 6.2.3.4, 6.3.3.4).
  if (!udp) m.ok();
  m.out.info("CLOSED");
  m.out.info(text);
  if (udp) m.ok();
}

void acknowledged(Modem& m, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    m.out.info("+CIPACK: (0-9)");
    return m.ok();
  }
  if (command.form != Form::kWrite) return m.error();
  const auto number = p.number(0, 0, kLinks - 1);
  if (!number || p.size() != 1) return m.ip_error(ErrInfo::kInvalidParameter);
  if (m.spoil_with_ip_error()) return;
  if (!m.stack.net_open()) return m.ip_error(ErrInfo::kNetworkNotOpened);
  const Link& link = m.stack.link(static_cast<int>(*number));
  if (!link.open()) return m.ip_error(ErrInfo::kConnectionNotCreated);
  if (link.type() != Link::Type::kTcp) return m.ip_error(ErrInfo::kNotSupported);
  Text text;
  text << "+CIPACK: " << link.sent_bytes() << ',' << link.acknowledged_bytes() << ','
       << link.received_bytes();
  m.out.info(text);
  m.ok();
}

constexpr auto kCommands = std::to_array<Entry>({
    {"+CIPRXGET", receive},
    {"+CIPSEND", send},
    {"+CIPOPEN", open_link},
    {"+CIPCLOSE", close_link},
    {"+CIPACK", acknowledged},
});

}  // namespace

std::span<const Entry> socket_commands() { return kCommands; }

}  // namespace a7600::sim
