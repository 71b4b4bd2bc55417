// SPDX-License-Identifier: MIT
#include "serial/port.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "serial/find.h"
#include "serial/holder.h"
#include "serial/lock.h"
#include "serial/tcp.h"
#include "serial/tty.h"

namespace a7600::serial {

struct Port::State {
  std::string name;
  FlowControl flow_control = FlowControl::kLossless;
  UniqueFd socket;                 // with tcp:
  std::optional<Tty> tty;          // otherwise
  std::optional<DeviceLock> lock;  // of `tty`
  int rate = 0;

  ~State() {
    // A forked child has a copy of all this, but the line is its parent's.
    if (lock && lock->is_ours()) tty->restore();
  }
};

namespace {

constexpr std::chrono::milliseconds kProbeTime{500};
constexpr std::size_t kMostHeard = 64 * 1024;  // a port that talks without end is no module's

// For a child of the program's that had the port and was told to end: lynx looks names up in one,
// and connects without waiting for its end.
constexpr std::chrono::milliseconds kChildsEnd{500};

constexpr std::string_view kTcp = "tcp:";
constexpr std::string_view kDev = "/dev/";

// ECONNREFUSED or ETIMEDOUT would be taken for the answer of the program's own peer.
Error no_serial_server(Error error) {
  if (error.posix != EINVAL) error.posix = ENODEV;
  error.text += "; A7600_PORT names a raw serial server";
  return error;
}

Result<std::string> resolve_device(const std::string& port, int baud) {
  if (port == "auto") {
    return choose_answering_port(
        list_ports(), [baud](const std::string& device) { return probe_port(device, baud); });
  }
  // Links such as /dev/serial/by-id/… are followed once, here: locks, sysfs and messages go by the
  // device's own name.
  char* device = ::realpath(port.c_str(), nullptr);
  if (device == nullptr) {
    const int error = errno;
    return Error{.posix = error == EACCES ? EACCES : ENODEV,
                 .text = port + ": " + strerrordesc_np(error) +
                         "; A7600_PORT names a serial device, or `auto` finds a modem on USB"};
  }
  std::string out(device);
  ::free(device);
  return out;
}

struct Held {
  Tty tty;
  DeviceLock lock;
};

Result<Held> try_to_hold(const std::string& device) {
  Result<Tty> tty = Tty::open(device);
  if (!tty) {
    // The kernel says no to a second open but not on whose behalf.
    return tty.error().posix == EBUSY ? device_in_use(device) : tty.error();
  }
  Result<DeviceLock> lock = DeviceLock::acquire(tty.value().fd(), device, tty.value().is_pty());
  if (!lock) return lock.error();
  return Held{std::move(tty.value()), std::move(lock.value())};
}

Result<Held> hold(const std::string& device) {
  Result<Held> held = try_to_hold(device);
  if (held || held.error().posix != EBUSY) return held;
  const std::optional<pid_t> holder = find_holder(device);
  if (holder && !outlives_child(*holder, kChildsEnd)) return held;
  return try_to_hold(device);  // nobody to be seen may be one that has ended just now
}

FlowControl flow_control_of(const Tty& tty, const std::string& device) {
  if (tty.is_pty()) return FlowControl::kLossless;
  if (device.starts_with(kDev) &&
      is_usb_modem_driver(find_place(device.substr(kDev.size())).driver)) {
    return FlowControl::kLossless;
  }
  return FlowControl::kNone;
}

}  // namespace

Result<Port> Port::open(const config::Config& config) {
  auto state = std::make_unique<State>();
  if (config.port.starts_with(kTcp)) {
    Result<UniqueFd> socket = connect_tcp(config.port);
    if (!socket) return no_serial_server(socket.error());
    state->name = config.port;
    state->socket = std::move(socket.value());
    return Port(state.release());
  }

  Result<std::string> device = resolve_device(config.port, config.baud);
  if (!device) return device.error();
  state->name = std::move(device.value());
  Result<Held> held = hold(state->name);
  if (!held) return held.error();
  state->tty = std::move(held.value().tty);
  state->lock.emplace(std::move(held.value().lock));

  state->flow_control = flow_control_of(*state->tty, state->name);
  // Asked for and not there is an error at once; it is used only when the module is seen to keep to
  // it.
  const bool rtscts =
      config.flow == config::Flow::kRtsCts && state->flow_control == FlowControl::kNone;
  if (Status raw = state->tty->make_raw(config.baud, rtscts); !raw) return raw.error();
  if (rtscts) state->tty->set_line(config.baud, false).ok();
  const bool usb = state->flow_control == FlowControl::kLossless && !state->tty->is_pty();
  state->rate = usb ? 0 : config.baud;
  return Port(state.release());
}

Port::Port(State* state) : state_(state) {}
Port::Port(Port&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
Port& Port::operator=(Port&& other) noexcept {
  if (this != &other) {
    delete state_;
    state_ = std::exchange(other.state_, nullptr);
  }
  return *this;
}
Port::~Port() { delete state_; }

int Port::fd() const { return state_->tty ? state_->tty->fd() : state_->socket.get(); }
const std::string& Port::name() const { return state_->name; }
FlowControl Port::flow_control() const { return state_->flow_control; }

bool Port::was_abandoned() const { return state_->lock && state_->lock->was_abandoned(); }

void Port::abandon() {
  if (state_->lock) state_->lock->abandon();
}

int Port::rate() const { return state_->rate; }

Status Port::set_rate(int baud) {
  const bool rtscts = state_->flow_control == FlowControl::kRtsCts;
  if (Status set = state_->tty->set_line(baud, rtscts); !set) return set;
  state_->rate = baud;
  return Done{};
}

void Port::use_rtscts(bool on) {
  if (state_->rate == 0 || state_->flow_control == FlowControl::kLossless) return;
  const FlowControl wanted = on ? FlowControl::kRtsCts : FlowControl::kNone;
  if (wanted == state_->flow_control || !state_->tty->set_line(state_->rate, on)) return;
  state_->flow_control = wanted;
}

bool Port::hold_module(bool on) {
  return state_->flow_control == FlowControl::kNone && state_->tty && state_->tty->set_rts(!on);
}

bool Port::set_dtr(bool up) { return state_->tty && state_->tty->set_dtr(up); }

bool Port::is_drained() const {
  int waiting = 0;
  return ::ioctl(fd(), TIOCOUTQ, &waiting) != 0 || waiting == 0;
}

Probe probe_port(const std::string& device, int baud) {
  config::Config config;
  config.port = device;
  config.baud = baud;
  const Result<Port> port = Port::open(config);
  if (!port) return Probe::kUnknown;
  const int fd = port.value().fd();
  constexpr std::string_view kCommand = "AT\r";
  if (::write(fd, kCommand.data(), kCommand.size()) != static_cast<ssize_t>(kCommand.size())) {
    return Probe::kSilent;
  }
  std::string heard;
  const auto end = std::chrono::steady_clock::now() + kProbeTime;
  for (auto now = end - kProbeTime; now < end && heard.size() < kMostHeard;
       now = std::chrono::steady_clock::now()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now).count();
    pollfd readable{fd, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(left)) <= 0) continue;
    char piece[256];
    const ssize_t size = ::read(fd, piece, sizeof piece);
    if (size <= 0) break;
    heard.append(piece, static_cast<std::size_t>(size));
    if (heard.find("OK\r") != heard.npos || heard.find("ERROR\r") != heard.npos) {
      return Probe::kAnswers;
    }
  }
  return Probe::kSilent;
}

}  // namespace a7600::serial
