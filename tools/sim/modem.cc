// SPDX-License-Identifier: MIT
#include "modem.h"

#include <stdexcept>

#include "text.h"

namespace a7600::sim {
namespace {

constexpr Line::Marks kFirstMarks{'>', '<'};
constexpr Line::Marks kSecondMarks{'}', '{'};

}  // namespace

Modem::Second::Second(Modem& modem)
    : faults(modem.options.seed + 1, modem.log),
      pty(modem.options.second_link),
      channel(modem, {pty, faults, modem.options.second_baud.value_or(modem.options.baud),
                      modem.options.second_latency.value_or(modem.options.latency), kSecondMarks}) {
  for (const std::string& specs : modem.options.second_faults) {
    if (const auto reason = faults.set(specs)) {
      throw std::runtime_error("--second-fault: " + *reason);
    }
  }
}

Modem::Modem(Loop& modem_loop, const Options& modem_options, const Profile& modem_profile,
             Router& modem_router, Pty& pty, Faults& modem_faults, Log& modem_log)
    : loop(modem_loop),
      options(modem_options),
      profile(modem_profile),
      router(modem_router),
      faults(modem_faults),
      log(modem_log),
      outlets(options.urcs_to),
      stack(loop, options, profile, router, outlets, faults, log),
      first(*this, {pty, faults, options.baud, options.latency, kFirstMarks}),
      second_(options.second_port ? std::make_unique<Second>(*this) : nullptr),
      channels_{&first},
      boot_timer_(loop, [this] { say_boot_lines(boot_line_); }),
      registration_timer_(loop, [this] { look_for_network(); }) {
  if (second_) channels_.push_back(&second_->channel);
  for (Channel* channel : channels_) outlets.add(channel->outlet);
  // The commands of the manual come first: they are the ones in a hurry.
  for (const auto& table :
       {socket_commands(), network_commands(), setting_commands(), server_commands()}) {
    for (const Entry& entry : table) commands_.push_back({entry, true, 0});
  }
  for (const auto& table : {basic_commands(), device_commands()}) {
    for (const Entry& entry : table) commands_.push_back({entry, false, 0});
  }
  stack.on_data_client = [this](Link&) { first.client_has_come(); };
  const auto flush = [this] {
    for (Channel* channel : channels_) channel->line.flush();
  };
  loop.at_end_of_turn([this] {
    for (Channel* channel : channels_) channel->go_on();
  });
  loop.at_end_of_turn(flush);
  // The links go on while the host is busy with its answer; what that makes them say leaves at once
  // as well.
  loop.at_end_of_turn([this] { stack.go_on(); });
  loop.at_end_of_turn(flush);
  start_up();
}

Modem::Count* Modem::find(std::string_view name) {
  for (Count& count : commands_) {
    if (same_name(count.entry.name, name)) return &count;
  }
  return nullptr;
}

}  // namespace a7600::sim
