// SPDX-License-Identifier: MIT
//
// The module, its SIM and its radio.
#include <poll.h>

#include <charconv>
#include <chrono>

#include "doctor_steps.h"
#include "modem/registration.h"
#include "modem/sim_state.h"

namespace a7600::tool {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kLook = 1000ms;  // between two looks at something that changes

// The number in field `index` of "1,5"; -1: there is none.
int field(const std::string& text, int index) {
  std::size_t at = 0;
  for (; index > 0 && at != text.npos; --index) {
    at = text.find(',', at);
    if (at != text.npos) ++at;
  }
  int value = -1;
  if (at != text.npos) std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

void pause() { ::poll(nullptr, 0, static_cast<int>(kLook.count())); }

modem::SimState sim_state_of(const ModuleAnswer& answer) {
  constexpr std::string_view kCme = "+CME ERROR: ";
  for (const std::string& line : answer.lines) {
    if (!line.starts_with(kCme)) continue;
    const std::string words = line.substr(kCme.size());
    const int number = field(words, 0);
    return modem::sim_state(number >= 0 ? std::optional<int>(number) : std::nullopt, words);
  }
  return modem::SimState::kUnclear;
}

}  // namespace

Finding examine_answers(Patient& patient) {
  ModuleAnswer answer;
  for (int i = 0; i < 2 && !answer.ok(); ++i) answer = ask_module(patient, "AT", 2s);
  if (answer.kind == ModuleAnswer::Kind::kNotAsked) {
    if (!patient.shared) return bad(answer.why, "see the message");
    return warning("not asked: " + answer.why,
                   "the doctor sees more as the engine's own user, or as root");
  }
  if (!answer.ok()) {
    // An engine that wants the network looks for the module at every rate, and frees it from what
    // another host may have left.
    patient.report.progress("silent at " + std::to_string(patient.config.baud) +
                            " baud; trying other rates");
    start_look_up(patient);
    const auto end = Clock::now() + patient.options.patience;
    while (!answer.ok() && Clock::now() < end && !look_up_done(patient, 1000ms)) {
      answer = ask_module(patient, "AT", 2s);
    }
    if (!answer.ok()) answer = ask_module(patient, "AT", 2s);
  }
  if (!answer.ok()) {
    return bad("nothing answers AT commands",
               "is the module powered (its NET LED blinks), is this its AT port (`a7600 ports`), "
               "are TX and RX the right way round?");
  }
  return good("OK");
}

Finding examine_model(Patient& patient) {
  const ModuleAnswer model = ask_module(patient, "AT+CGMM");
  const ModuleAnswer firmware = ask_module(patient, "AT+CGMR");
  if (!model.ok()) {
    return bad("AT+CGMM: " + model.text(), "is it a SIMCom A7600-family module?");
  }
  const std::string version =
      firmware.ok() ? firmware.value("+CGMR").value_or(firmware.text()) : "unknown";
  return good(model.text() + ", firmware " + version);
}

// What the firmware has of the commands that the library lives on.
Finding examine_profile(Patient& patient) {
  for (const char* command : {"AT+NETOPEN?", "AT+CIPOPEN=?", "AT+CIPSEND=?", "AT+CIPRXGET=?"}) {
    if (ask_module(patient, command).ok()) continue;
    return bad("the module doesn't know " + std::string(command),
               "its firmware has no TCP/IP commands: another firmware, or another module");
  }
  const bool push =
      ask_module(patient, "AT+CIPCCFG=?").ok() && ask_module(patient, "AT+CIPHEAD?").ok();
  return good(push ? "TCP/IP commands are there, direct push may be too"
                   : "TCP/IP commands are there, without direct push");
}

Finding examine_sim(Patient& patient) {
  ModuleAnswer answer = ask_module(patient, "AT+CPIN?");
  if (answer.kind == ModuleAnswer::Kind::kError &&
      sim_state_of(answer) == modem::SimState::kUnclear) {
    // Errors have no name unless AT+CMEE says so.
    const auto before = ask_module(patient, "AT+CMEE?").value("+CMEE");
    ask_module(patient, "AT+CMEE=2");
    answer = ask_module(patient, "AT+CPIN?");
    if (before) ask_module(patient, "AT+CMEE=" + *before);
  }
  const auto end = Clock::now() + 10s;
  while (sim_state_of(answer) == modem::SimState::kBusy && Clock::now() < end) {
    patient.report.progress("busy");
    pause();
    answer = ask_module(patient, "AT+CPIN?");
  }
  if (answer.ok()) {
    patient.pin_state = answer.value("+CPIN").value_or("READY");
    return good("there");
  }
  const modem::SimState state = sim_state_of(answer);
  if (state == modem::SimState::kPin || state == modem::SimState::kPuk) {
    patient.pin_state = state == modem::SimState::kPin ? "SIM PIN" : "SIM PUK";
    return good("there");
  }
  return bad("AT+CPIN?: " + answer.text(), modem::sim_text(state));
}

Finding examine_pin(Patient& patient) {
  if (patient.pin_state == "SIM PIN" && !patient.config.pin.empty() && !patient.look_up) {
    patient.report.progress("entering A7600_PIN");
    start_look_up(patient);
    const auto end = Clock::now() + patient.options.patience;
    while (Clock::now() < end && !look_up_done(patient, kLook)) {
      const auto state = ask_module(patient, "AT+CPIN?").value("+CPIN");
      if (state) patient.pin_state = *state;
      if (state == "READY") break;
    }
    if (patient.pin_state != "READY") {
      if (const auto state = ask_module(patient, "AT+CPIN?").value("+CPIN")) {
        patient.pin_state = *state;
      }
    }
  }
  if (patient.pin_state == "READY") return good("READY");
  if (patient.pin_state == "SIM PIN" && !patient.config.pin.empty()) {
    const std::string why = patient.look_up_failed ? patient.look_up_failed->text : "no answer";
    return bad(why,
               "correct A7600_PIN; it is not tried again, since three wrong ones lock the SIM");
  }
  const bool pin = patient.pin_state == "SIM PIN";
  return bad("the SIM asks for: " + patient.pin_state,
             modem::sim_text(pin ? modem::SimState::kPin : modem::SimState::kPuk));
}

Finding examine_signal(Patient& patient) {
  const ModuleAnswer answer = ask_module(patient, "AT+CSQ");
  const int rssi = field(answer.value("+CSQ").value_or(""), 0);
  if (!answer.ok() || rssi < 0 || rssi > 31) {
    return bad("no signal (AT+CSQ: " + answer.text() + ")",
               "connect the antenna to the socket MAIN; try another place; AT+CFUN? must say 1");
  }
  const std::string seen =
      std::to_string(-113 + 2 * rssi) + " dBm (" + std::to_string(rssi) + " of 31)";
  // Below about -107 dBm connections come and go.
  if (rssi < 4) return warning(seen, "weak: a better antenna, or another place");
  return good(seen);
}

Finding examine_registration(Patient& patient) {
  const auto begin = Clock::now();
  int best = -1;
  for (;;) {
    for (const char* name : {"+CREG", "+CGREG", "+CEREG"}) {
      const ModuleAnswer answer = ask_module(patient, "AT" + std::string(name) + "?");
      const int stat = field(answer.value(name).value_or(""), 1);
      if (modem::is_registered(stat)) {
        const auto by = ask_module(patient, "AT+COPS?").value("+COPS");
        return good(std::string(modem::registration_text(stat)) +
                    (by ? ", operator " + *by : std::string()));
      }
      if (stat >= 0 && (best < 0 || stat == 2)) best = stat;
    }
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin);
    const bool denied = best == 3 && waited > 5s;
    if (waited >= patient.options.patience || denied) break;
    patient.report.progress(std::string(modem::registration_text(best)) + ", " +
                            std::to_string(waited.count()) + " s");
    pause();
  }
  return bad(std::string(modem::registration_text(best)),
             best == 3
                 ? "the network refuses this SIM: is it active, may it roam, does it suit the "
                   "network?"
                 : "check antenna and bands; a first search takes minutes (--patience)");
}

}  // namespace a7600::tool
