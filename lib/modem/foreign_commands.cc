// SPDX-License-Identifier: MIT
#include "modem/foreign_commands.h"

#include <utility>

namespace a7600::modem {
namespace {

constexpr std::size_t kMostLines = 1024;

}  // namespace

void ForeignCommands::add(CommandId id, std::string text, std::chrono::milliseconds timeout) {
  commands_.push_back({id, std::move(text), timeout});
}

std::optional<chat::Command> ForeignCommands::next() {
  if (commands_.empty()) return std::nullopt;
  answer_ = {};
  const Waiting& first = commands_.front();
  return chat::Command{.text = first.text, .payload = {}, .timeout = first.timeout};
}

void ForeignCommands::on_line(std::string_view line) {
  if (answer_.lines.size() < kMostLines) answer_.lines.emplace_back(line);
}

void ForeignCommands::on_answer(const chat::Answer& answer) {
  if (commands_.empty()) return;
  CommandAnswer out = std::exchange(answer_, {});
  switch (answer.final) {
    case chat::Final::kOk:
      out.lines.emplace_back("OK");
      break;
    case chat::Final::kError:
      out.final = CommandAnswer::Final::kError;
      if (!answer.reason_line.empty()) out.lines.push_back(answer.reason_line);
      out.lines.push_back(answer.final_line);
      break;
    case chat::Final::kTimeout:
      out.final = CommandAnswer::Final::kNoAnswer;
      break;
  }
  const CommandId id = commands_.front().id;
  commands_.pop_front();
  host_.command_answered(id, out);
}

void ForeignCommands::fail() {
  CommandAnswer answer;
  answer.final = CommandAnswer::Final::kNoAnswer;
  for (const Waiting& command : std::exchange(commands_, {})) {
    host_.command_answered(command.id, answer);
  }
}

}  // namespace a7600::modem
