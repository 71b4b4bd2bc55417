// SPDX-License-Identifier: MIT
#include "at/foreign.h"

#include <algorithm>
#include <iterator>

namespace a7600::at {
namespace {

constexpr std::size_t kLongestLine = 256;

// Extended commands, by name.
constexpr std::string_view kExtended[] = {
    // The manual's own: links, servers, network, access mode.
    "+NETOPEN",
    "+NETCLOSE",
    "+CIPOPEN",
    "+CIPSEND",
    "+CIPRXGET",
    "+CIPCLOSE",
    "+CIPHEAD",
    "+CIPSRIP",
    "+CIPMODE",
    "+CIPSENDMODE",
    "+CIPTIMEOUT",
    "+CIPCCFG",
    "+CIPCFG",
    "+SERVERSTART",
    "+SERVERSTOP",
    // The line and the way of answering.
    "+IPR",
    "+ICF",
    "+IFC",
    "+CMUX",
    "+CMEE",
    "+CATR",
    "+CSCLK",
    // The radio, the SIM and the PDP context.
    "+CFUN",
    "+CRESET",
    "+CPOF",
    "+CPIN",
    "+CGDCONT",
    "+CGACT",
    "+CGATT",
    "+CGAUTH",
    "+COPS",
    "+CGDATA",
    "+CMGS",
    "+CMGW",
};
// Basic commands, by letter. D, A, H and O leave command mode or come back to it.
constexpr std::string_view kBasic = "EQVZODAHS";
constexpr std::string_view kBasicAmpersand = "FDCWKQ";

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }

bool upsets(std::string_view command) {
  if (command.empty() || command.ends_with('?')) return false;
  if (!is_letter(command.front()) && command.front() != '&') {
    const std::string_view name = command.substr(0, command.find('='));
    return std::find(std::begin(kExtended), std::end(kExtended), name) != std::end(kExtended);
  }
  // A run of basic commands: "E0V1&F".
  for (std::size_t i = 0; i < command.size(); ++i) {
    const bool ampersand = command[i] == '&' && i + 1 < command.size();
    if (ampersand) ++i;
    if (!is_letter(command[i])) continue;
    const std::string_view which = ampersand ? kBasicAmpersand : kBasic;
    if (which.find(command[i]) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

bool is_command_line(std::string_view text) {
  return text.size() >= 2 && text.size() <= kLongestLine && upper(text[0]) == 'A' &&
         upper(text[1]) == 'T' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::optional<std::string> upsets_engine(std::string_view command_line) {
  std::string line;
  bool quoted = false;
  for (const char c : command_line.substr(std::min<std::size_t>(2, command_line.size()))) {
    if (c == '"') quoted = !quoted;
    if (c != ' ' || quoted) line += quoted ? c : upper(c);
  }
  for (std::string_view rest = line; !rest.empty();) {
    std::size_t end = 0;
    bool in_quotes = false;
    while (end < rest.size() && (in_quotes || rest[end] != ';')) {
      if (rest[end] == '"') in_quotes = !in_quotes;
      ++end;
    }
    std::string_view command = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    // "ATE0+CSQ": an extended command behind basic ones, without a semicolon.
    const std::size_t extended = std::min(command.find_first_of("+$*^%"), command.size());
    if (upsets(command.substr(0, extended))) return "AT" + std::string(command);
    if (upsets(command.substr(extended))) return "AT" + std::string(command.substr(extended));
  }
  return std::nullopt;
}

}  // namespace a7600::at
