// SPDX-License-Identifier: MIT
// The ordinary commands that any host sends: identity, SIM, registration, signal, context, rate.
#include <array>

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
bool sim_ready(Modem& m) {
  switch (m.device.sim) {
    case Device::Sim::kReady:
      return true;
    case Device::Sim::kMissing:
      m.cme_error(kSimNotInserted, "SIM not inserted");
      return false;
    case Device::Sim::kPinRequired:
      m.cme_error(kPinRequired, "SIM PIN required");
      return false;
    case Device::Sim::kPukRequired:
      m.cme_error(kPukRequired, "SIM PUK required");
      return false;
    case Device::Sim::kFailed:
      m.cme_error(kSimFailure, "SIM failure");
      return false;
  }
  return false;
}

// An answer of one line whatever the form was, except that a test has just OK.
void fixed(Modem& m, const Command& command, std::string_view line) {
  if (command.form == Form::kWrite) return m.error();
  if (command.form != Form::kTest) m.out.info(line);
  m.ok();
}

void manufacturer(Modem& m, const Command& command, const Parameters&) {
  fixed(m, command, "SIMCOM INCORPORATED");
}
void model(Modem& m, const Command& command, const Parameters&) {
  fixed(m, command, m.profile.model);
}
void revision(Modem& m, const Command& command, const Parameters&) {
  Text text;
  text << "+CGMR: " << m.profile.revision;
  fixed(m, command, text);
}
void serial_number(Modem& m, const Command& command, const Parameters&) {
  fixed(m, command, "351602000330570");
}
void subscriber(Modem& m, const Command& command, const Parameters&) {
  if (sim_ready(m)) fixed(m, command, "460010222028133");
}
void card_number(Modem& m, const Command& command, const Parameters&) {
  if (sim_ready(m)) fixed(m, command, "+ICCID: 898600220909A0206023");
}

void cmee(Modem& m, const Command& command, const Parameters& p) {
  switch (command.form) {
    case Form::kTest:
      m.out.info("+CMEE: (0-2)");
      return m.ok();
    case Form::kRead: {
      Text text;
      text << "+CMEE: " << m.device.cmee;
      m.out.info(text);
      return m.ok();
    }
    case Form::kExecute:
      m.device.cmee = 0;
      return m.ok();
    case Form::kWrite:
      if (const auto mode = p.number(0, 0, 2); mode && p.size() == 1) {
        m.device.cmee = static_cast<int>(*mode);
        return m.ok();
      }
      return m.error();
  }
}

void signal(Modem& m, const Command& command, const Parameters&) {
  if (command.form == Form::kTest) {
    m.out.info("+CSQ: (0-31,99),(0-7,99)");
    return m.ok();
  }
  Text text;
  const bool heard = m.device.functionality == 1 && !m.faults.on(Fault::kNoSignal);
  text << "+CSQ: " << (heard ? m.device.signal : 99) << ",99";
  fixed(m, command, text);
}

std::string_view sim_words(Device::Sim sim) {
  return sim == Device::Sim::kPinRequired   ? "+CPIN: SIM PIN"
         : sim == Device::Sim::kPukRequired ? "+CPIN: SIM PUK"
                                            : "+CPIN: READY";
}

void enter_pin(Modem& m, const Parameters& p) {
  if (m.device.sim == Device::Sim::kMissing)
    return m.cme_error(kSimNotInserted, "SIM not inserted");
  if (m.device.sim != Device::Sim::kPinRequired) {
    return m.cme_error(kNotAllowed, "operation not allowed");
  }
  const std::string_view pin = p.quoted(0).value_or(p.raw(0));
  if (pin != m.device.pin) {
    if (--m.device.pin_tries == 0) m.device.sim = Device::Sim::kPukRequired;
    return m.cme_error(kIncorrectPassword, "incorrect password");
  }
  m.device.pin_tries = 3;
  m.device.pin_entered = true;
  m.device.sim = Device::Sim::kReady;
  m.ok();
  m.out.urc("+CPIN: READY");
}

