// SPDX-License-Identifier: MIT
// What configures the TCP/IP: manual 2.8 to 2.13.
#include <array>

#include "channel.h"
#include "text.h"

namespace a7600::sim {
namespace {

// A setting of 0 or 1: manual 2.8 to 2.11. `preset` is what the execute form sets; -1: no such
// form.
void flag(Channel& c, const Command& command, const Parameters& p, std::string_view name,
          int Settings::*setting, int preset) {
  Settings& settings = c.stack.settings;
  switch (command.form) {
    case Form::kTest: {
      Text text;
      text << name << ": (0-1)";
      c.out.info(text);
      return c.ok();
    }
    case Form::kRead: {
      Text text;
      text << name << ": " << settings.*setting;
      c.out.info(text);
      return c.ok();
    }
    case Form::kWrite: {
      const auto value = p.number(0, 0, 1);
      if (!value || p.size() != 1) return c.error();
      settings.*setting = static_cast<int>(*value);
      return c.ok();
    }
    case Form::kExecute:
      if (preset < 0) return c.error();
      settings.*setting = preset;
      return c.ok();
  }
}

void head(Channel& c, const Command& command, const Parameters& p) {
  flag(c, command, p, "+CIPHEAD", &Settings::head, 1);
}
void srip(Channel& c, const Command& command, const Parameters& p) {
  flag(c, command, p, "+CIPSRIP", &Settings::srip, 1);
}
void mode(Channel& c, const Command& command, const Parameters& p) {
  // It is to be set "before AT+NETOPEN" (manual 2.3).
  const bool sets = command.form == Form::kWrite || command.form == Form::kExecute;
  const long wanted = command.form == Form::kWrite ? p.number(0, 0, 1).value_or(-1) : 0;
  if (sets && c.stack.net() != Stack::Net::kClosed && wanted != c.stack.settings.mode) {
    return c.error();
  }
  flag(c, command, p, "+CIPMODE", &Settings::mode, 0);
}
void send_mode(Channel& c, const Command& command, const Parameters& p) {
  flag(c, command, p, "+CIPSENDMODE", &Settings::send_mode, -1);
}

void timeouts(Channel& c, const Command& command, const Parameters& p) {
  Settings& settings = c.stack.settings;
  if (command.form == Form::kRead) {
    Text text;
    text << "+CIPTIMEOUT: " << settings.netopen_timeout.count() << ','
         << settings.cipopen_timeout.count() << ',' << settings.cipsend_timeout.count();
    c.out.info(text);
    return c.ok();
  }
  if (command.form != Form::kWrite || p.size() == 0 || p.size() > 3) return c.error();
  std::array<Milliseconds*, 3> all = {&settings.netopen_timeout, &settings.cipopen_timeout,
                                      &settings.cipsend_timeout};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!p.absent(i) && !p.number(i, 3000, 120'000)) return c.error();
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!p.absent(i)) *all[i] = Milliseconds(*p.number(i, 3000, 120'000));
  }
  c.ok();
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

void configure(Channel& c, const Command& command, const Parameters& p) {
  Settings& settings = c.stack.settings;
  switch (command.form) {
    case Form::kTest:
      c.out.info("+CIPCCFG: (0-10),(0-1000),(0),(0-1),(0-1),(0-1),(500-120000)");
      return c.ok();
    case Form::kRead: {
      Text text;
      text << "+CIPCCFG: ";
      for (std::size_t i = 0; i < kConfigured.size(); ++i) {
        text << (i == 0 ? "" : ",") << settings.*kConfigured[i].setting;
      }
      c.out.info(text);
      return c.ok();
    }
    case Form::kExecute: {
      const Settings preset;
      for (const Configured& item : kConfigured) settings.*item.setting = preset.*item.setting;
      return c.ok();
    }
    case Form::kWrite:
      if (p.size() == 0 || p.size() > kConfigured.size()) return c.error();
      for (std::size_t i = 0; i < kConfigured.size(); ++i) {
        if (!p.absent(i) && !p.number(i, kConfigured[i].low, kConfigured[i].high)) {
          return c.error();
        }
      }
      if (p.number(4, 0, 1) == 1 && c.faults.happens(Fault::kNoHeaderType)) return c.error();
      for (std::size_t i = 0; i < kConfigured.size(); ++i) {
        const auto value = p.number(i, kConfigured[i].low, kConfigured[i].high);
        if (value) settings.*kConfigured[i].setting = static_cast<int>(*value);
      }
      return c.ok();
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
