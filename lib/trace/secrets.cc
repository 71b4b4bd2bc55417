// SPDX-License-Identifier: MIT
#include "trace/secrets.h"

#include <algorithm>
#include <cstring>

namespace a7600::trace {
namespace {

constexpr std::string_view kSecretCommands[] = {
    "AT+CPIN=",   "AT+CPIN2=",  "AT+CLCK=",      "AT+CPWD=",
    "AT+CGAUTH=", "AT*MGAUTH=", "AT+CSOCKAUTH=", "AT$QCPDPP=",
};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::size_t secret_begins(std::string_view command) {
  for (const std::string_view prefix : kSecretCommands) {
    if (command.size() > prefix.size() &&
        std::equal(prefix.begin(), prefix.end(), command.begin(),
                   [](char a, char b) { return a == upper(b); })) {
      return prefix.size();
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::string masked(std::string_view command) {
  std::string out(command);
  for (std::size_t at = secret_begins(command); at < out.size(); ++at) {
    if (out[at] != ',' && out[at] != '"' && out[at] != '?') out[at] = '*';
  }
  return out;
}

void Secrets::note(std::string_view command) {
  if (secret_begins(command) == std::string_view::npos) return;
  command_ = command;
  shown_ = masked(command);
  matched_ = {};
}

void Secrets::mask(Line line, std::span<char> bytes) {
  if (!any()) return;
  std::size_t& matched = matched_[line];
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (matched == 0) {
      const void* found = std::memchr(bytes.data() + i, command_[0], bytes.size() - i);
      if (found == nullptr) return;
      i = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    }
    if (bytes[i] != command_[matched]) {
      matched = bytes[i] == command_[0] ? 1 : 0;
      continue;
    }
    bytes[i] = shown_[matched];
    if (++matched == command_.size()) matched = 0;
  }
}

}  // namespace a7600::trace