void pin(Modem& m, const Command& command, const Parameters& p) {
  switch (command.form) {
    case Form::kTest:
      return m.ok();
    case Form::kRead:
      if (m.device.sim == Device::Sim::kMissing || m.device.sim == Device::Sim::kFailed) {
        sim_ready(m);
        return;
      }
      if (m.faults.happens(Fault::kSimBusy)) return m.cme_error(kSimBusy, "SIM busy");
      m.out.info(sim_words(m.device.sim));
      return m.ok();
    case Form::kWrite:
      return enter_pin(m, p);
    case Form::kExecute:
      return m.error();
  }
}

void registration(Modem& m, Form form, const Parameters& p, std::string_view name, int& mode) {
  switch (form) {
    case Form::kTest: {
      Text text;
      text << name << ": (0-2)";
      m.out.info(text);
      return m.ok();
    }
    case Form::kRead: {
      Text text;
      text << name << ": " << mode << ','
           << (m.device.registered() || m.device.registration > 1 ? m.device.registration : 0);
      m.out.info(text);
      return m.ok();
    }
    case Form::kExecute:
      mode = 0;
      return m.ok();
    case Form::kWrite:
      if (const auto wanted = p.number(0, 0, 2); wanted && p.size() == 1) {
        mode = static_cast<int>(*wanted);
        return m.ok();
      }
      return m.error();
  }
}

void creg(Modem& m, const Command& command, const Parameters& p) {
  registration(m, command.form, p, "+CREG", m.device.creg_mode);
}
void cgreg(Modem& m, const Command& command, const Parameters& p) {
  registration(m, command.form, p, "+CGREG", m.device.cgreg_mode);
}
void cereg(Modem& m, const Command& command, const Parameters& p) {
  registration(m, command.form, p, "+CEREG", m.device.cereg_mode);
}

void system_information(Modem& m, const Command& command, const Parameters&) {
  fixed(
      m, command,
      m.device.registered()
          ? "+CPSI: LTE,Online,460-00,0x1816,27593483,139,EUTRAN-BAND39,38400,5,5,-88,-868,-578,18"
          : "+CPSI: NO SERVICE,Online");
}

void operator_selection(Modem& m, const Command& command, const Parameters&) {
  if (command.form == Form::kWrite) return m.ok();
  fixed(m, command, m.device.registered() ? "+COPS: 0,2,\"46000\",7" : "+COPS: 0");
}

void functionality(Modem& m, const Command& command, const Parameters& p) {
  switch (command.form) {
    case Form::kTest:
      m.out.info("+CFUN: (0-1,4-7),(0-1)");
      return m.ok();
    case Form::kRead: {
      Text text;
      text << "+CFUN: " << m.device.functionality;
      m.out.info(text);
      return m.ok();
    }
    case Form::kWrite: {
      const auto mode = p.number(0, 0, 7);
      if (!mode || p.size() > 2) return m.error();
      m.device.functionality = static_cast<int>(*mode);
      m.ok();
      // With the radio off there is no network.
      if (*mode != 1 && m.stack.net_open()) m.stack.drop_net(false);
      if (p.number(1, 0, 1).value_or(0) == 1) m.later(kBeforeReset, [&m] { m.reboot(); });
      return;
    }
    case Form::kExecute:
      return m.error();
  }
}

Context* context_of(Modem& m, const Parameters& p) {
  const auto cid = p.number(0, 1, Device::kContexts);
  return cid ? &m.device.contexts[static_cast<std::size_t>(*cid - 1)] : nullptr;
}

void define_context(Modem& m, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) {
    m.out.info("+CGDCONT: (1-15),\"IP\",,,(0-2),(0-4)");
    return m.ok();
  }
  if (command.form == Form::kRead) {
    bool first = true;
    for (std::size_t i = 0; i < m.device.contexts.size(); ++i) {
      const Context& context = m.device.contexts[i];
      if (!context.defined) continue;
      Text text;
      text << "+CGDCONT: " << i + 1 << ",\"" << context.type << "\",\"" << context.apn
           << "\",\"0.0.0.0\",0,0";
      first ? m.out.info(text) : m.out.more(text);
      first = false;
    }
    return m.ok();
  }
  Context* context = command.form == Form::kWrite ? context_of(m, p) : nullptr;
  if (context == nullptr) return m.error();
  if (p.size() == 1) {
    *context = {};
    return m.ok();
  }
  const auto type = p.quoted(1);
  if (!type || (!p.absent(2) && !p.quoted(2))) return m.error();
  context->defined = true;
  context->type = *type;
  context->apn = p.quoted(2).value_or("");
  m.ok();
}

