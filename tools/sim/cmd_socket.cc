// SPDX-License-Identifier: MIT
// Connections and their data: manual 2.3 to 2.6, 2.16.
#include <algorithm>
#include <array>
#include <string>

#include "channel.h"
#include "modem.h"
#include "text.h"

namespace a7600::sim {
namespace {

constexpr long kMaxRead = 1500;
constexpr long kMaxHexRead = 750;
constexpr long kMaxSend = 1500;

void result(Channel& c, std::string_view name, int link, Err err) {
  Text text;
  text << name << ": " << link << ',' << static_cast<int>(err);
  c.out.info(text);
}

// "+CIPOPEN: n,err" and ERROR.
void open_error(Channel& c, int link, Err err) {
  result(c, "+CIPOPEN", link, err);
  c.error();
}

void list_links(Channel& c) {
  for (int i = 0; i < kLinks; ++i) {
    const Link& link = c.stack.link(i);
    Text text;
    text << "+CIPOPEN: " << i;
    if (c.stack.in_use(link)) {
      text << (link.type() == Link::Type::kTcp ? ",\"TCP\",\"" : ",\"UDP\",\"") << link.peer().ip
           << "\"," << link.peer().port << ',' << link.server();
    } else {
      text << c.profile.closed_link_more;
    }
    i == 0 ? c.out.info(text) : c.out.more(text);
  }
  c.ok();
}

// The end of an AT+CIPOPEN that has dialled or looked up a name.
void report_open(Channel& c, Order order, int link, Err err) {
  Text text;
  text << "+CIPOPEN: " << link << ',' << static_cast<int>(err);
  c.finish(order, text, err == Err::kSucceeded);
}

// The end of an AT+CIPOPEN of transparent mode (manual 2.3, form 4).
void answer_transparent(Channel& c, Link& link, Err err) {
  if (err != Err::kSucceeded) return c.final_text("CONNECT FAIL", Final::kNoCarrier);
  c.connect(link);
}

void open_tcp(Channel& c, int number, const Parameters& p) {
  Link& link = c.stack.link(number);
  const auto host = p.quoted(2);
  const auto port = p.number(3, 0, 65535);
  const auto local_port = p.absent(4) ? std::optional<long>(0) : p.number(4, 0, 65535);
  const auto address = host ? Ipv4::parse(*host) : std::nullopt;
  if (!host || !port || !local_port || p.size() > 5 || (!address && !valid_name(*host))) {
    return open_error(c, number, Err::kWrongParameter);
  }
  const auto addresses = c.router.resolve(*host);
  const bool transparent = c.stack.settings.mode == 1;
  const Order order = c.order(c.profile.tcp_open);
  if (!transparent && order == Order::kOkAtOnce) c.ok();
  if (addresses.empty()) {
    return transparent ? answer_transparent(c, link, Err::kDnsFailed)
                       : report_open(c, order, number, Err::kDnsFailed);
  }
  c.stack.connect(link, {addresses.front(), static_cast<std::uint16_t>(*port)},
                  static_cast<std::uint16_t>(*local_port),
                  [&c, &link, transparent, order](Err err) {
                    if (transparent) {
                      answer_transparent(c, link, err);
                    } else {
                      report_open(c, order, link.number(), err);
                    }
                  });
}

// In command mode a UDP link has a local port and no peer; in transparent mode it has both.
void open_udp(Channel& c, int number, const Parameters& p, std::size_t port_index) {
  Link& link = c.stack.link(number);
  const bool transparent = c.stack.settings.mode == 1;
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
  if (!right) return open_error(c, number, Err::kWrongParameter);
  const Err err = c.stack.open_udp(link, peer, static_cast<std::uint16_t>(*local_port));
  if (transparent) return answer_transparent(c, link, err);
  if (err != Err::kSucceeded) return open_error(c, number, err);
  Text text;
  text << "+CIPOPEN: " << number << ",0";
  c.answer(c.profile.udp_open, text, true);
}

void open_link(Channel& c, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    c.out.info("+CIPOPEN: (0-9),(\"TCP\",\"UDP\")");
    return c.ok();
  }
  if (command.form == Form::kRead) return list_links(c);
  if (command.form != Form::kWrite) return c.error();
  const auto number = p.number(0, 0, 1'000'000);
  if (!number) return c.error();
  if (*number >= kLinks) return c.ip_error(ErrInfo::kInvalidParameter);
  const int link = static_cast<int>(*number);
  if (!c.stack.net_open()) return open_error(c, link, Err::kNetworkNotOpened);
  if (c.stack.settings.mode == 1 && link != 0) return open_error(c, link, Err::kWrongParameter);
  if (c.stack.in_use(c.stack.link(link)) ||
      c.stack.link(link).state() == Link::State::kConnecting) {
    return open_error(c, link, Err::kNotSupported);
  }
  if (c.faults.happens(Fault::kLinkCollision)) return open_error(c, link, Err::kNotSupported);
  if (c.faults.happens(Fault::kRebootInOpen)) return c.modem.reboot();
  c.stack.opened_by(c.stack.link(link), c.outlet);
  const auto type = p.quoted(1);
  if (type && same_name(*type, "TCP")) return open_tcp(c, link, p);
  if (type && same_name(*type, "UDP")) return open_udp(c, link, p, 4);
  // "AT+CIPOPEN=<link_num>[,"UDP",,],<localPort>": the middle may be left out.
  if (!type && p.size() == 2 && c.stack.settings.mode == 0) return open_udp(c, link, p, 1);
  open_error(c, link, Err::kWrongParameter);
}

// The destination of a UDP payload, AT+CIPSEND's third and fourth parameter.
std::optional<Endpoint> destination(const Parameters& p) {
  const auto host = p.quoted(2);
  const auto address = host ? Ipv4::parse(*host) : std::nullopt;
  const auto port = p.number(3, 0, 65535);
  if (!address || !port || p.size() != 4) return std::nullopt;
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

void send(Channel& c, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    c.out.info(c.profile.send_test);
    return c.ok();
  }
  if (command.form != Form::kWrite) return c.error();
  const auto number = p.number(0, 0, kLinks - 1);
  const auto length = p.number(1, 1, kMaxSend);
  if (!number || (!p.absent(1) && !length)) return c.cip_error(Err::kWrongParameter);
  if (!c.stack.net_open()) return c.cip_error(Err::kNetworkNotOpened);
  const Link& link = c.stack.link(static_cast<int>(*number));
  if (!link.open() || c.stack.transparent(link) || c.stack.broken(link)) {
    return c.cip_error(Err::kNotSupported);
  }
  const bool udp = link.type() == Link::Type::kUdp;
  const auto to = udp ? destination(p) : Endpoint{};
  if (!to || (!udp && p.size() > 2)) return c.cip_error(Err::kWrongParameter);
  // "Only supports fixed-length to send" (manual 6.4.2).
  if (link.server() >= 0 && !length) return c.cip_error(Err::kNotSupported);
  if (c.stack.busy(link) || c.faults.happens(Fault::kSendBusy)) return c.cip_error(Err::kBusy);
  if (c.faults.happens(Fault::kSendError)) {
    return c.cip_error(static_cast<Err>(c.faults.value(Fault::kSendError)));
  }
  if (c.faults.happens(Fault::kNoPrompt)) return c.host.ready();
  c.await_payload(link.number(),
                  length ? std::optional(static_cast<std::size_t>(*length)) : std::nullopt, *to);
}

void read_text(Channel& c, Link& link, std::size_t length) {
  const Ring& ring = link.received();
  const std::size_t count = std::min(length, ring.size());
  Text header;
  header << "+CIPRXGET: 2," << link.number() << ',' << count << ',' << ring.size() - count;
  const auto pieces = ring.front(count);
  c.out.info_with_data(header, pieces[0], pieces[1]);
  link.drop(count);
}

void read_hex(Channel& c, Link& link, std::size_t length) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const Ring& ring = link.received();
  const std::size_t count = std::min(length, ring.size());
  std::string hex;
  for (const std::string_view piece : ring.front(count)) {
    for (const char byte : piece) {
      hex += kHex[static_cast<unsigned char>(byte) >> 4];
      hex += kHex[static_cast<unsigned char>(byte) & 15];
    }
  }
  Text header;
  header << "+CIPRXGET: 3," << link.number() << ',' << count << ',' << ring.size() - count;
  c.out.info_with_data(header, hex, "");
  link.drop(count);
}

