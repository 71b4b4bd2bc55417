// SPDX-License-Identifier: MIT
#include "serial/port.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "serial/find.h"
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

  ~State() {
    // A forked child has a copy of all this, but the line is its parent's.
    if (lock && lock->is_ours()) tty->restore();
  }
};

namespace {

constexpr std::string_view kTcp = "tcp:";
constexpr std::string_view kDev = "/dev/";

Result<std::string> resolve_device(const std::string& port) {
  if (port == "auto") return choose_at_port(list_ports());
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

FlowControl flow_control_of(const Tty& tty, const std::string& device, bool rtscts) {
  if (tty.is_pty()) return FlowControl::kLossless;
  if (device.starts_with(kDev) &&
      is_usb_modem_driver(find_place(device.substr(kDev.size())).driver)) {
    return FlowControl::kLossless;
  }
  return rtscts ? FlowControl::kRtsCts : FlowControl::kNone;
}

}  // namespace

Result<Port> Port::open(const config::Config& config) {
  auto state = std::make_unique<State>();
  if (config.port.starts_with(kTcp)) {
    Result<UniqueFd> socket = connect_tcp(config.port);
    if (!socket) return socket.error();
    state->name = config.port;
    state->socket = std::move(socket.value());
    return Port(state.release());
  }

  Result<std::string> device = resolve_device(config.port);
  if (!device) return device.error();
  state->name = std::move(device.value());
  Result<Tty> tty = Tty::open(state->name);
  if (!tty) {
    // The kernel says no to a second open but not on whose behalf.
    return tty.error().posix == EBUSY ? device_in_use(state->name) : tty.error();
  }
  state->tty = std::move(tty.value());

  Result<DeviceLock> lock =
      DeviceLock::acquire(state->tty->fd(), state->name, state->tty->is_pty());
  if (!lock) return lock.error();
  state->lock.emplace(std::move(lock.value()));

  // "auto" is no flow control: RTS/CTS on a line that doesn't have the wires stops it for good.
  const bool rtscts = config.flow == config::Flow::kRtsCts && !state->tty->is_pty();
  if (Status raw = state->tty->make_raw(config.baud, rtscts); !raw) return raw.error();
  state->flow_control = flow_control_of(*state->tty, state->name, rtscts);
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

bool Port::is_drained() const {
  int waiting = 0;
  return ::ioctl(fd(), TIOCOUTQ, &waiting) != 0 || waiting == 0;
}

}  // namespace a7600::serial
