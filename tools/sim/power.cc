// SPDX-License-Identifier: MIT
// The module's starts, ends and states that are nobody's command, and the faults that concern the
// module as a whole.
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "modem.h"
#include "text.h"

namespace a7600::sim {
namespace {

constexpr Milliseconds kBetweenBootLines{20};
constexpr int kHome = 1;
constexpr int kSearching = 2;
constexpr int kDenied = 3;
constexpr int kRoaming = 5;

}  // namespace

// All that the module knows goes, but what its line is set to.
void Modem::power_down() {
  stack.reset();
  for (Channel* channel : channels()) channel->power_down();
  stack_stopped = false;
  silent_peers_.clear();
  const auto contexts = device.contexts;  // kept in the module's memory, as AT+CGDCONT's are
  device = {};
  device.contexts = contexts;
  registration_timer_.cancel();
  boot_timer_.cancel();
}

void Modem::reboot() {
  log.event("the module reboots");
  power_down();
  boot_line_ = 0;
  const bool set = faults.on(Fault::kBootMs);
  boot_timer_.after(Milliseconds(set ? faults.value(Fault::kBootMs) : 300));
}

void Modem::switch_off() {
  log.event("the module is off");
  power_down();
}

void Modem::say_boot_lines(std::size_t next) {
  if (next == 0) {
    for (Channel* channel : channels()) channel->host.reset();
    set_sim();
    look_for_network();
    first.line.write(std::string_view("\0", 1));
  }
  const bool sim_line = profile.boot_lines[next].starts_with("+CPIN");
  if (!sim_line || device.sim == Device::Sim::kReady) {
    outlets.urc(-1, profile.boot_lines[next]);
  } else if (device.sim == Device::Sim::kMissing) {
    outlets.urc(-1, "+CPIN: SIM REMOVED");
  } else if (device.sim == Device::Sim::kFailed) {
    outlets.urc(-1, "+CPIN: SIM FAILURE");
  } else {
    const bool pin = device.sim == Device::Sim::kPinRequired;
    outlets.urc(-1, pin ? "+CPIN: SIM PIN" : "+CPIN: SIM PUK");
  }
  boot_line_ = next + 1;
  if (boot_line_ < profile.boot_lines.size()) boot_timer_.after(kBetweenBootLines);
}

void Modem::start_up() {
  set_sim();
  look_for_network();
  for (Channel* channel : channels()) {
    channel->mischief.refresh();
    if (!channel->faults.on(Fault::kCheckBaud)) continue;
    channel->line.set_rate(static_cast<std::uint32_t>(channel->faults.value(Fault::kCheckBaud)));
  }
  if (faults.on(Fault::kColdStart)) {
    reboot();
  } else if (faults.on(Fault::kStale)) {
    leave_stale(faults.text(Fault::kStale));
  }
}

void Modem::set_sim() {
  const bool unlocked = device.pin == faults.text(Fault::kSimPin) &&
                        device.sim == Device::Sim::kReady && device.pin_entered;
  if (faults.on(Fault::kSimMissing)) {
    device.sim = Device::Sim::kMissing;
  } else if (faults.on(Fault::kSimFailure)) {
    device.sim = Device::Sim::kFailed;
  } else if (faults.on(Fault::kSimPuk)) {
    device.sim = Device::Sim::kPukRequired;
  } else if (faults.on(Fault::kSimPin) && !unlocked) {
    device.sim = Device::Sim::kPinRequired;
    device.pin = faults.text(Fault::kSimPin);
  } else {
    device.sim = Device::Sim::kReady;
  }
}

// Sets the registration, and tells a host that has asked for it when it comes.
void Modem::look_for_network() {
  if (faults.on(Fault::kDenied)) {
    device.registration = kDenied;
  } else if (faults.on(Fault::kNotRegistered)) {
    device.registration = kSearching;
  } else if (faults.on(Fault::kSlowRegistration) && device.registration != kSearching) {
    device.registration = kSearching;
    registration_timer_.after(Milliseconds(faults.value(Fault::kSlowRegistration)));
  } else {
    const int wanted = faults.on(Fault::kRoaming) ? kRoaming : kHome;
    if (std::exchange(device.registration, wanted) == wanted) return;
    const auto tell = [&](int mode, std::string_view name) {
      Text text;
      text << name << ": " << wanted;
      if (mode > 0) outlets.urc(-1, text);
    };
    tell(device.creg_mode, "+CREG");
    tell(device.cgreg_mode, "+CGREG");
    tell(device.cereg_mode, "+CEREG");
  }
}

void Modem::faults_changed() {
  set_sim();
  if (!registration_timer_.armed()) look_for_network();
  for (Channel* channel : channels()) {
    channel->mischief.refresh();
    channel->line.close_gate(device.dte_flow == 2 && channel->faults.on(Fault::kNoRtsCts));
  }
  for (int i = 0; i < kLinks; ++i) stack.link(i).set_overflow(faults.on(Fault::kOverflow));
}

// What a host that was killed may have left: nothing of it is as after power-up.
void Modem::leave_stale(std::string_view what) {
  first.host.echo = false;
  device.cmee = 2;
  stack.settings.head = 0;
  stack.settings.srip = 0;
  stack.settings.err_mode = 0;
  stack.settings.cipopen_timeout = Milliseconds(3000);
  stack.settings.rx_mode = 1;
  stack.settings.mode = what == "transparent" ? 1 : 0;
  stack.find_net_open();
  for (const int number : {0, 3, 9}) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) return;
    silent_peers_.emplace_back(ends[1]);
    constexpr std::string_view kUnread = "HTTP/1.1 200 OK\r\n\r\nOK\r\n+IPCLOSE: 3,1\r\n";
    if (number == 3) ::send(ends[1], kUnread.data(), kUnread.size(), MSG_NOSIGNAL);
    stack.link(number).adopt(UniqueFd(ends[0]), {Ipv4{0xcb007107}, 80}, 0, -1);
  }
  stack.servers().start(0, 8080, 3);
  if (what == "transparent") {
    first.connect(stack.link(0));
  } else if (what == "payload") {
    first.await_payload(9, 1500, {});
    first.host.input(std::string(600, 'x'));
  }
  first.line.drop_output();
}

}  // namespace a7600::sim
