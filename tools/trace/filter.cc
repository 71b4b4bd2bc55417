// SPDX-License-Identifier: MIT
#include "filter.h"

#include <charconv>

namespace a7600::tracer {
namespace {

// Calls `use` with each part between commas; false if a part is empty or `use` says so.
template <typename Use>
bool for_each_part(std::string_view list, Use use) {
  for (;;) {
    const std::size_t comma = list.find(',');
    const std::string_view part = list.substr(0, comma);
    if (part.empty() || !use(part)) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

bool is_name(std::string_view text) {
  for (const char c : text) {
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') return false;
  }
  return true;
}

}  // namespace

bool Filter::add(const std::string& expression) {
  constexpr std::string_view kCall = "call=";
  constexpr std::string_view kLink = "link=";
  const std::string_view text = expression;
  if (text.starts_with(kCall)) {
    kinds_ = true;
    return for_each_part(text.substr(kCall.size()), [this](std::string_view name) {
      calls_.emplace(name);
      return is_name(name);
    });
  }
  if (text.starts_with(kLink)) {
    return for_each_part(text.substr(kLink.size()), [this](std::string_view number) {
      int link = -1;
      const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), link);
      links_.insert(link);
      return error == std::errc() && end == number.data() + number.size() && link >= 0 && link <= 9;
    });
  }
  kinds_ = true;
  if (text == "at") return at_ = true;
  if (text == "urc") return urc_ = true;
  return false;
}

bool Filter::shows_call(const trace::Record& record) const {
  if (kinds_) return calls_.count(call_name(record)) > 0;
  // Which link a call is about is only known of those that have one.
  return links_.empty();
}

std::string_view call_name(const trace::Record& record) {
  const std::string_view text = record.text;
  return text.substr(0, text.find('('));
}

}  // namespace a7600::tracer
