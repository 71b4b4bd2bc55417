// SPDX-License-Identifier: MIT
//
// Host names (manual 2.17). One is asked for at a time; whoever asks for the same one meanwhile
// gets the same answer, and whoever asks soon after gets what is remembered.
#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "at/command.h"
#include "modem/modem.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kResolveWait = 60s;
constexpr auto kLateResult = 20s;     // behind its OK
constexpr auto kUnlikelyResult = 3s;  // ... of a module whose results come in front of it

}  // namespace

void Modem::begin_query(const Query& query) {
  if (const std::vector<Ipv4>* known = names_.find(query.name.text(), now_)) {
    host_.resolved(query.id, *known);
  } else {
    queries_.push_back(query);
  }
}

bool Modem::next_resolve() {
  if (queries_.empty() || name_due_) return false;
  addresses_.clear();
  name_answered_ = false;
  name_garbled_ = false;
  if (!same_name(asked_name_, queries_.front().name.text())) {
    name_before_ = std::exchange(asked_name_, queries_.front().name.text());
  }
  command(Task::kResolve, queries_.front().id,
          {.text = at::resolve(queries_.front().name), .payload = {}, .timeout = kResolveWait});
  return true;
}

// Further lines of an answer may come when the next name has been asked for.
void Modem::on_dns_line(std::string_view name, std::optional<Ipv4> address) {
  if (address && !same_name(asked_name_, name)) {
    if (!same_name(name_before_, name)) on_garbled_dns_line();
    return;
  }
  if (task_ == Task::kResolve) {
    name_answered_ = true;
    names_before_ok_ = names_before_ok_ || address;
    if (address) addresses_.push_back(*address);
  } else if (name_due_) {
    if (!address) return name_failed(ENOENT, "no address");
    name_found({*address});
  }
}

// An answer, though nothing can be made of it, so that no other is to be waited for. The line may
// have garbled it, or the name server: it is asked for once more.
void Modem::on_garbled_dns_line() {
  if (task_ == Task::kResolve) {
    name_garbled_ = true;
  } else if (name_due_) {
    name_due_.reset();
    if (!doubt_answer()) name_failed(ENOENT, "a garbled answer");
  }
}

void Modem::on_resolve_answer(const chat::Answer& answer) {
  if (answer.final == chat::Final::kOk && !addresses_.empty()) {
    name_found(std::exchange(addresses_, {}));
  } else if (answer.final != chat::Final::kTimeout && name_garbled_ && !name_answered_) {
    if (!doubt_answer()) name_failed(ENOENT, "a garbled answer");
  } else if (answer.final == chat::Final::kOk && !name_answered_) {
    const auto patience = names_before_ok_ ? kUnlikelyResult : kLateResult;
    if (is_asked_for(asked_name_)) name_due_ = now_ + patience;
  } else if (answer.final == chat::Final::kTimeout && has_just_booted()) {
    return;  // asked again when the module is up
  } else if (answer.final == chat::Final::kTimeout) {
    name_failed(ETIMEDOUT, "not answered");
  } else if (!name_answered_ && !answer.err && answer.text.empty() && doubt_answer()) {
    start_check("AT+CDNSGIP: ERROR alone");
  } else {
    name_failed(ENOENT, "no address");
  }
}

// A module that answers by ERROR alone (manual 2.17, "Other") may have no TCP/IP any more. Whether
// somebody waits for whom it was not looked at yet.
bool Modem::doubt_answer() {
  bool is_new = false;
  for (Query& query : queries_) {
    if (!same_name(query.name.text(), asked_name_)) continue;
    is_new = !std::exchange(query.doubted, true) || is_new;
  }
  return is_new;
}

void Modem::expire_queries() {
  // Also the one in flight: its answer is only for those who still wait for it.
  for (;;) {
    const auto expired = std::find_if(queries_.begin(), queries_.end(), [this](const Query& query) {
      return now_ >= query.deadline;
    });
    if (expired == queries_.end()) break;
    const QueryId id = expired->id;
    Error error{ETIMEDOUT, -1, "look up " + expired->name.text() + ": no answer in time"};
    if (phase_ != Phase::kUp) error = not_up();
    queries_.erase(expired);
    host_.resolved(id, error);
  }
  if (name_due_ && !is_asked_for(asked_name_)) name_due_.reset();
  if (name_due_ && now_ >= *name_due_) name_failed(ENOENT, "no address");
}

void Modem::fail_queries(const Error& error) {
  name_due_.reset();
  for (const Query& query : std::exchange(queries_, {})) host_.resolved(query.id, error);
}

void Modem::forget_names() {
  names_.clear();
  name_due_.reset();
  names_before_ok_ = false;
}

bool Modem::is_asked_for(std::string_view name) const {
  return std::any_of(queries_.begin(), queries_.end(),
                     [name](const Query& query) { return same_name(query.name.text(), name); });
}

void Modem::name_found(const std::vector<Ipv4>& addresses) {
  // What comes while the module is being looked at may be from before a restart.
  if (phase_ == Phase::kUp) names_.keep(asked_name_, addresses, now_);
  answer_queries(addresses);
}

void Modem::name_failed(int posix, std::string_view why) {
  answer_queries(Error{posix, -1, "look up " + asked_name_ + ": " + std::string(why)});
}

void Modem::answer_queries(const Result<std::vector<Ipv4>>& answer) {
  name_due_.reset();
  std::vector<QueryId> answered;
  for (const Query& query : queries_) {
    if (same_name(query.name.text(), asked_name_)) answered.push_back(query.id);
  }
  std::erase_if(queries_,
                [this](const Query& query) { return same_name(query.name.text(), asked_name_); });
  for (const QueryId id : answered) host_.resolved(id, answer);
}

}  // namespace a7600::modem
