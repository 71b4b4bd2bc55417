// SPDX-License-Identifier: MIT
// The ordinary commands that any host sends: identity, SIM, registration, signal, context, rate.
#include <array>

#include "channel.h"
#include "modem.h"
#include "text.h"

namespace a7600::sim {
namespace {

// 27.007's <err> that AT+CMEE reports.
constexpr int kNotAllowed = 3;
constexpr int kSimNotInserted = 10;
constexpr int kPinRequired = 11;
constexpr int kPukRequired = 12;
constexpr int kSimFailure = 13;
constexpr int kSimBusy = 14;
constexpr int kIncorrectPassword = 16;

// Time for the OK to leave.
constexpr Milliseconds kBeforeReset{20};

// Commands that need the SIM say so. Whether the SIM is ready.
bool sim_ready(Channel& c) {
  switch (c.device.sim) {
    case Device::Sim::kReady:
      return true;
    case Device::Sim::kMissing:
      c.cme_error(kSimNotInserted, "SIM not inserted");
      return false;
    case Device::Sim::kPinRequired:
      c.cme_error(kPinRequired, "SIM PIN required");
      return false;
    case Device::Sim::kPukRequired:
      c.cme_error(kPukRequired, "SIM PUK required");
      return false;
    case Device::Sim::kFailed:
      c.cme_error(kSimFailure, "SIM failure");
      return false;
  }
  return false;
}

// An answer of one line whatever the form was, except that a test has just OK.
void fixed(Channel& c, const Command& command, std::string_view line) {
  if (command.form == Form::kWrite) return c.error();
  if (command.form != Form::kTest) c.out.info(line);
  c.ok();
}

void manufacturer(Channel& c, const Command& command, const Parameters&) {
  fixed(c, command, "SIMCOM INCORPORATED");
}
void model(Channel& c, const Command& command, const Parameters&) {
  fixed(c, command, c.profile.model);
}
void revision(Channel& c, const Command& command, const Parameters&) {
  Text text;
  text << "+CGMR: " << c.profile.revision;
  fixed(c, command, text);
}
void serial_number(Channel& c, const Command& command, const Parameters&) {
  fixed(c, command, "351602000330570");
}
void subscriber(Channel& c, const Command& command, const Parameters&) {
  if (sim_ready(c)) fixed(c, command, "460010222028133");
}
void card_number(Channel& c, const Command& command, const Parameters&) {
  if (sim_ready(c)) fixed(c, command, "+ICCID: 898600220909A0206023");
}

void cmee(Channel& c, const Command& command, const Parameters& p) {
  switch (command.form) {
    case Form::kTest:
      c.out.info("+CMEE: (0-2)");
      return c.ok();
    case Form::kRead: {
      Text text;
      text << "+CMEE: " << c.device.cmee;
      c.out.info(text);
      return c.ok();
    }
    case Form::kExecute:
      c.device.cmee = 0;
      return c.ok();
    case Form::kWrite:
      if (const auto mode = p.number(0, 0, 2); mode && p.size() == 1) {
        c.device.cmee = static_cast<int>(*mode);
        return c.ok();
      }
      return c.error();
  }
}

void signal(Channel& c, const Command& command, const Parameters&) {
  if (command.form == Form::kTest) {
    c.out.info("+CSQ: (0-31,99),(0-7,99)");
    return c.ok();
  }
  Text text;
  const bool heard = c.device.functionality == 1 && !c.faults.on(Fault::kNoSignal);
  text << "+CSQ: " << (heard ? c.device.signal : 99) << ",99";
  fixed(c, command, text);
}

std::string_view sim_words(Device::Sim sim) {
  return sim == Device::Sim::kPinRequired   ? "+CPIN: SIM PIN"
         : sim == Device::Sim::kPukRequired ? "+CPIN: SIM PUK"
                                            : "+CPIN: READY";
}

void enter_pin(Channel& c, const Parameters& p) {
  if (c.device.sim == Device::Sim::kMissing)
    return c.cme_error(kSimNotInserted, "SIM not inserted");
  if (c.device.sim != Device::Sim::kPinRequired) {
    return c.cme_error(kNotAllowed, "operation not allowed");
  }
  const std::string_view pin = p.quoted(0).value_or(p.raw(0));
  if (pin != c.device.pin) {
    if (--c.device.pin_tries == 0) c.device.sim = Device::Sim::kPukRequired;
    return c.cme_error(kIncorrectPassword, "incorrect password");
  }
  c.device.pin_tries = 3;
  c.device.pin_entered = true;
  c.device.sim = Device::Sim::kReady;
  c.ok();
  c.out.urc("+CPIN: READY");
}

void pin(Channel& c, const Command& command, const Parameters& p) {
  switch (command.form) {
    case Form::kTest:
      return c.ok();
    case Form::kRead:
      if (c.device.sim == Device::Sim::kMissing || c.device.sim == Device::Sim::kFailed) {
        sim_ready(c);
        return;
      }
      if (c.faults.happens(Fault::kSimBusy)) return c.cme_error(kSimBusy, "SIM busy");
      c.out.info(sim_words(c.device.sim));
      return c.ok();
    case Form::kWrite:
      return enter_pin(c, p);
    case Form::kExecute:
      return c.error();
  }
}

void registration(Channel& c, Form form, const Parameters& p, std::string_view name, int& mode) {
  switch (form) {
    case Form::kTest: {
      Text text;
      text << name << ": (0-2)";
      c.out.info(text);
      return c.ok();
    }
    case Form::kRead: {
      Text text;
      text << name << ": " << mode << ','
           << (c.device.registered() || c.device.registration > 1 ? c.device.registration : 0);
      c.out.info(text);
      return c.ok();
    }
    case Form::kExecute:
      mode = 0;
      return c.ok();
    case Form::kWrite:
      if (const auto wanted = p.number(0, 0, 2); wanted && p.size() == 1) {
        mode = static_cast<int>(*wanted);
        return c.ok();
      }
      return c.error();
  }
}

void creg(Channel& c, const Command& command, const Parameters& p) {
  registration(c, command.form, p, "+CREG", c.device.creg_mode);
}
void cgreg(Channel& c, const Command& command, const Parameters& p) {
  registration(c, command.form, p, "+CGREG", c.device.cgreg_mode);
}
void cereg(Channel& c, const Command& command, const Parameters& p) {
  registration(c, command.form, p, "+CEREG", c.device.cereg_mode);
}

void system_information(Channel& c, const Command& command, const Parameters&) {
  fixed(
      c, command,
      c.device.registered()
          ? "+CPSI: LTE,Online,460-00,0x1816,27593483,139,EUTRAN-BAND39,38400,5,5,-88,-868,-578,18"
          : "+CPSI: NO SERVICE,Online");
}

void operator_selection(Channel& c, const Command& command, const Parameters&) {
  if (command.form == Form::kWrite) return c.ok();
  fixed(c, command, c.device.registered() ? "+COPS: 0,2,\"46000\",7" : "+COPS: 0");
}

void functionality(Channel& c, const Command& command, const Parameters& p) {
  switch (command.form) {
    case Form::kTest:
      c.out.info("+CFUN: (0-1,4-7),(0-1)");
      return c.ok();
    case Form::kRead: {
      Text text;
      text << "+CFUN: " << c.device.functionality;
      c.out.info(text);
      return c.ok();
    }
    case Form::kWrite: {
      const auto mode = p.number(0, 0, 7);
      if (!mode || p.size() > 2) return c.error();
      c.device.functionality = static_cast<int>(*mode);
      c.ok();
      // With the radio off there is no network.
      if (*mode != 1 && c.stack.net_open()) c.stack.drop_net(false);
      if (p.number(1, 0, 1).value_or(0) == 1) c.later(kBeforeReset, [&c] { c.modem.reboot(); });
      return;
    }
    case Form::kExecute:
      return c.error();
  }
}

Context* context_of(Channel& c, const Parameters& p) {
  const auto cid = p.number(0, 1, Device::kContexts);
  return cid ? &c.device.contexts[static_cast<std::size_t>(*cid - 1)] : nullptr;
}

void define_context(Channel& c, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    c.out.info("+CGDCONT: (1-15),\"IP\",,,(0-2),(0-4)");
    return c.ok();
  }
  if (command.form == Form::kRead) {
    bool first = true;
    for (std::size_t i = 0; i < c.device.contexts.size(); ++i) {
      const Context& context = c.device.contexts[i];
      if (!context.defined) continue;
      Text text;
      text << "+CGDCONT: " << i + 1 << ",\"" << context.type << "\",\"" << context.apn
           << "\",\"0.0.0.0\",0,0";
      first ? c.out.info(text) : c.out.more(text);
      first = false;
    }
    return c.ok();
  }
  Context* context = command.form == Form::kWrite ? context_of(c, p) : nullptr;
  if (context == nullptr) return c.error();
  if (p.size() == 1) {
    *context = {};
    return c.ok();
  }
  const auto type = p.quoted(1);
  if (!type || (!p.absent(2) && !p.quoted(2))) return c.error();
  context->defined = true;
  context->type = *type;
  context->apn = p.quoted(2).value_or("");
  c.ok();
}

// AT+CGAUTH=<cid>[,<auth_type>[,<passwd>[,<user>]]]
void authenticate(Channel& c, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) c.out.info("+CGAUTH: (1-15),(0-3),127,127");
  if (command.form == Form::kWrite) {
    Context* context = context_of(c, p);
    const auto type = p.number(1, 0, 3);
    if (context == nullptr || (p.size() > 1 && !type)) return c.error();
    context->login.clear();
    if (type.value_or(0) != 0) {
      context->login =
          std::string(p.quoted(3).value_or("")) + ':' + std::string(p.quoted(2).value_or(""));
    }
  }
  c.ok();
}

