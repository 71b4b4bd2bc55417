// SPDX-License-Identifier: MIT
#include "engine/modem_settings.h"

namespace a7600::engine {
namespace {

modem::Rtscts rtscts_of(config::Flow flow, const std::optional<serial::Port>& port) {
  if (flow == config::Flow::kNone) return modem::Rtscts::kOff;
  if (flow == config::Flow::kRtsCts) return modem::Rtscts::kOn;
  const bool uart = port && port->flow_control() != serial::FlowControl::kLossless;
  return uart ? modem::Rtscts::kTry : modem::Rtscts::kOff;
}

at::Login login_of(const config::Config& config) {
  at::Login login{.user = config.apn_user, .password = config.apn_password};
  if (config.apn_auth == config::ApnAuth::kPap) login.type = at::Login::Type::kPap;
  if (config.apn_auth == config::ApnAuth::kChap) login.type = at::Login::Type::kChap;
  return login;
}

}  // namespace

modem::BringupConfig bringup_config(const config::Config& config,
                                    const std::optional<serial::Port>& port) {
  return {.baud = config.baud,
          .rtscts = rtscts_of(config.flow, port),
          .apn = config.apn,
          .login = login_of(config),
          .pin = config.pin,
          .connect_timeout = config.connect_timeout,
          .transparent = config.mode == config::Mode::kTransparent,
          .reset = {.command = config.reset.cfun, .dtr = config.reset.dtr}};
}

modem::PushPolicy push_policy(config::Rx rx, const serial::Port& port) {
  switch (rx) {
    case config::Rx::kBuffer:
      return modem::PushPolicy::kNever;
    case config::Rx::kPush:
      return modem::PushPolicy::kAlways;
    case config::Rx::kAuto:
      break;
  }
  return port.flow_control() == serial::FlowControl::kNone ? modem::PushPolicy::kNever
                                                           : modem::PushPolicy::kAuto;
}

}  // namespace a7600::engine
