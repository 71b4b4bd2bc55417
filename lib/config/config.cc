// SPDX-License-Identifier: MIT
#include "config/config.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "config/file.h"
#include "config/values.h"

namespace a7600::config {
namespace {

constexpr std::string_view kSystemFile = "/etc/a7600.conf";

bool exists(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0;
}

// The file to read, if any. A file named by A7600_CONFIG is chosen whether it exists or not.
std::optional<std::string> choose_file(const Lookup& environment) {
  if (std::optional<std::string> named = environment("A7600_CONFIG")) return named;
  // As the XDG base directory specification has it, a relative or empty directory doesn't count.
  std::string directory = environment("XDG_CONFIG_HOME").value_or("");
  if (!directory.starts_with('/')) {
    directory = environment("HOME").value_or("");
    if (directory.starts_with('/')) directory += "/.config";
  }
  if (directory.starts_with('/')) {
    if (std::string path = directory + "/a7600.conf"; exists(path)) return path;
  }
  if (std::string path(kSystemFile); exists(path)) return path;
  return std::nullopt;
}

const Variable* find_variable(std::string_view key) {
  for (const Variable& variable : variables()) {
    if (key == variable.key || key == variable.name) return &variable;
  }
  return nullptr;
}

Error unknown_key(std::string_view where, std::string_view key) {
  std::string text(where);
  text += ": " + in_quotes(key) + " is not a key; allowed:";
  const char* separator = " ";
  for (const Variable& variable : variables()) {
    text += separator;
    text += variable.key;
    separator = ", ";
  }
  return {.posix = EINVAL, .text = std::move(text)};
}

Status apply_file(Config& config, const std::string& path, std::string_view text) {
  Result<std::vector<Entry>> entries = parse_file(path, text);
  if (!entries) return entries.error();
  std::vector<std::pair<const Variable*, int>> seen;
  for (const Entry& entry : entries.value()) {
    const std::string where = path + ':' + std::to_string(entry.line);
    const Variable* variable = find_variable(entry.key);
    if (variable == nullptr) return unknown_key(where, entry.key);
    const auto earlier = std::find_if(seen.begin(), seen.end(),
                                      [&](const auto& one) { return one.first == variable; });
    if (earlier != seen.end()) {
      return Error{.posix = EINVAL,
                   .text = where + ' ' + entry.key + ": " + in_quotes(entry.value) +
                           " is a second value, line " + std::to_string(earlier->second) +
                           " has the first; allowed: one"};
    }
    seen.emplace_back(variable, entry.line);
    if (Status set = assign(config, *variable, where + ' ' + entry.key, entry.value); !set) {
      return set;
    }
  }
  return Done{};
}

}  // namespace

bool BypassRule::matches(const Endpoint& to) const {
  if (port != 0 && port != to.port) return false;
  const std::uint32_t mask = prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
  return ((network.value ^ to.ip.value) & mask) == 0;
}

Result<Config> load(const Lookup& environment) {
  Config config;
  if (const std::optional<std::string> path = choose_file(environment)) {
    Result<std::string> text = read_file(*path);
    if (!text) return Error{.posix = EINVAL, .text = "A7600_CONFIG: " + text.error().text};
    if (Status applied = apply_file(config, *path, text.value()); !applied) {
      return applied.error();
    }
  }
  config.runtime_directory = environment("XDG_RUNTIME_DIR").value_or("");
  if (!config.runtime_directory.starts_with('/')) config.runtime_directory.clear();
  for (const Variable& variable : variables()) {
    const std::optional<std::string> value = environment(variable.name);
    if (!value) continue;
    if (Status set = assign(config, variable, variable.name, *value); !set) return set.error();
  }
  return config;
}

}  // namespace a7600::config
