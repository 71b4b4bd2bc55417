// SPDX-License-Identifier: MIT
// V.250's basic commands.
#include <array>

#include "modem.h"
#include "text.h"

namespace a7600::sim {
namespace {

// The digits after a basic command's name; none means 0, as V.250 has it.
std::optional<long> value(const Command& command, long high) {
  if (command.form != Form::kExecute) return std::nullopt;
  if (command.parameters.empty()) return 0;
  return Parameters(command.parameters).number(0, 0, high);
}

void echo(Modem& m, const Command& command, const Parameters&) {
  const auto mode = value(command, 1);
  if (!mode) return m.error();
  m.host.echo = *mode == 1;
  m.ok();
}

void verbose(Modem& m, const Command& command, const Parameters&) {
  const auto mode = value(command, 1);
  if (!mode) return m.error();
  m.out.verbose = *mode == 1;
  m.ok();
}

void quiet(Modem& m, const Command& command, const Parameters&) {
  const auto mode = value(command, 1);
  if (!mode) return m.error();
  m.out.quiet = *mode == 1;
  m.ok();
}

void identity(Modem& m, const Command& command, const Parameters&) {
  if (!value(command, 9)) return m.error();
  m.out.info("Manufacturer: SIMCOM INCORPORATED");
  Text model;
  model << "Model: " << m.profile.model;
  m.out.more(model);
  Text revision;
  revision << "Revision: " << m.profile.revision;
  m.out.more(revision);
  m.out.more("IMEI: 351602000330570");
  m.ok();
}

void restore(Modem& m, const Command& command, const Parameters&) {
  if (!value(command, 1)) return m.error();
  m.host.echo = true;
  m.out.verbose = true;
  m.out.quiet = false;
  m.device.cmee = 0;
  m.device.dtr_mode = 1;
  m.device.connect_text = true;
  m.ok();
}

void dtr(Modem& m, const Command& command, const Parameters&) {
  const auto mode = value(command, 2);
  if (!mode) return m.error();
  m.device.dtr_mode = static_cast<int>(*mode);
  m.ok();
}

// ATX: whether CONNECT has a text.
void result_text(Modem& m, const Command& command, const Parameters&) {
  const auto mode = value(command, 4);
  if (!mode) return m.error();
  m.device.connect_text = *mode != 0;
  m.ok();
}

// ATO: back into transparent mode (manual 1.2).
void online(Modem& m, const Command& command, const Parameters&) {
  if (!value(command, 1)) return m.error();
  Link& link = m.stack.link(0);
  if (!m.stack.transparent(link)) return m.final_text("NO CARRIER", Final::kNoCarrier);
  m.connect(link);
}

// What a host may set although it changes nothing here: carrier detect (&C),
// monitor (M, L), escape register and the like (S), saving (&W), flow control (&K).
void accept(Modem& m, const Command& command, const Parameters&) {
  if (command.form == Form::kRead) m.out.info("000");
  m.ok();
}

constexpr auto kCommands = std::to_array<Entry>({
    {"E", echo},
    {"V", verbose},
    {"Q", quiet},
    {"I", identity},
    {"Z", restore},
    {"&F", restore},
    {"&D", dtr},
    {"X", result_text},
    {"O", online},
    {"&C", accept},
    {"&W", accept},
    {"&K", accept},
    {"S", accept},
    {"H", accept},
    {"L", accept},
    {"M", accept},
});

}  // namespace

std::span<const Entry> basic_commands() { return kCommands; }

}  // namespace a7600::sim
