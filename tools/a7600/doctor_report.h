// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace a7600::tool {

struct Finding;
struct Step;

// What the doctor says: a line for each step, or one JSON text at the end. On a terminal, what is
// being done or waited for stands in a line that the result then takes.
class Report {
 public:
  explicit Report(bool json);

  void begin(const Step& step);
  // What the step is waiting for.
  void progress(const std::string& text);
  // A bar: `done` of `all`.
  void progress(std::size_t done, std::size_t all, const std::string& text);
  void end(const Step& step, const Finding& finding);
  // `failed`: the first step that did; nullptr: none.
  void finish(const Step* failed, const std::string& engine);

 private:
  void erase();

  bool json_;
  bool terminal_;
  bool shown_ = false;  // a line that is to be erased
  std::string name_;
  nlohmann::ordered_json steps_ = nlohmann::ordered_json::array();
};

}  // namespace a7600::tool
