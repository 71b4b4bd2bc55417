// SPDX-License-Identifier: MIT
// The PDP context and names: manual 2.1, 2.2, 2.7, 2.17.
#include <array>

#include "modem.h"
#include "text.h"

namespace a7600::sim {
namespace {

void net_open(Modem& m, const Command& command, const Parameters&) {
  if (command.form == Form::kRead) {
    Text text;
    text << "+NETOPEN: " << (m.stack.net_open() ? 1 : 0);
    m.out.info(text);
    return m.ok();
  }
  if (command.form != Form::kExecute) return m.error();
  if (m.stack.net() != Stack::Net::kClosed) return m.ip_error(ErrInfo::kNetworkAlreadyOpened);
  m.stack.open_net([&m](Err err) {
    Text text;
    text << "+NETOPEN: " << static_cast<int>(err);
    m.out.urc(text);
  });
  m.ok();
}

void net_close(Modem& m, const Command& command, const Parameters&) {
  if (command.form != Form::kExecute) return m.error();
  if (!m.stack.net_open()) {
    Text text;
    text << "+NETCLOSE: " << static_cast<int>(Err::kNetworkNotOpened);
    m.out.info(text);
    return m.error();
  }
  m.ok();
  if (m.stack.transparent(m.stack.link(0))) {
    m.stack.close_link(m.stack.link(0));
    m.out.info("CLOSED");
    m.out.info("+CIPCLOSE: 0,0");
  }
  m.stack.close_net();
  m.out.urc("+NETCLOSE: 0");
}

void ip_address(Modem& m, const Command& command, const Parameters&) {
  if (command.form != Form::kExecute) return m.error();
  if (!m.stack.net_open()) return m.ip_error(ErrInfo::kNetworkNotOpened);
  Text text;
  text << "+IPADDR: " << m.stack.ip();
  m.out.info(text);
  m.ok();
}

void answer_name(Modem& m, const std::string& name) {
  const auto addresses = m.router.resolve(name);
  if (addresses.empty()) {
    m.out.info("+CDNSGIP: 0,10");
    return m.error();
  }
  Text text;
  text << "+CDNSGIP: 1," << Quoted{name} << ",\"" << addresses.front() << '"';
  m.out.info(text);
  m.ok();
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
  m.later(2 * m.options.net_latency, [&m, name = std::string(*name)] { answer_name(m, name); });
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
