// SPDX-License-Identifier: MIT
//
// AT commands that are none of the modem's own: `a7600 at`, and what `a7600 status` asks. They take
// turns with its own, but never come between the steps of a bring-up, which take a silent line for
// a sign.
#include <utility>

#include "modem/modem.h"

namespace a7600::modem {
namespace {

constexpr std::size_t kMostLines = 1024;

}  // namespace

bool Modem::next_foreign() {
  if (foreign_.empty()) return false;
  foreign_answer_ = {};
  command(Task::kForeign, 0,
          {.text = foreign_.front().text, .payload = {}, .timeout = foreign_.front().timeout});
  return true;
}

void Modem::on_foreign_line(std::string_view line) {
  if (foreign_answer_.lines.size() < kMostLines) foreign_answer_.lines.emplace_back(line);
}

void Modem::on_foreign_answer(const chat::Answer& answer) {
  if (foreign_.empty()) return;
  CommandAnswer out = std::exchange(foreign_answer_, {});
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
  const CommandId id = foreign_.front().id;
  foreign_.pop_front();
  host_.command_answered(id, out);
}

void Modem::fail_foreign() {
  CommandAnswer answer;
  answer.final = CommandAnswer::Final::kNoAnswer;
  for (const Foreign& foreign : std::exchange(foreign_, {}))
    host_.command_answered(foreign.id, answer);
}

int Modem::server_index(ServerId id) const {
  for (const auto& [server_id, server] : servers_) {
    if (server_id == id) return server.index;
  }
  return -1;
}

std::string Modem::obstacle() const { return bringup_ ? bringup_->obstacle() : std::string(); }

void Modem::configure(BringupConfig config) {
  config.pin_refused = config_.pin_refused && config.pin == config_.pin;
  next_transparent_ = std::exchange(config.transparent, config_.transparent);
  config_ = std::move(config);
}

}  // namespace a7600::modem