void attach(Channel& c, const Command& command, const Parameters& p) {
  if (command.form == Form::kWrite) return p.number(0, 0, 1) ? c.ok() : c.error();
  fixed(c, command, c.device.registered() ? "+CGATT: 1" : "+CGATT: 0");
}

void activate(Channel& c, const Command& command, const Parameters& p) {
  if (command.form == Form::kWrite) return p.number(0, 0, 1) ? c.ok() : c.error();
  fixed(c, command, c.stack.net_open() ? "+CGACT: 1,1" : "+CGACT: 1,0");
}

void address(Channel& c, const Command& command, const Parameters&) {
  Text text;
  text << "+CGPADDR: 1,";
  if (c.stack.net_open()) {
    text << c.stack.ip();
  } else {
    text << "0.0.0.0";
  }
  if (command.form != Form::kTest) c.out.info(text);
  c.ok();
}

void rate(Channel& c, const Command& command, const Parameters& p) {
  switch (command.form) {
    case Form::kTest:
      c.out.info(
          "+IPR: (0,300,600,1200,2400,4800,9600,19200,38400,57600,115200,230400,460800,921600,"
          "1842000,3000000,3686400)");
      return c.ok();
    case Form::kRead: {
      Text text;
      text << "+IPR: " << c.line.rate();
      c.out.info(text);
      return c.ok();
    }
    case Form::kWrite: {
      const auto wanted = p.number(0, 0, 4'000'000);
      if (!wanted || p.size() != 1 || (*wanted != 0 && *wanted < 300)) return c.error();
      // V.250: the answer still goes at the old rate.
      c.line.change_rate(static_cast<std::uint32_t>(*wanted));
      return c.ok();
    }
    case Form::kExecute:
      return c.error();
  }
}

