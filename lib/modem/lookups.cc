// SPDX-License-Identifier: MIT
//
// Host names (manual 2.17).
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <string_view>
#include <utility>

#include "at/command.h"
#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kResolveWait = 60s;
constexpr auto kLateResult = 20s;  // behind its OK

// Further lines of an answer may come when the next name has been asked for.
bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

}  // namespace

bool Modem::next_resolve() {
  if (queries_.empty() || queries_.front().result_due) return false;
  addresses_.clear();
  name_answered_ = false;
  command(Task::kResolve, queries_.front().id,
          {.text = at::resolve(queries_.front().name), .payload = {}, .timeout = kResolveWait});
  return true;
}

std::deque<Modem::Query>::iterator Modem::find_query(QueryId id) {
  return std::find_if(queries_.begin(), queries_.end(),
                      [id](const Query& query) { return query.id == id; });
}

void Modem::on_dns_line(std::string_view name, std::optional<Ipv4> address) {
  if (task_ == Task::kResolve) {
    const auto asked = find_query(task_id_);
    if (asked == queries_.end() || (address && !same_name(asked->name.text(), name))) return;
    name_answered_ = true;
    if (address) addresses_.push_back(*address);
  } else if (!queries_.empty() && queries_.front().result_due) {
    const Query& asked = queries_.front();
    const QueryId id = asked.id;
    if (!address) return resolve_failed(id, ENOENT, "no address");
    if (!same_name(asked.name.text(), name)) return;
    queries_.pop_front();
    host_.resolved(id, std::vector<Ipv4>{*address});
  }
}

void Modem::on_resolve_answer(const chat::Answer& answer) {
  const QueryId id = task_id_;
  const auto asked = find_query(id);
  if (asked == queries_.end()) return;
  if (answer.final == chat::Final::kOk && !addresses_.empty()) {
    queries_.erase(asked);
    host_.resolved(id, std::exchange(addresses_, {}));
  } else if (answer.final == chat::Final::kOk && !name_answered_) {
    asked->result_due = now_ + kLateResult;
  } else if (answer.final == chat::Final::kTimeout) {
    resolve_failed(id, ETIMEDOUT, "not answered");
  } else {
    resolve_failed(id, ENOENT, "no address");
  }
}

void Modem::resolve_failed(QueryId id, int posix, std::string_view why) {
  const auto asked = find_query(id);
  if (asked == queries_.end()) return;
  Error error{posix, -1, "look up " + asked->name.text() + ": " + std::string(why)};
  queries_.erase(asked);
  host_.resolved(id, error);
}

}  // namespace a7600::modem
