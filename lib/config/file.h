// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace a7600::config {

// One `key = value` line of a config file.
struct Entry {
  int line = 0;  // from 1
  std::string key;
  std::string value;
};

// Reads lines of `key = value`. Empty lines and lines that start with '#' say nothing, and neither
// does a '#' after a blank, with all that follows. Blanks around key and value don't count; a value
// in '…' or "…" is taken as it stands, with no escapes in it. Which keys there are, and what their
// values mean, is the caller's business.
// A line of another form is EINVAL and a sentence that starts with "`path`:LINE".
Result<std::vector<Entry>> parse_file(std::string_view path, std::string_view text);

// A file's text, whole. EINVAL when it can't be read, or is larger than any config file (64 KiB):
// the sentence names the file and the reason.
Result<std::string> read_file(const std::string& path);

}  // namespace a7600::config