void flow_control(Channel& c, const Command& command, const Parameters& p) {
  switch (command.form) {
    case Form::kTest:
      c.out.info("+IFC: (0,2),(0,2)");
      return c.ok();
    case Form::kRead: {
      Text text;
      text << "+IFC: " << c.device.dce_flow << ',' << c.device.dte_flow;
      c.out.info(text);
      return c.ok();
    }
    case Form::kWrite: {
      const auto dce = p.number(0, 0, 2);
      const auto dte = p.absent(1) ? dce : p.number(1, 0, 2);
      if (!dce || !dte || p.size() > 2 || *dce == 1 || *dte == 1) return c.error();
      c.device.dce_flow = static_cast<int>(*dce);
      c.device.dte_flow = static_cast<int>(*dte);
      c.line.close_gate(*dte == 2 && c.faults.on(Fault::kNoRtsCts));
      return c.ok();
    }
    case Form::kExecute:
      c.device.dce_flow = c.device.dte_flow = 0;
      return c.ok();
  }
}

void reset(Channel& c, const Command& command, const Parameters&) {
  if (command.form == Form::kTest) return c.ok();
  if (command.form != Form::kExecute) return c.error();
  c.ok();
  c.later(kBeforeReset, [&c] { c.modem.reboot(); });
}

void power_off(Channel& c, const Command& command, const Parameters&) {
  if (command.form == Form::kTest) return c.ok();
  if (command.form != Form::kExecute) return c.error();
  c.ok();
  c.later(kBeforeReset, [&c] { c.modem.switch_off(); });
}

// What a host may set although it changes nothing here.
void accept(Channel& c, const Command&, const Parameters&) { c.ok(); }

constexpr auto kCommands = std::to_array<Entry>({
    {"+CSQ", signal},
    {"+CPIN", pin},
    {"+CREG", creg},
    {"+CGREG", cgreg},
    {"+CEREG", cereg},
    {"+CPSI", system_information},
    {"+COPS", operator_selection},
    {"+CMEE", cmee},
    {"+CFUN", functionality},
    {"+CGDCONT", define_context},
    {"+CGAUTH", authenticate},
    {"+CGATT", attach},
    {"+CGACT", activate},
    {"+CGPADDR", address},
    {"+IPR", rate},
    {"+IFC", flow_control},
    {"+CGMI", manufacturer},
    {"+GMI", manufacturer},
    {"+CGMM", model},
    {"+GMM", model},
    {"+CGMR", revision},
    {"+GMR", revision},
    {"+CGSN", serial_number},
    {"+GSN", serial_number},
    {"+CIMI", subscriber},
    {"+CICCID", card_number},
    {"+CRESET", reset},
    {"+CPOF", power_off},
    {"+CTZU", accept},
    {"+CTZR", accept},
    {"+CGEREP", accept},
    {"+CSCLK", accept},
});

}  // namespace

std::span<const Entry> device_commands() { return kCommands; }

}  // namespace a7600::sim
