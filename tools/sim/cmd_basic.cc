// SPDX-License-Identifier: MIT
// V.250's basic commands.
#include <array>

#include "channel.h"
#include "text.h"

namespace a7600::sim {
namespace {

// The digits after a basic command's name; none means 0, as V.250 has it.
std::optional<long> value(const Command& command, long high) {
  if (command.form != Form::kExecute) return std::nullopt;
  if (command.parameters.empty()) return 0;
  return Parameters(command.parameters).number(0, 0, high);
}

void echo(Channel& c, const Command& command, const Parameters&) {
  const auto mode = value(command, 1);
  if (!mode) return c.error();
  c.host.echo = *mode == 1;
  c.ok();
}

void verbose(Channel& c, const Command& command, const Parameters&) {
  const auto mode = value(command, 1);
  if (!mode) return c.error();
  c.out.verbose = *mode == 1;
  c.ok();
}

void quiet(Channel& c, const Command& command, const Parameters&) {
  const auto mode = value(command, 1);
  if (!mode) return c.error();
  c.out.quiet = *mode == 1;
  c.ok();
}

void identity(Channel& c, const Command& command, const Parameters&) {
  if (!value(command, 9)) return c.error();
  c.out.info("Manufacturer: SIMCOM INCORPORATED");
  Text model;
  model << "Model: " << c.profile.model;
  c.out.more(model);
  Text revision;
  revision << "Revision: " << c.profile.revision;
  c.out.more(revision);
  c.out.more("IMEI: 351602000330570");
  c.ok();
}

void restore(Channel& c, const Command& command, const Parameters&) {
  if (!value(command, 1)) return c.error();
  c.host.echo = true;
  c.out.verbose = true;
  c.out.quiet = false;
  c.device.cmee = 0;
  c.device.dtr_mode = 1;
  c.device.connect_text = true;
  c.ok();
}

void dtr(Channel& c, const Command& command, const Parameters&) {
  const auto mode = value(command, 2);
  if (!mode) return c.error();
  c.device.dtr_mode = static_cast<int>(*mode);
  c.ok();
}

// ATX: whether CONNECT has a text.
void result_text(Channel& c, const Command& command, const Parameters&) {
  const auto mode = value(command, 4);
  if (!mode) return c.error();
  c.device.connect_text = *mode != 0;
  c.ok();
}

// ATO: back into transparent mode (manual 1.2).
void online(Channel& c, const Command& command, const Parameters&) {
  if (!value(command, 1)) return c.error();
  Link& link = c.stack.link(0);
  if (!c.stack.transparent(link) || c.stack.delivery().data())
    return c.final_text("NO CARRIER", Final::kNoCarrier);
  c.connect(link);
}

// What a host may set although it changes nothing here: carrier detect (&C),
// monitor (M, L), escape register and the like (S), saving (&W), flow control (&K).
void accept(Channel& c, const Command& command, const Parameters&) {
  if (command.form == Form::kRead) c.out.info("000");
  c.ok();
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
