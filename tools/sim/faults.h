// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "log.h"

namespace a7600::sim {

// What can go wrong. In the order of the table in faults.cc, which gives each its name and meaning.
enum class Fault : std::size_t {
  // The line.
  kFragment,
  kSilence,
  kLateAnswer,
  kNoise,
  kBlank,
  kUrc,
  kUrcBeforeEcho,
  kUrcBetweenLines,
  kUrcBeforePrompt,
  kChatter,
  kEchoBack,
  kLatePrompt,
  kNoPrompt,
  kSwapOrder,
  kCheckBaud,
  kNoRtsCts,
  kUnplug,
  // Receiving.
  kMissDataUrc,
  kRepeatDataUrc,
  kOverflow,
  kNoHeaderType,
  // Sending.
  kShortSend,
  kSendZero,
  kSendFailed,
  kSendBusy,
  kSendError,
  kNoSendResult,
  kNoSendAnswer,
  // Links, servers, names, the network.
  kLinkCollision,
  kClientsHigh,
  kOpenError,
  kOpenAnyway,
  kCloseError,
  kKeepClosed,
  kServerError,
  kStopError,
  kIpError,
  kRemoteClose,
  kNetError,
  kNetcloseError,
  kNetDrop,
  kNetDropOpen,
  kDnsError,
  kDnsSlow,
  kDnsGarbage,
  // The module.
  kReboot,
  kRebootOut,
  kRebootInPayload,
  kRebootInOpen,
  kBootMs,
  kColdStart,
  kStale,
  kDeaf,
  kHang,
  kNoStack,
  kSimMissing,
  kSimPin,
  kSimPuk,
  kSimFailure,
  kSimBusy,
  kNotRegistered,
  kDenied,
  kRoaming,
  kSlowRegistration,
  kNoSignal,
  kLogin,
  kNoCommand,
  kCount,
};

// What a fault's value says.
enum class Unit { kNone, kMilliseconds, kBytes, kErr, kBaud, kText };

struct FaultInfo {
  std::string_view name;
  Unit unit;
  std::string_view value;  // when none is given
  int percent;             // of the opportunities, when none is given
  int times;               // at most, when none is given; 0: no limit
  std::string_view meaning;
};

std::span<const FaultInfo> fault_table();

// The faults that are set, and the dice. A fault is set by
//
//     NAME[=VALUE][@PERCENT[xTIMES]]
//
// and then, at each opportunity, happens with that chance, at most so many times. Equal seeds and
// equal opportunities give equal faults.
class Faults {
 public:
  Faults(std::uint64_t seed, Log& log) : state_(seed), log_(log) {}

  // Sets the faults of a comma list; on failure nothing is set and the reason comes back.
  std::optional<std::string> set(std::string_view specs);
  // False if there is none of that name. An empty name clears all.
  bool clear(std::string_view name);
  // The faults that are set, in set()'s form, with a blank in between.
  std::string list() const;

  bool any() const { return set_ != 0; }
  // Set, and not used up; nothing is counted.
  bool on(Fault fault) const { return of(fault).on; }
  // An opportunity: whether the fault happens now.
  bool happens(Fault fault) { return of(fault).on && roll(fault); }
  // Its value. REQUIRES: the unit is a number; or is text.
  long value(Fault fault) const { return of(fault).number; }
  const std::string& text(Fault fault) const { return of(fault).text; }

  // From 0 to `most`.
  std::uint64_t random(std::uint64_t most);

 private:
  struct State {
    bool on = false;
    long number = 0;
    std::string text;
    int percent = 100;
    int times = 0;  // left, when limited
    bool limited = false;
  };

  State& of(Fault fault) { return states_[static_cast<std::size_t>(fault)]; }
  const State& of(Fault fault) const { return states_[static_cast<std::size_t>(fault)]; }
  bool roll(Fault fault);

  std::array<State, static_cast<std::size_t>(Fault::kCount)> states_;
  std::size_t set_ = 0;
  std::uint64_t state_;
  Log& log_;
};

}  // namespace a7600::sim
