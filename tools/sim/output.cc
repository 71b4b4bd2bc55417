// SPDX-License-Identifier: MIT
#include "output.h"

#include "text.h"

namespace a7600::sim {
namespace {

std::string_view words(Final result) {
  switch (result) {
    case Final::kOk:
      return "OK";
    case Final::kConnect:
      return "CONNECT";
    case Final::kNoCarrier:
      return "NO CARRIER";
    case Final::kError:
      return "ERROR";
  }
  return "";
}

}  // namespace

void Output::info(std::string_view line) {
  seam(answering_ ? Seam::kBetweenLines : Seam::kBeforeLine);
  answering_ = true;
  frame(line);
}

void Output::frame(std::string_view line) {
  if (verbose) line_.write(profile_.line_end);
  line_.write(line);
  line_.write(profile_.line_end);
}

void Output::more(std::string_view line) {
  seam(Seam::kBetweenLines);
  line_.write(line);
  line_.write(profile_.line_end);
}

void Output::info_with_data(std::string_view header, std::string_view data, std::string_view rest) {
  info(header);
  line_.write(data);
  line_.write(rest);
  line_.write(profile_.after_data);
}

void Output::final(Final result) { final_text(words(result), result); }

void Output::final_text(std::string_view text, Final numeric) {
  seam(answering_ ? Seam::kBetweenLines : Seam::kBeforeLine);
  answering_ = false;
  if (quiet) return;
  if (verbose) {
    line_.write(profile_.line_end);
    line_.write(text);
    line_.write(profile_.line_end);
  } else {
    Text number;
    number << static_cast<int>(numeric) << '\r';
    line_.write(number);
  }
}

void Output::urc(std::string_view line) {
  if (holding_) {
    held_.emplace_back(line);
  } else {
    seam(Seam::kBeforeLine);
    frame(line);
  }
}

void Output::prompt() {
  seam(Seam::kBeforePrompt);
  line_.write(profile_.prompt);
}

void Output::hold_urcs(bool hold) {
  holding_ = hold;
  if (hold) return;
  for (const std::string& line : std::exchange(held_, {})) urc(line);
}

void Output::reset() {
  verbose = true;
  quiet = false;
  holding_ = false;
  answering_ = false;
  held_.clear();
}

}  // namespace a7600::sim
