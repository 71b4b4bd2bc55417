// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace a7600::at {

// A host name that the manual allows in AT+CDNSGIP (2.17): 1 to 254 letters, digits, hyphens and
// dots in labels of 1 to 63 that each start with a letter or digit. One dot at the end is taken
// off. No other string can become part of a command, so no host name can carry a second command.
class HostName {
 public:
  static std::optional<HostName> parse(std::string_view text);
  const std::string& text() const { return text_; }

 private:
  explicit HostName(std::string_view text) : text_(text) {}
  std::string text_;
};

}  // namespace a7600::at
