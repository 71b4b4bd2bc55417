// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "channel.h"
#include "device.h"
#include "faults.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "outlets.h"
#include "profile.h"
#include "pty.h"
#include "router.h"
#include "stack.h"

namespace a7600::sim {

// The module: what its ports have in common, and the ports.
class Modem final {
 public:
  Modem(Loop& loop, const Options& options, const Profile& profile, Router& router, Pty& pty,
        Faults& faults, Log& log);

  Loop& loop;
  const Options& options;
  const Profile& profile;
  Router& router;
  Faults& faults;  // of the module and of its first port
  Log& log;
  Device device;
  Outlets outlets;
  Stack stack;
  Channel first;
  // The second AT port, with --second-port; null without.
  Channel* second() { return second_ ? &second_->channel : nullptr; }
  const std::vector<Channel*>& channels() { return channels_; }

  // The module loses its state and its peers, is silent for a while and starts again.
  void reboot();
  // It is switched off: silent until the simulator is told to reboot it.
  void switch_off();
  // The faults have been set or cleared.
  void faults_changed();

  // How often each command has come, and how many lines held something that was none.
  struct Count {
    Entry entry;
    bool alone = false;  // doesn't share a command line with others
    std::uint64_t times = 0;
  };
  std::span<const Count> commands() const { return commands_; }
  Count* find(std::string_view name);
  std::uint64_t unknown_commands() const { return unknown_; }
  void count_unknown() { ++unknown_; }
  bool stack_stopped = false;  // Fault::kNoStack, until a restart

 private:
  struct Second {
    explicit Second(Modem& modem);
    Faults faults;
    Pty pty;
    Channel channel;
  };

  void power_down();
  void start_up();
  void say_boot_lines(std::size_t next);
  void set_sim();
  void look_for_network();
  void leave_stale(std::string_view what);

  std::unique_ptr<Second> second_;
  std::vector<Channel*> channels_;
  std::vector<Count> commands_;
  std::uint64_t unknown_ = 0;
  Timer boot_timer_;
  std::size_t boot_line_ = 0;
  Timer registration_timer_;
  std::vector<UniqueFd> silent_peers_;  // of the links that a killed host has left
};

}  // namespace a7600::sim
