// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "config/config.h"
#include "modem/bringup.h"
#include "modem/rx_mode.h"
#include "serial/port.h"

namespace a7600::engine {

// What the user's settings ask of the module on this port; nullopt: not opened yet.
modem::BringupConfig bringup_config(const config::Config& config,
                                    const std::optional<serial::Port>& port);

// Whether the line can bear data that comes unasked.
modem::PushPolicy push_policy(config::Rx rx, const serial::Port& port);

}  // namespace a7600::engine
