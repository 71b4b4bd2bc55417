// SPDX-License-Identifier: MIT
// The PDP context and names: manual 2.1, 2.2, 2.7, 2.17.
#include <array>

#include "modem.h"
#include "text.h"

namespace a7600::sim {
namespace {

void net_open(Modem& m, const Command& command, const Parameters&) {
  const Stack::Net net = m.stack.net();
  if (command.form == Form::kRead) {
    Text text;
    text << "+NETOPEN: " << (net == Stack::Net::kOpen || net == Stack::Net::kDropped ? 1 : 0)
         << m.profile.net_state_more;
    m.out.info(text);
    return m.ok();
  }
  if (command.form != Form::kExecute) return m.error();
  if (net != Stack::Net::kClosed) return m.ip_error(ErrInfo::kNetworkAlreadyOpened);
  const Order order = m.order(m.profile.net_open);
  if (order == Order::kOkAtOnce) m.ok();
  const bool let_in =
      !m.faults.on(Fault::kLogin) || m.device.contexts[0].login == m.faults.text(Fault::kLogin);
  m.stack.open_net(m.device.registered() && let_in, [&m, order](Err err) {
    Text text;
    text << "+NETOPEN: " << static_cast<int>(err);
    m.finish(order, text, err == Err::kSucceeded);
  });
}

void close_transparent(Modem& m) {
  m.stack.close_link(m.stack.link(0));
  m.out.info("CLOSED");
  m.out.info("+CIPCLOSE: 0,0");
}

void net_close(Modem& m, const Command& command, const Parameters&) {
  if (command.form != Form::kExecute) return m.error();
  Err err = Err::kSucceeded;
  if (m.stack.net() == Stack::Net::kClosed || m.stack.net() == Stack::Net::kOpening) {
    err = Err::kNetworkNotOpened;
  } else if (m.faults.happens(Fault::kNetcloseError)) {
    err = static_cast<Err>(m.faults.value(Fault::kNetcloseError));
  }
  Text text;
  text << "+NETCLOSE: " << static_cast<int>(err);
  if (err != Err::kSucceeded) {
    m.out.info(text);
    return m.error();
  }
  const bool transparent = m.stack.transparent(m.stack.link(0));
  const Order order = transparent ? Order::kOkAtOnce : m.order(m.profile.net_close);
  if (order == Order::kOkAtOnce) m.ok();
  if (transparent) close_transparent(m);
  for (int i = 0; i < kLinks; ++i) {
    if (m.profile.tells_net_close && m.stack.link(i).open()) {
      m.stack.close_link(m.stack.link(i), CloseReason::kByLocal);
    }
  }
  m.stack.close_net();
  m.finish(order, text, true);
}

void ip_address(Modem& m, const Command& command, const Parameters&) {
  if (command.form != Form::kExecute) return m.error();
  if (m.spoil_with_ip_error()) return;
  if (!m.stack.net_open()) return m.ip_error(ErrInfo::kNetworkNotOpened);
  Text text;
  text << "+IPADDR: " << m.stack.ip();
  m.out.info(text);
  m.ok();
}

// What a broken server's answer may look like when the module hands it on; none of it answers.
void answer_by_garbage(Modem& m, const std::string& name) {
  constexpr std::string_view kAddress = "\"203.0.113.66\"";
  Text text;
  text << "+CDNSGIP: 1,";
  switch (m.faults.random(6)) {
    case 0:
      text << "\"another.test\"," << kAddress;
      break;
    case 1:
      text << '"' << name << "\x01\x07\x1a\"," << kAddress;
      break;
    case 2:
      text << '"' << name << "," << kAddress;
      break;
    case 3:
      text << Quoted{name} << ",\"203.0.113.66";
      break;
    case 4:
      text << Quoted{name} << ",\"\"";
      break;
    case 5:
      text << Quoted{name} << ",\"203.0.113.666\"";
      break;
    default:
      text << ',' << kAddress;
      break;
  }
  m.out.info(text);
  m.ok();
}

void answer_name(Modem& m, const std::string& name) {
  if (m.faults.happens(Fault::kDnsGarbage)) return answer_by_garbage(m, name);
  const auto addresses = m.router.resolve(name);
  if (addresses.empty() || m.faults.happens(Fault::kDnsError)) {
    m.out.info("+CDNSGIP: 0,10");
    return m.error();
  }
  const bool behind_ok = m.profile.address_behind_ok;
  if (behind_ok) m.ok();
  const std::size_t count = m.profile.all_addresses ? addresses.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    Text text;
    text << "+CDNSGIP: " << i + 1 << ',' << Quoted{name} << ",\"" << addresses[i] << '"';
    if (behind_ok) {
      m.out.urc(text);
    } else {
      i == 0 ? m.out.info(text) : m.out.more(text);
    }
  }
  if (!behind_ok) m.ok();
}

void query_name(Modem& m, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) return m.ok();
  if (command.form != Form::kWrite) return m.error();
  const auto name = p.quoted(0);
  if (!name || p.size() != 1 || !valid_name(*name)) return m.error();
  // A network failure looks like a name that doesn't exist.
  if (!m.stack.net_open()) {
    m.out.info("+CDNSGIP: 0,10");
    return m.error();
  }
  Clock::duration delay = 2 * m.options.net_latency;
  if (m.faults.happens(Fault::kDnsSlow)) delay += Milliseconds(m.faults.value(Fault::kDnsSlow));
  m.later(delay, [&m, name = std::string(*name)] { answer_name(m, name); });
}

constexpr auto kCommands = std::to_array<Entry>({
    {"+NETOPEN", net_open},
    {"+NETCLOSE", net_close},
    {"+IPADDR", ip_address},
    {"+CDNSGIP", query_name},
});

}  // namespace

std::span<const Entry> network_commands() { return kCommands; }

}  // namespace a7600::sim
