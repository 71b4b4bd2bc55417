// SPDX-License-Identifier: MIT
// The module as a TCP server: manual 2.14, 2.15.
#include <array>

#include "modem.h"
#include "text.h"

namespace a7600::sim {
namespace {

void list_servers(Modem& m) {
  if (!m.stack.net_open()) return m.cip_error(Err::kNetworkNotOpened);
  bool first = true;
  for (int i = 0; i < kServers; ++i) {
    if (!m.stack.servers().started(i)) continue;
    Text text;
    text << "+SERVERSTART: " << i << ',' << m.stack.servers().port(i);
    first ? m.out.info(text) : m.out.more(text);
    first = false;
  }
  m.ok();
}

void start(Modem& m, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    m.out.info("+SERVERSTART: (0-65535),(0-3)");
    return m.ok();
  }
  if (command.form == Form::kRead) return list_servers(m);
  if (command.form != Form::kWrite) return m.error();
  if (!m.stack.net_open()) return m.cip_error(Err::kNetworkNotOpened);
  const auto port = p.number(0, 0, 65535);
  const auto server = p.number(1, 0, kServers - 1);
  const auto backlog = p.absent(2) ? std::optional<long>(3) : p.number(2, 1, 3);
  if (!port || !server || !backlog || p.size() > 3) return m.cip_error(Err::kWrongParameter);
  Servers& servers = m.stack.servers();
  const int index = static_cast<int>(*server);
  if (servers.started(index)) return m.cip_error(Err::kAlreadyListening);
  if (m.faults.happens(Fault::kServerError)) {
    return m.cip_error(static_cast<Err>(m.faults.value(Fault::kServerError)));
  }
  const Err err =
      servers.start(index, static_cast<std::uint16_t>(*port), static_cast<int>(*backlog));
  if (err != Err::kSucceeded) return m.cip_error(err);
  m.ok();
}

bool has_client(Modem& m, int server) {
  for (int i = 0; i < kLinks; ++i) {
    if (m.stack.link(i).open() && m.stack.link(i).server() == server) return true;
  }
  return false;
}

void stop(Modem& m, const Command& command, const Parameters& p) {
  // "If unspecified, it will close 0 channel" (manual 6.4.2).
  const bool unspecified =
      command.form == Form::kExecute || (command.form == Form::kWrite && p.size() == 0);
  if (command.form != Form::kWrite && !unspecified) return m.error();
  const auto number = unspecified ? std::optional<long>(0) : p.number(0, 0, 1'000'000);
  if (!number) return m.error();
  Err err = Err::kSucceeded;
  if (*number >= kServers || p.size() > 1) {
    err = Err::kWrongParameter;
  } else if (!m.stack.net_open()) {
    err = Err::kNetworkNotOpened;
  } else if (!m.stack.servers().started(static_cast<int>(*number))) {
    err = Err::kNotSupported;
  } else if (has_client(m, static_cast<int>(*number))) {
    err = Err::kSocketsOpened;
  } else if (m.faults.happens(Fault::kStopError)) {
    err = static_cast<Err>(m.faults.value(Fault::kStopError));
  }
  Text text;
  text << "+SERVERSTOP: " << *number << ',' << static_cast<int>(err);
  if (err == Err::kSucceeded) m.stack.servers().stop(static_cast<int>(*number));
  m.answer(m.profile.server_stop, text, err == Err::kSucceeded);
}

constexpr auto kCommands = std::to_array<Entry>({
    {"+SERVERSTART", start},
    {"+SERVERSTOP", stop},
});

}  // namespace

std::span<const Entry> server_commands() { return kCommands; }

}  // namespace a7600::sim