// AT+CGAUTH=<cid>[,<auth_type>[,<passwd>[,<user>]]]
void authenticate(Modem& m, const Command& command, const Parameters& p) {
  if (command.form == Form::kTest) m.out.info("+CGAUTH: (1-15),(0-3),127,127");
  if (command.form == Form::kWrite) {
    Context* context = context_of(m, p);
    const auto type = p.number(1, 0, 3);
    if (context == nullptr || (p.size() > 1 && !type)) return m.error();
    context->login.clear();
    if (type.value_or(0) != 0) {
      context->login =
          std::string(p.quoted(3).value_or("")) + ':' + std::string(p.quoted(2).value_or(""));
    }
  }
  m.ok();
}

void attach(Modem& m, const Command& command, const Parameters& p) {
  if (command.form == Form::kWrite) return p.number(0, 0, 1) ? m.ok() : m.error();
  fixed(m, command, m.device.registered() ? "+CGATT: 1" : "+CGATT: 0");
}

void activate(Modem& m, const Command& command, const Parameters& p) {
  if (command.form == Form::kWrite) return p.number(0, 0, 1) ? m.ok() : m.error();
  fixed(m, command, m.stack.net_open() ? "+CGACT: 1,1" : "+CGACT: 1,0");
}

void address(Modem& m, const Command& command, const Parameters&) {
  Text text;
  text << "+CGPADDR: 1,";
  if (m.stack.net_open()) {
    text << m.stack.ip();
  } else {
    text << "0.0.0.0";
  }
  if (command.form != Form::kTest) m.out.info(text);
  m.ok();
}

void rate(Modem& m, const Command& command, const Parameters& p) {
  switch (command.form) {
    case Form::kTest:
      m.out.info(
          "+IPR: (0,300,600,1200,2400,4800,9600,19200,38400,57600,115200,230400,460800,921600,"
          "1842000,3000000,3686400)");
      return m.ok();
    case Form::kRead: {
      Text text;
      text << "+IPR: " << m.line.rate();
      m.out.info(text);
      return m.ok();
    }
    case Form::kWrite: {
      const auto wanted = p.number(0, 0, 4'000'000);
      if (!wanted || p.size() != 1 || (*wanted != 0 && *wanted < 300)) return m.error();
      // V.250: the answer still goes at the old rate.
      m.line.change_rate(static_cast<std::uint32_t>(*wanted));
      return m.ok();
    }
    case Form::kExecute:
      return m.error();
  }
}

void flow_control(Modem& m, const Command& command, const Parameters& p) {
  switch (command.form) {
    case Form::kTest:
      m.out.info("+IFC: (0,2),(0,2)");
      return m.ok();
    case Form::kRead: {
      Text text;
      text << "+IFC: " << m.device.dce_flow << ',' << m.device.dte_flow;
      m.out.info(text);
      return m.ok();
    }
    case Form::kWrite: {
      const auto dce = p.number(0, 0, 2);
      const auto dte = p.absent(1) ? dce : p.number(1, 0, 2);
      if (!dce || !dte || p.size() > 2 || *dce == 1 || *dte == 1) return m.error();
      m.device.dce_flow = static_cast<int>(*dce);
      m.device.dte_flow = static_cast<int>(*dte);
      m.line.close_gate(*dte == 2 && m.faults.on(Fault::kNoRtsCts));
      return m.ok();
    }
    case Form::kExecute:
      m.device.dce_flow = m.device.dte_flow = 0;
      return m.ok();
  }
}

void reset(Modem& m, const Command& command, const Parameters&) {
  if (command.form == Form::kTest) return m.ok();
  if (command.form != Form::kExecute) return m.error();
  m.ok();
  m.later(kBeforeReset, [&m] { m.reboot(); });
}

void power_off(Modem& m, const Command& command, const Parameters&) {
  if (command.form == Form::kTest) return m.ok();
  if (command.form != Form::kExecute) return m.error();
  m.ok();
  m.later(kBeforeReset, [&m] { m.switch_off(); });
}

// What a host may set although it changes nothing here.
void accept(Modem& m, const Command&, const Parameters&) { m.ok(); }

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
