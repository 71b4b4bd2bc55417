// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace a7600::sim {

// V.250's four forms: AT+X, AT+X=?, AT+X?, AT+X=....
enum class Form { kExecute, kTest, kRead, kWrite };

// One command of a command line. The views are into the line.
struct Command {
  std::string_view name;  // "E", "&F", "+CIPOPEN", as the host wrote it
  Form form = Form::kExecute;
  std::string_view parameters;  // what follows the name ("0" in E0) or the '='
};

// Takes the first command off `body`, a command line without its "AT". Nothing when `body` doesn't
// begin with something of a command's shape; `body` is then in an unspecified state.
//
// A basic command is a letter, or '&' or '\' and a letter, and digits; an extended one is '+', '*',
// '^' or '$' and a name, and extends to the end or to a ';' outside of quotation marks.
std::optional<Command> take_command(std::string_view& body);

// ASCII, either case.
bool same_name(std::string_view a, std::string_view b);

// A command's comma-separated parameters, spaces around them stripped.
class Parameters {
 public:
  static constexpr std::size_t kMax = 16;

  // ok() is false if a quotation mark isn't closed or is in the wrong place, or there are too many.
  explicit Parameters(std::string_view text);

  bool ok() const { return ok_; }
  // How many there are; an empty text is none, "," is two.
  std::size_t size() const { return size_; }
  // Beyond the last one is absent; so is an empty one.
  bool absent(std::size_t i) const { return i >= size_ || items_[i].empty(); }
  // A decimal number from `low` to `high`, without quotation marks.
  std::optional<long> number(std::size_t i, long low, long high) const;
  // The inside of a string in quotation marks; it may be empty.
  std::optional<std::string_view> quoted(std::size_t i) const;
  // The parameter as it is, quotation marks included.
  std::string_view raw(std::size_t i) const { return i < size_ ? items_[i] : ""; }

 private:
  std::array<std::string_view, kMax> items_;
  std::size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace a7600::sim