void receive_mode(Channel& c, int mode) {
  const bool changed = c.stack.settings.rx_mode != mode;
  c.stack.settings.rx_mode = mode;
  c.ok();
  if (changed) c.stack.delivery().mode_changed();
}

// AT+CIPRXGET=5: the first datagram, or its first `length` bytes, with its sender. The notes on
// real firmware don't give its form: this one is a guess in the manual's manner.
void read_datagram(Channel& c, Link& link, std::size_t length) {
  if (link.type() != Link::Type::kUdp) return c.ip_error(ErrInfo::kNotSupported);
  const std::size_t count = std::min(length, link.datagram().left);
  const Endpoint from = link.datagram().from;
  Text header;
  header << "+CIPRXGET: 5," << link.number() << ',' << count << ','
         << link.received().size() - count << ",\"" << from.ip << "\"," << from.port;
  const auto pieces = link.received().front(count);
  c.out.info_with_data(header, pieces[0], pieces[1]);
  link.drop(count);
  c.ok();
}

// Modes 2 to 5.
void retrieve(Channel& c, long mode, const Parameters& p) {
  const auto number = p.number(1, 0, kLinks - 1);
  const long most = mode == 3 ? kMaxHexRead : kMaxRead;
  const auto length = p.absent(2) ? std::optional(most) : p.number(2, 1, most);
  const std::size_t expected = mode == 4 ? 2 : 3;
  if (!number || !length || p.size() > expected) return c.ip_error(ErrInfo::kInvalidParameter);
  if (c.spoil_with_ip_error()) return;
  Link& link = c.stack.link(static_cast<int>(*number));
  if (c.stack.settings.rx_mode == 0 || c.stack.transparent(link)) {
    return c.ip_error(ErrInfo::kNotSupported);
  }
  const bool gone = link.state() == Link::State::kFree;
  if (gone && !c.stack.net_open()) return c.ip_error(ErrInfo::kNetworkNotOpened);
  if (mode == 4) {
    Text text;
    text << "+CIPRXGET: 4," << link.number() << ',' << link.received().size();
    c.out.info(text);
    return c.ok();
  }
  if (link.received().empty()) return c.ip_error(ErrInfo::kNoData);
  const auto wanted = static_cast<std::size_t>(*length);
  if (mode == 5) return read_datagram(c, link, wanted);
  if (mode == 2) {
    read_text(c, link, wanted);
  } else {
    read_hex(c, link, wanted);
  }
  c.ok();
}

