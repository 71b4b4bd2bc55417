// SPDX-License-Identifier: MIT
#include "faults.h"

#include <utility>
#include <vector>

#include "number.h"

namespace a7600::sim {
namespace {

constexpr std::array<FaultInfo, static_cast<std::size_t>(Fault::kCount)> kTable = {{
    {"fragment", Unit::kMilliseconds, "5", 100, 0,
     "output comes in random pieces with pauses of up to so long"},
    {"silence", Unit::kMilliseconds, "2000", 5, 0,
     "from a command on nothing comes for so long, then all of it (0: for ever)"},
    {"late-answer", Unit::kMilliseconds, "500", 10, 0, "an answer takes so much longer"},
    {"noise", Unit::kBytes, "16", 10, 0,
     "up to so many bytes of line noise before a line, an echo or a prompt"},
    {"blank", Unit::kNone, "", 20, 0, "blank lines before a line or a prompt"},
    {"urc", Unit::kNone, "", 20, 0, "unrelated URCs at any line boundary"},
    {"urc-before-echo", Unit::kNone, "", 100, 0, "a URC between a command and its echo"},
    {"urc-between-lines", Unit::kNone, "", 100, 0, "a URC between the lines of a response"},
    {"urc-before-prompt", Unit::kNone, "", 100, 0, "a URC before the prompt"},
    {"chatter", Unit::kMilliseconds, "100", 100, 0,
     "unrelated URCs at random times, so far apart on average"},
    {"echo-back", Unit::kNone, "", 5, 0, "the echo is on again before a command"},
    {"late-prompt", Unit::kMilliseconds, "500", 100, 0, "the prompt takes so much longer"},
    {"no-prompt", Unit::kNone, "", 5, 0,
     "a CIPSEND is never answered, and its payload not awaited"},
    {"swap-order", Unit::kNone, "", 50, 0, "a final result and its result URC change places"},
    {"check-baud", Unit::kBaud, "115200", 100, 0,
     "the module starts at this rate, and the line carries rubbish while the host's port is set to "
     "another"},
    {"no-rtscts", Unit::kNone, "", 100, 0,
     "RTS and CTS aren't wired: nothing comes out while AT+IFC has them in use"},
    {"unplug", Unit::kMilliseconds, "500", 2, 1,
     "at a command the port vanishes for so long and comes back under another name"},
    {"miss-data-urc", Unit::kNone, "", 30, 0, "a +CIPRXGET: 1 doesn't come"},
    {"repeat-data-urc", Unit::kNone, "", 30, 0, "a +CIPRXGET: 1 comes twice"},
    {"overflow", Unit::kNone, "", 100, 0,
     "what doesn't fit in a link's receive buffer is lost, not held back"},
    {"no-header-type", Unit::kNone, "", 100, 0,
     "AT+CIPCCFG refuses <HeaderType> 1, so that pushed data doesn't name its link"},
    {"short-send", Unit::kBytes, "0", 5, 0,
     "a send confirms only so many bytes (0: about half), and the link sends no more"},
    {"send-zero", Unit::kNone, "", 5, 0, "a send confirms 0 bytes, and the link sends no more"},
    {"send-failed", Unit::kNone, "", 5, 0, "a send confirms -1: the link is gone"},
    {"send-busy", Unit::kNone, "", 5, 0, "a CIPSEND is answered by +CIPERROR: 8"},
    {"send-error", Unit::kErr, "12", 5, 0, "a CIPSEND is answered by +CIPERROR with this <err>"},
    {"no-send-result", Unit::kNone, "", 5, 0, "a send has its OK but never its +CIPSEND"},
    {"no-send-answer", Unit::kNone, "", 5, 0,
     "a payload is swallowed: no OK, no +CIPSEND; the peer may have it or not"},
    {"link-collision", Unit::kNone, "", 20, 0,
     "a CIPOPEN is answered by <err> 4, the link being in use by a client of a server"},
    {"clients-high", Unit::kNone, "", 100, 0,
     "clients of a server are given the highest free link, not the lowest"},
    {"open-error", Unit::kErr, "12", 20, 0, "a CIPOPEN ends with this <err>"},
    {"open-anyway", Unit::kNone, "", 20, 0, "a CIPOPEN ends with <err> 10, but the link is open"},
    {"close-error", Unit::kErr, "12", 20, 0,
     "a CIPCLOSE is answered by this <err>; the link is closed all the same"},
    {"keep-closed", Unit::kNone, "", 100, 0,
     "a link that its peer has closed stays in use until there is a CIPCLOSE"},
    {"server-error", Unit::kErr, "6", 20, 0,
     "a SERVERSTART is answered by +CIPERROR with this <err>"},
    {"stop-error", Unit::kErr, "12", 20, 0, "a SERVERSTOP is answered by this <err>"},
    {"ip-error", Unit::kErr, "21", 5, 0,
     "a command that may answer +IP ERROR does, with this <err_info>"},
    {"remote-close", Unit::kBytes, "2000", 100, 1,
     "the peer closes a link that has received so many bytes, what is unread staying in its "
     "buffer"},
    {"net-error", Unit::kErr, "1", 100, 1, "a NETOPEN ends with this <err>"},
    {"netclose-error", Unit::kErr, "9", 100, 1, "a NETCLOSE is answered by this <err>"},
    {"net-drop", Unit::kBytes, "10000", 100, 1,
     "after so many received bytes +CIPEVENT: NETWORK CLOSED UNEXPECTEDLY, and NETOPEN? says 0"},
    {"net-drop-open", Unit::kBytes, "10000", 100, 1,
     "the same, but NETOPEN? says 1 until there was a NETCLOSE"},
    {"dns-error", Unit::kNone, "", 20, 0, "a CDNSGIP finds nothing"},
    {"dns-slow", Unit::kMilliseconds, "6000", 100, 0, "a CDNSGIP takes so long"},
    {"dns-garbage", Unit::kNone, "", 20, 0,
     "a CDNSGIP is answered by what is no answer: another name, a quote that isn't closed, control "
     "characters, no address or none that there is"},
    {"reboot", Unit::kBytes, "2000", 100, 1,
     "the module reboots after so many bytes from the host"},
    {"reboot-out", Unit::kBytes, "2000", 100, 1,
     "the module reboots after so many bytes to the host"},
    {"reboot-in-payload", Unit::kNone, "", 5, 1, "the module reboots in the middle of a payload"},
    {"reboot-in-open", Unit::kNone, "", 20, 1, "the module reboots during a CIPOPEN"},
    {"boot-ms", Unit::kMilliseconds, "300", 100, 0, "how long a reboot takes"},
    {"cold-start", Unit::kNone, "", 100, 0, "the module boots when the simulator starts"},
    {"stale", Unit::kText, "links", 100, 0,
     "a killed host has left the module like this: echo off, network and links open, settings "
     "changed; 'payload': and in the middle of a CIPSEND; 'transparent': and in data mode"},
    {"deaf", Unit::kNone, "", 100, 0, "the module takes nothing in and says nothing"},
    {"hang", Unit::kNone, "", 2, 1,
     "at a command the module hangs: deaf until its DTR drops, by the control socket, or it is "
     "rebooted there"},
    {"no-stack", Unit::kNone, "", 5, 1,
     "from a TCP/IP command on all of them are answered by ERROR, until a restart"},
    {"sim-missing", Unit::kNone, "", 100, 0, "there is no SIM"},
    {"sim-pin", Unit::kText, "1234", 100, 0, "the SIM wants this PIN"},
    {"sim-puk", Unit::kNone, "", 100, 0, "the SIM wants its PUK"},
    {"sim-failure", Unit::kNone, "", 100, 0, "the SIM has failed"},
    {"sim-busy", Unit::kNone, "", 100, 3, "AT+CPIN? is answered by SIM busy"},
    {"not-registered", Unit::kNone, "", 100, 0, "no network is found"},
    {"denied", Unit::kNone, "", 100, 0, "the network denies registration"},
    {"roaming", Unit::kNone, "", 100, 0, "the network is another operator's"},
    {"slow-registration", Unit::kMilliseconds, "3000", 100, 0,
     "registration takes so long after the start"},
    {"no-signal", Unit::kNone, "", 100, 0, "AT+CSQ knows of no signal"},
    {"login", Unit::kText, "user:password", 100, 0,
     "NETOPEN fails unless AT+CGAUTH has given this user and password"},
    {"no-command", Unit::kText, "+CIPRXGET", 100, 0,
     "the firmware doesn't have this command: ERROR"},
}};

std::optional<Fault> find(std::string_view name) {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (kTable[i].name == name) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

}  // namespace

std::span<const FaultInfo> fault_table() { return kTable; }

std::optional<std::string> Faults::set(std::string_view specs) {
  std::vector<std::pair<Fault, State>> wanted;
  while (!specs.empty()) {
    const std::size_t comma = specs.find(',');
    const std::string_view spec = specs.substr(0, comma);
    specs.remove_prefix(comma == std::string_view::npos ? specs.size() : comma + 1);
    const std::string_view head = spec.substr(0, spec.find('@'));
    const std::string_view chance = head.size() < spec.size() ? spec.substr(head.size() + 1) : "";
    const std::string_view name = head.substr(0, head.find('='));
    const auto fault = find(name);
    if (!fault) return "no fault is called '" + std::string(name) + "'; see --list-faults";
    const FaultInfo& info = kTable[static_cast<std::size_t>(*fault)];

    State state;
    state.on = true;
    state.text = name.size() < head.size() ? head.substr(name.size() + 1) : info.value;
    state.percent = info.percent;
    state.times = info.times;
    if (info.unit == Unit::kNone && name.size() < head.size()) {
      return std::string(name) + " has no value";
    }
    if (info.unit != Unit::kNone && info.unit != Unit::kText) {
      const auto value = parse_number(state.text);
      if (!value) return std::string(name) + ": not a number: '" + state.text + "'";
      state.number = *value;
    }
    if (!chance.empty()) {
      const std::size_t x = chance.find('x');
      const auto percent = parse_number(chance.substr(0, x));
      const auto times =
          x == std::string_view::npos ? std::optional<long>(0) : parse_number(chance.substr(x + 1));
      if (!percent || *percent > 100 || !times || *times > 1'000'000) {
        return std::string(name) + ": not a chance: '" + std::string(chance) + "'";
      }
      state.percent = static_cast<int>(*percent);
      state.times = static_cast<int>(*times);
    }
    state.limited = state.times > 0;
    wanted.emplace_back(*fault, std::move(state));
  }
  for (auto& [fault, state] : wanted) {
    if (!of(fault).on) ++set_;
    of(fault) = std::move(state);
  }
  return std::nullopt;
}

bool Faults::clear(std::string_view name) {
  if (name.empty()) {
    states_ = {};
    set_ = 0;
    return true;
  }
  const auto fault = find(name);
  if (!fault) return false;
  if (of(*fault).on) --set_;
  of(*fault) = {};
  return true;
}

std::string Faults::list() const {
  std::string text;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    if (!state.on) continue;
    if (!text.empty()) text += ' ';
    text += kTable[i].name;
    if (kTable[i].unit != Unit::kNone) text += '=' + state.text;
    text += '@' + std::to_string(state.percent);
    if (state.limited) text += 'x' + std::to_string(state.times);
  }
  return text;
}

bool Faults::roll(Fault fault) {
  State& state = of(fault);
  if (random(99) >= static_cast<std::uint64_t>(state.percent)) return false;
  if (state.limited && --state.times == 0) {
    state.on = false;
    --set_;
  }
  if (log_.enabled()) {
    log_.event("fault " + std::string(kTable[static_cast<std::size_t>(fault)].name));
  }
  return true;
}

// SplitMix64: small, and the same everywhere, which the standard library's distributions aren't.
std::uint64_t Faults::random(std::uint64_t most) {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  z ^= z >> 31;
  return most == ~std::uint64_t{0} ? z : z % (most + 1);
}

}  // namespace a7600::sim
