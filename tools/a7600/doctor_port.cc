// SPDX-License-Identifier: MIT
//
// What stands before the module: the port, and the program that is to use it.
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/pass.h"
#include "doctor_steps.h"
#include "engine/thread.h"
#include "program.h"
#include "serial/find.h"
#include "serial/port.h"

namespace a7600::tool {
namespace {

std::string describe(const std::string& device) {
  for (const serial::PortInfo& port : serial::list_ports()) {
    if (port.device != device) continue;
    std::string text = port.device;
    if (!port.description.empty()) text += ", " + port.description;
    if (port.interface >= 0) text += ", USB interface " + std::to_string(port.interface);
    if (!port.by_id.empty()) text += ", always found as " + port.by_id;
    return text;
  }
  return device;
}

bool about_permission(const Error& error) { return error.posix == EACCES || error.posix == EPERM; }

}  // namespace

// One open(2) tells about the first three steps; each says its part.
Finding examine_port(Patient& patient) {
  if (const auto engine = find_engine(patient.config, true)) {
    patient.engine = *engine;
    patient.shared = true;
    return good(patient.config.port + ", by way of the shared engine at " + *engine);
  }
  auto port = serial::Port::open(patient.config);
  if (port) {
    patient.device = port.value().name();
    return good(describe(patient.device));
  }
  patient.opening = port.error();
  patient.device = patient.config.port;
  if (about_permission(port.error()) || port.error().posix == EBUSY) return good(patient.device);
  return bad(port.error().text,
             "plug the module in and look at `a7600 ports`; a HAT needs its UART switched on "
             "(`raspi-config`); then set A7600_PORT");
}

Finding examine_permission(Patient& patient) {
  if (patient.shared) return good("the shared engine's");
  if (patient.opening && about_permission(*patient.opening)) {
    return bad(patient.opening->text,
               "sudo usermod -aG dialout $USER, and log in again; or `a7600 serve` as a service");
  }
  return good("it may be opened");
}

Finding examine_lock(Patient& patient) {
  if (patient.shared) return good("the shared engine's");
  if (patient.opening) {
    // "DEVICE: in use by PROGRAM; what to do about it"
    const std::string& text = patient.opening->text;
    const std::size_t end = std::min(text.find("; "), text.size());
    return bad(text.substr(0, end), end < text.size() ? text.substr(end + 2) : "see the message");
  }
  auto engine = engine::start_thread(patient.config, Pass{}, nullptr);
  if (!engine) return bad(engine.error().text, "see the message");
  patient.engine = engine.value();
  return good("nobody else has it");
}

Finding examine_program(Patient& patient) {
  const auto found = find_program(patient.options.program, Via::kAuto);
  if (!found)
    return bad(found.error().text, "use one that gains no rights, built for this machine");
  return good(found.value().path + (found.value().filtered
                                        ? " can be run on the modem by `a7600 run`"
                                        : " can be run on the modem"));
}

}  // namespace a7600::tool