void receive(Channel& c, const Command& command, const Parameters& p) {
  const int modes = c.profile.names_sender ? 5 : 4;
  if (command.form == Form::kTest) {
    Text text;
    text << "+CIPRXGET: (0-" << modes << "),(0-9),(1-1500)";
    c.out.info(text);
    return c.ok();
  }
  if (command.form == Form::kRead) {
    Text text;
    text << "+CIPRXGET: " << c.stack.settings.rx_mode;
    c.out.info(text);
    return c.ok();
  }
  const auto mode = p.number(0, 0, modes);
  if (command.form != Form::kWrite || !mode) return c.error();
  if (*mode > 1) return retrieve(c, *mode, p);
  if (p.size() != 1) return c.error();
  receive_mode(c, static_cast<int>(*mode));
}

void close_link(Channel& c, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    c.out.info("+CIPCLOSE: (0-9)");
    return c.ok();
  }
  if (command.form == Form::kRead) {
    Text text;
    text << "+CIPCLOSE: ";
    for (int i = 0; i < kLinks; ++i) {
      text << (i == 0 ? "" : ",") << (c.stack.in_use(c.stack.link(i)) ? '1' : '0');
    }
    c.out.info(text);
    return c.ok();
  }
  const auto number = p.number(0, 0, 1'000'000);
  if (command.form != Form::kWrite || !number) return c.error();
  const int wanted = static_cast<int>(*number);
  Err err = Err::kSucceeded;
  if (wanted >= kLinks || p.size() != 1) {
    err = Err::kWrongParameter;
  } else if (!c.stack.net_open()) {
    err = Err::kNetworkNotOpened;
  } else if (!c.stack.in_use(c.stack.link(wanted))) {
    // What an ended link still holds goes with it, whatever the answer.
    if (c.stack.link(wanted).state() == Link::State::kEnded) c.stack.link(wanted).close();
    err = Err::kNotSupported;
  }
  if (err != Err::kSucceeded) {
    result(c, "+CIPCLOSE", wanted, err);
    return c.error();
  }
  Link& link = c.stack.link(wanted);
  const bool udp = link.type() == Link::Type::kUdp;
  const bool transparent = c.stack.transparent(link);
  c.stack.close_link(link);
  if (c.faults.happens(Fault::kCloseError)) {
    result(c, "+CIPCLOSE", wanted, static_cast<Err>(c.faults.value(Fault::kCloseError)));
    return c.error();
  }
  Text text;
  text << "+CIPCLOSE: " << wanted << ",0";
  if (!transparent) return c.answer(udp ? c.profile.udp_close : c.profile.tcp_close, text, true);
  // One line more, and UDP's OK last (manual 2.6, 6.2.3.4, 6.3.3.4).
  if (!udp) c.ok();
  c.out.info("CLOSED");
  c.out.info(text);
  if (udp) c.ok();
}

void acknowledged(Channel& c, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    c.out.info("+CIPACK: (0-9)");
    return c.ok();
  }
  if (command.form != Form::kWrite) return c.error();
  const auto number = p.number(0, 0, kLinks - 1);
  if (!number || p.size() != 1) return c.ip_error(ErrInfo::kInvalidParameter);
  if (c.spoil_with_ip_error()) return;
  if (!c.stack.net_open()) return c.ip_error(ErrInfo::kNetworkNotOpened);
  const Link& link = c.stack.link(static_cast<int>(*number));
  if (!link.open()) return c.ip_error(ErrInfo::kConnectionNotCreated);
  if (link.type() != Link::Type::kTcp) return c.ip_error(ErrInfo::kNotSupported);
  Text text;
  text << "+CIPACK: " << link.sent_bytes() << ',' << link.acknowledged_bytes() << ','
       << link.received_bytes();
  c.out.info(text);
  c.ok();
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
