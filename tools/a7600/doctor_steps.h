// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ipv4.h"
#include "base/unique_fd.h"
#include "call.h"
#include "doctor.h"
#include "doctor_report.h"

namespace a7600::tool {

// What one step has found.
struct Finding {
  enum class Kind { kGood, kWarning, kBad, kSkipped };
  Kind kind = Kind::kGood;
  std::string seen;
  std::string advice;  // with kBad and kWarning
};

inline Finding good(std::string seen) { return {Finding::Kind::kGood, std::move(seen), {}}; }
inline Finding bad(std::string seen, std::string advice) {
  return {Finding::Kind::kBad, std::move(seen), std::move(advice)};
}
inline Finding warning(std::string seen, std::string advice) {
  return {Finding::Kind::kWarning, std::move(seen), std::move(advice)};
}
inline Finding skipped(std::string why) { return {Finding::Kind::kSkipped, std::move(why), {}}; }

// What is being examined, and what the steps before have found out.
struct Patient {
  Patient(const config::Config& config_, const DoctorOptions& options_, Report& report_)
      : config(config_), options(options_), report(report_) {}

  const config::Config& config;
  const DoctorOptions& options;
  Report& report;

  std::string engine;            // its address; empty: not started yet
  bool shared = false;           // the engine is not ours
  std::optional<Error> opening;  // what has kept the port from being opened
  std::string device;
  std::string pin_state;                // AT+CPIN?
  std::optional<PendingCall> look_up;   // of the host in `url`; brings the network up
  std::optional<Error> look_up_failed;  // so
  std::optional<Ipv4> server;
  UniqueFd socket;  // connected
};

// The numbers are the exit statuses of `a7600 doctor`.
struct Step {
  int number;
  const char* name;
  Finding (*examine)(Patient& patient);
  // Without it the steps that come later make no sense.
  bool vital;
};

// In the order in which they are done.
std::span<const Step> steps();

// doctor_port.cc
Finding examine_port(Patient& patient);
Finding examine_permission(Patient& patient);
Finding examine_lock(Patient& patient);
// doctor_module.cc
Finding examine_answers(Patient& patient);
Finding examine_model(Patient& patient);
Finding examine_profile(Patient& patient);
Finding examine_sim(Patient& patient);
Finding examine_pin(Patient& patient);
Finding examine_signal(Patient& patient);
Finding examine_registration(Patient& patient);
// doctor_network.cc
Finding examine_apn(Patient& patient);
Finding examine_netopen(Patient& patient);
Finding examine_address(Patient& patient);
Finding examine_dns(Patient& patient);
Finding examine_connect(Patient& patient);
Finding examine_throughput(Patient& patient);
// doctor_port.cc
Finding examine_program(Patient& patient);

// Begins to look the host in `url` up, unless that was done before.
void start_look_up(Patient& patient);
// Whether the look-up is over; it fills `server` or `look_up_failed`.
bool look_up_done(Patient& patient, std::chrono::milliseconds patience);

// The parts of "http://HOST[:PORT]/PATH"; nullopt for anything else.
struct Url {
  std::string host;
  std::uint16_t port = 80;
  std::string path;
};
std::optional<Url> parse_url(const std::string& text);

// What the module answers to an AT command.
struct ModuleAnswer {
  enum class Kind { kOk, kError, kSilent, kNotAsked };
  Kind kind = Kind::kNotAsked;
  std::vector<std::string> lines;  // the final result's included
  std::string why;                 // kNotAsked

  bool ok() const { return kind == Kind::kOk; }
  // What follows "NAME: " in the first line that begins so.
  std::optional<std::string> value(const std::string& name) const;
  // The first line that is no final result; or the final result.
  std::string text() const;
};
ModuleAnswer ask_module(const Patient& patient, const std::string& command,
                        std::chrono::seconds timeout = std::chrono::seconds(9));

}  // namespace a7600::tool
