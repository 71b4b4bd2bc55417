// SPDX-License-Identifier: MIT
//
// Host names (manual 2.17).
#include <algorithm>
#include <cerrno>
#include <utility>

#include "at/command.h"
#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kResolveWait = 60s;

}  // namespace

bool Modem::next_resolve() {
  if (queries_.empty()) return false;
  addresses_.clear();
  command(Task::kResolve, queries_.front().id,
          {.text = at::resolve(queries_.front().name), .payload = {}, .timeout = kResolveWait});
  return true;
}

void Modem::on_resolve_answer(const chat::Answer& answer) {
  const QueryId id = task_id_;
  const auto asked = std::find_if(queries_.begin(), queries_.end(),
                                  [id](const Query& query) { return query.id == id; });
  if (asked == queries_.end()) return;
  const std::string what = "look up " + asked->name.text() + ": ";
  queries_.erase(asked);
  if (answer.final == chat::Final::kOk && !addresses_.empty()) {
    host_.resolved(id, std::exchange(addresses_, {}));
  } else if (answer.final == chat::Final::kTimeout) {
    host_.resolved(id, Error{ETIMEDOUT, -1, what + "not answered"});
  } else {
    host_.resolved(id, Error{ENOENT, -1, what + "no address"});
  }
}

}  // namespace a7600::modem
