// SPDX-License-Identifier: MIT
#include "modem/sim_state.h"

namespace a7600::modem {
namespace {

struct Row {
  int err;
  std::string_view words;
  SimState state;
};
constexpr Row kRows[] = {
    {10, "SIM not inserted", SimState::kAbsent}, {11, "SIM PIN required", SimState::kPin},
    {12, "SIM PUK required", SimState::kPuk},    {13, "SIM failure", SimState::kFailed},
    {14, "SIM busy", SimState::kBusy},           {15, "SIM wrong", SimState::kFailed},
};

}  // namespace

SimState sim_state(std::optional<int> err, std::string_view words) {
  for (const Row& row : kRows) {
    if (err == row.err || words == row.words) return row.state;
  }
  // Firmware has words of its own.
  return words.starts_with("SIM") ? SimState::kFailed : SimState::kUnclear;
}

std::string sim_text(SimState state) {
  switch (state) {
    case SimState::kAbsent:
      return "no SIM: none is inserted, or it has no contact";
    case SimState::kPin:
      return "the SIM asks for its PIN; set A7600_PIN (4 to 8 digits)";
    case SimState::kPuk:
      return "the SIM asks for its PUK, as after three wrong PINs: unlock it in a phone";
    case SimState::kFailed:
      return "the SIM has failed: try it in a phone, or another one";
    case SimState::kBusy:
      return "the SIM stays busy: restart the module, or try another SIM";
    case SimState::kUnclear:
      break;
  }
  return "no usable SIM (AT+CPIN?: ERROR)";
}

}  // namespace a7600::modem
