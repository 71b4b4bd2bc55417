// SPDX-License-Identifier: MIT
// What configures the TCP/IP: manual 2.8 to 2.13.
#include <array>

#include "modem.h"
#include "text.h"

namespace a7600::sim {
namespace {

// A setting of 0 or 1: manual 2.8 to 2.11. `preset` is what the execute form sets; -1: no such
// form.
void flag(Modem& m, const Command& command, const Parameters& p, std::string_view name,
          int Settings::*setting, int preset) {
  Settings& settings = m.stack.settings;
  switch (command.form) {
    case Form::kTest: {
      Text text;
      text << name << ": (0-1)";
      m.out.info(text);
      return m.ok();
    }
    case Form::kRead: {
      Text text;
      text << name << ": " << settings.*setting;
      m.out.info(text);
      return m.ok();
    }
    case Form::kWrite: {
      const auto value = p.number(0, 0, 1);
      if (!value || p.size() != 1) return m.error();
      settings.*setting = static_cast<int>(*value);
      return m.ok();
    }
    case Form::kExecute:
      if (preset < 0) return m.error();
      settings.*setting = preset;
      return m.ok();
  }
}

void head(Modem& m, const Command& command, const Parameters& p) {
  flag(m, command, p, "+CIPHEAD", &Settings::head, 1);
}
void srip(Modem& m, const Command& command, const Parameters& p) {
  flag(m, command, p, "+CIPSRIP", &Settings::srip, 1);
}
void mode(Modem& m, const Command& command, const Parameters& p) {
  // It is to be set "before AT+NETOPEN" (manual 2.3).
  const bool sets = command.form == Form::kWrite || command.form == Form::kExecute;
  const long wanted = command.form == Form::kWrite ? p.number(0, 0, 1).value_or(-1) : 0;
  if (sets && m.stack.net() != Stack::Net::kClosed && wanted != m.stack.settings.mode) {
    return m.error();
  }
  flag(m, command, p, "+CIPMODE", &Settings::mode, 0);
}
void send_mode(Modem& m, const Command& command, const Parameters& p) {
  flag(m, command, p, "+CIPSENDMODE", &Settings::send_mode, -1);
}

void timeouts(Modem& m, const Command& command, const Parameters& p) {
  Settings& settings = m.stack.settings;
  if (command.form == Form::kRead) {
    Text text;
    text << "+CIPTIMEOUT: " << settings.netopen_timeout.count() << ','
         << settings.cipopen_timeout.count() << ',' << settings.cipsend_timeout.count();
    m.out.info(text);
    return m.ok();
  }
  if (command.form != Form::kWrite || p.size() == 0 || p.size() > 3) return m.error();
  std::array<Milliseconds*, 3> all = {&settings.netopen_timeout, &settings.cipopen_timeout,
                                      &settings.cipsend_timeout};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!p.absent(i) && !p.number(i, 3000, 120'000)) return m.error();
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!p.absent(i)) *all[i] = Milliseconds(*p.number(i, 3000, 120'000));
  }
  m.ok();
}

// CIPCCFG's parameters in their order.
struct Configured {
  int Settings::*setting;
  long low;
  long high;
};
constexpr std::array<Configured, 7> kConfigured = {{{&Settings::retries, 0, 10},
                                                    {&Settings::delay, 0, 1000},
                                                    {&Settings::ack, 0, 0},
                                                    {&Settings::err_mode, 0, 1},
                                                    {&Settings::header_type, 0, 1},
                                                    {&Settings::async_mode, 0, 1},
                                                    {&Settings::min_timeout, 500, 120'000}}};

void configure(Modem& m, const Command& command, const Parameters& p) {
  Settings& settings = m.stack.settings;
  switch (command.form) {
    case Form::kTest:
      m.out.info("+CIPCCFG: (0-10),(0-1000),(0),(0-1),(0-1),(0-1),(500-120000)");
      return m.ok();
    case Form::kRead: {
      Text text;
      text << "+CIPCCFG: ";
      for (std::size_t i = 0; i < kConfigured.size(); ++i) {
        text << (i == 0 ? "" : ",") << settings.*kConfigured[i].setting;
      }
      m.out.info(text);
      return m.ok();
    }
    case Form::kExecute: {
      const Settings preset;
      for (const Configured& item : kConfigured) settings.*item.setting = preset.*item.setting;
      return m.ok();
    }
    case Form::kWrite:
      if (p.size() == 0 || p.size() > kConfigured.size()) return m.error();
      for (std::size_t i = 0; i < kConfigured.size(); ++i) {
        if (!p.absent(i) && !p.number(i, kConfigured[i].low, kConfigured[i].high)) {
          return m.error();
        }
      }
      if (p.number(4, 0, 1) == 1 && m.faults.happens(Fault::kNoHeaderType)) return m.error();
      for (std::size_t i = 0; i < kConfigured.size(); ++i) {
        const auto value = p.number(i, kConfigured[i].low, kConfigured[i].high);
        if (value) settings.*kConfigured[i].setting = static_cast<int>(*value);
      }
      return m.ok();
  }
}

constexpr auto kCommands = std::to_array<Entry>({
    {"+CIPHEAD", head},
    {"+CIPSRIP", srip},
    {"+CIPMODE", mode},
    {"+CIPSENDMODE", send_mode},
    {"+CIPTIMEOUT", timeouts},
    {"+CIPCCFG", configure},
});

}  // namespace

std::span<const Entry> setting_commands() { return kCommands; }

}  // namespace a7600::sim
