// SPDX-License-Identifier: MIT
#include "doctor_report.h"

#include <stdio.h>
#include <unistd.h>

#include <algorithm>

#include "doctor_steps.h"

namespace a7600::tool {
namespace {

constexpr std::size_t kBar = 24;

const char* mark_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::kGood:
      return "✔";
    case Finding::Kind::kWarning:
      return "!";
    case Finding::Kind::kBad:
      return "✘";
    case Finding::Kind::kSkipped:
      break;
  }
  return "-";
}

const char* word_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::kGood:
      return "ok";
    case Finding::Kind::kWarning:
      return "warning";
    case Finding::Kind::kBad:
      return "failed";
    case Finding::Kind::kSkipped:
      break;
  }
  return "skipped";
}

}  // namespace

Report::Report(bool json) : json_(json), terminal_(!json && ::isatty(STDOUT_FILENO) != 0) {}

void Report::begin(const Step& step) {
  name_ = step.name;
  progress("");
}

void Report::progress(const std::string& text) {
  if (!terminal_) return;
  erase();
  printf("… %-14s %s", name_.c_str(), text.c_str());
  fflush(stdout);
  shown_ = true;
}

void Report::progress(std::size_t done, std::size_t all, const std::string& text) {
  const std::size_t full = all == 0 ? 0 : kBar * std::min(done, all) / all;
  progress("[" + std::string(full, '#') + std::string(kBar - full, '.') + "] " + text);
}

void Report::end(const Step& step, const Finding& finding) {
  erase();
  if (json_) {
    steps_.push_back({{"number", step.number},
                      {"name", step.name},
                      {"result", word_of(finding.kind)},
                      {"seen", finding.seen},
                      {"advice", finding.advice}});
    return;
  }
  printf("%s %-14s %s\n", mark_of(finding.kind), step.name, finding.seen.c_str());
  if (!finding.advice.empty()) printf("  %-14s -> %s\n", "", finding.advice.c_str());
  fflush(stdout);
}

void Report::finish(const Step* failed, const std::string& engine) {
  if (json_) {
    nlohmann::ordered_json out;
    out["ok"] = failed == nullptr;
    out["failed"] = failed != nullptr ? nlohmann::ordered_json(failed->name) : nullptr;
    out["engine"] = engine.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(engine);
    out["steps"] = steps_;
    printf("%s\n", out.dump(2).c_str());
    return;
  }
  if (failed != nullptr) {
    printf("\nStep %d, %s, is where to begin.\n", failed->number, failed->name);
  } else {
    printf("\nAll is well.\n");
  }
}

void Report::erase() {
  if (shown_) printf("\r\033[K");
  shown_ = false;
}

}  // namespace a7600::tool
