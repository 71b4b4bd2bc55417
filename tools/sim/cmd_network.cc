// SPDX-License-Identifier: MIT
// The PDP context and names: manual 2.1, 2.2, 2.7, 2.17.
#include <array>

#include "channel.h"
#include "modem.h"
#include "text.h"

namespace a7600::sim {
namespace {

void net_open(Channel& c, const Command& command, const Parameters&) {
  const Stack::Net net = c.stack.net();
  if (command.form == Form::kRead) {
    Text text;
    text << "+NETOPEN: " << (net == Stack::Net::kOpen || net == Stack::Net::kDropped ? 1 : 0)
         << c.profile.net_state_more;
    c.out.info(text);
    return c.ok();
  }
  if (command.form != Form::kExecute) return c.error();
  if (net != Stack::Net::kClosed) return c.ip_error(ErrInfo::kNetworkAlreadyOpened);
  const Order order = c.order(c.profile.net_open);
  if (order == Order::kOkAtOnce) c.ok();
  const bool let_in =
      !c.faults.on(Fault::kLogin) || c.device.contexts[0].login == c.faults.text(Fault::kLogin);
  c.stack.open_net(c.device.registered() && let_in, [&c, order](Err err) {
    Text text;
    text << "+NETOPEN: " << static_cast<int>(err);
    c.finish(order, text, err == Err::kSucceeded);
  });
}

void close_transparent(Channel& c) {
  c.stack.close_link(c.stack.link(0));
  c.out.info("CLOSED");
  c.out.info("+CIPCLOSE: 0,0");
}

void net_close(Channel& c, const Command& command, const Parameters&) {
  if (command.form != Form::kExecute) return c.error();
  Err err = Err::kSucceeded;
  if (c.stack.net() == Stack::Net::kClosed || c.stack.net() == Stack::Net::kOpening) {
    err = Err::kNetworkNotOpened;
  } else if (c.faults.happens(Fault::kNetcloseError)) {
    err = static_cast<Err>(c.faults.value(Fault::kNetcloseError));
  }
  Text text;
  text << "+NETCLOSE: " << static_cast<int>(err);
  if (err != Err::kSucceeded) {
    c.out.info(text);
    return c.error();
  }
  const bool transparent = c.stack.transparent(c.stack.link(0));
  const Order order = transparent ? Order::kOkAtOnce : c.order(c.profile.net_close);
  if (order == Order::kOkAtOnce) c.ok();
  if (transparent) close_transparent(c);
  for (int i = 0; i < kLinks; ++i) {
    if (c.profile.tells_net_close && c.stack.link(i).open()) {
      c.stack.close_link(c.stack.link(i), CloseReason::kByLocal);
    }
  }
  c.stack.close_net();
  c.finish(order, text, true);
}

void ip_address(Channel& c, const Command& command, const Parameters&) {
  if (command.form != Form::kExecute) return c.error();
  if (c.spoil_with_ip_error()) return;
  if (!c.stack.net_open()) return c.ip_error(ErrInfo::kNetworkNotOpened);
  Text text;
  text << "+IPADDR: " << c.stack.ip();
  c.out.info(text);
  c.ok();
}

// What a broken server's answer may look like when the module hands it on; none of it answers.
void answer_by_garbage(Channel& c, const std::string& name) {
  constexpr std::string_view kAddress = "\"203.0.113.66\"";
  Text text;
  text << "+CDNSGIP: 1,";
  switch (c.faults.random(6)) {
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
  c.out.info(text);
  c.ok();
}

void answer_name(Channel& c, const std::string& name) {
  if (c.faults.happens(Fault::kDnsGarbage)) return answer_by_garbage(c, name);
  const auto addresses = c.router.resolve(name);
  if (addresses.empty() || c.faults.happens(Fault::kDnsError)) {
    c.out.info("+CDNSGIP: 0,10");
    return c.error();
  }
  const bool behind_ok = c.profile.address_behind_ok;
  if (behind_ok) c.ok();
  const std::size_t count = c.profile.all_addresses ? addresses.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    Text text;
    text << "+CDNSGIP: " << i + 1 << ',' << Quoted{name} << ",\"" << addresses[i] << '"';
    if (behind_ok) {
      c.out.urc(text);
    } else {
      i == 0 ? c.out.info(text) : c.out.more(text);
    }
  }
  if (!behind_ok) c.ok();
}

void query_name(Channel& c, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) return c.ok();
  if (command.form != Form::kWrite) return c.error();
  const auto name = p.quoted(0);
  if (!name || p.size() != 1 || !valid_name(*name)) return c.error();
  // A network failure looks like a name that doesn't exist.
  if (!c.stack.net_open()) {
    c.out.info("+CDNSGIP: 0,10");
    return c.error();
  }
  Clock::duration delay = 2 * c.modem.options.net_latency;
  if (c.faults.happens(Fault::kDnsSlow)) delay += Milliseconds(c.faults.value(Fault::kDnsSlow));
  c.later(delay, [&c, name = std::string(*name)] { answer_name(c, name); });
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
