// SPDX-License-Identifier: MIT
// The module as a TCP server: manual 2.14, 2.15.
#include <array>

#include "channel.h"
#include "text.h"

namespace a7600::sim {
namespace {

void list_servers(Channel& c) {
  if (!c.stack.net_open()) return c.cip_error(Err::kNetworkNotOpened);
  bool first = true;
  for (int i = 0; i < kServers; ++i) {
    if (!c.stack.servers().started(i)) continue;
    Text text;
    text << "+SERVERSTART: " << i << ',' << c.stack.servers().port(i);
    first ? c.out.info(text) : c.out.more(text);
    first = false;
  }
  c.ok();
}

void start(Channel& c, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    c.out.info("+SERVERSTART: (0-65535),(0-3)");
    return c.ok();
  }
  if (command.form == Form::kRead) return list_servers(c);
  if (command.form != Form::kWrite) return c.error();
  if (!c.stack.net_open()) return c.cip_error(Err::kNetworkNotOpened);
  const auto port = p.number(0, 0, 65535);
  const auto server = p.number(1, 0, kServers - 1);
  const auto backlog = p.absent(2) ? std::optional<long>(3) : p.number(2, 1, 3);
  if (!port || !server || !backlog || p.size() > 3) return c.cip_error(Err::kWrongParameter);
  Servers& servers = c.stack.servers();
  const int index = static_cast<int>(*server);
  if (servers.started(index)) return c.cip_error(Err::kAlreadyListening);
  if (c.faults.happens(Fault::kServerError)) {
    return c.cip_error(static_cast<Err>(c.faults.value(Fault::kServerError)));
  }
  const Err err =
      servers.start(index, static_cast<std::uint16_t>(*port), static_cast<int>(*backlog));
  if (err != Err::kSucceeded) return c.cip_error(err);
  c.ok();
}

bool has_client(Channel& c, int server) {
  for (int i = 0; i < kLinks; ++i) {
    const Link& link = c.stack.link(i);
    if (c.stack.in_use(link) && link.server() == server) return true;
  }
  return false;
}

void stop(Channel& c, const Command& command, const Parameters& p) {
  // "If unspecified, it will close 0 channel" (manual 6.4.2).
  const bool unspecified =
      command.form == Form::kExecute || (command.form == Form::kWrite && p.size() == 0);
  if (command.form != Form::kWrite && !unspecified) return c.error();
  const auto number = unspecified ? std::optional<long>(0) : p.number(0, 0, 1'000'000);
  if (!number) return c.error();
  Err err = Err::kSucceeded;
  if (*number >= kServers || p.size() > 1) {
    err = Err::kWrongParameter;
  } else if (!c.stack.net_open()) {
    err = Err::kNetworkNotOpened;
  } else if (!c.stack.servers().started(static_cast<int>(*number))) {
    err = Err::kNotSupported;
  } else if (has_client(c, static_cast<int>(*number))) {
    err = Err::kSocketsOpened;
  } else if (c.faults.happens(Fault::kStopError)) {
    err = static_cast<Err>(c.faults.value(Fault::kStopError));
  }
  Text text;
  text << "+SERVERSTOP: " << *number << ',' << static_cast<int>(err);
  if (err == Err::kSucceeded) c.stack.servers().stop(static_cast<int>(*number));
  c.answer(c.profile.server_stop, text, err == Err::kSucceeded);
}

constexpr auto kCommands = std::to_array<Entry>({
    {"+SERVERSTART", start},
    {"+SERVERSTOP", stop},
});

}  // namespace

std::span<const Entry> server_commands() { return kCommands; }

}  // namespace a7600::sim
