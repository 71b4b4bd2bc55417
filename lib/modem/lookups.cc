// SPDX-License-Identifier: MIT
#include "modem/lookups.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "at/command.h"

namespace a7600::modem {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerWait = 60s;
constexpr auto kLateLine = 20s;     // behind its OK
constexpr auto kUnlikelyLine = 3s;  // ... of a module whose lines come in front of it

}  // namespace

void Lookups::begin(QueryId id, const at::HostName& name, chat::TimePoint deadline,
                    chat::TimePoint now) {
  if (const std::vector<Ipv4>* known = names_.find(name.text(), now)) {
    host_.resolved(id, *known);
  } else {
    queries_.push_back({id, name, deadline});
  }
}

std::optional<Lookups::Question> Lookups::next() {
  if (queries_.empty() || line_due_) return std::nullopt;
  const Query& first = queries_.front();
  addresses_.clear();
  answered_ = false;
  garbled_ = false;
  asking_ = true;
  outdated_ = false;
  if (!same_name(asked_name_, first.name.text())) {
    name_before_ = std::exchange(asked_name_, first.name.text());
  }
  return Question{first.id,
                  {.text = at::resolve(first.name), .payload = {}, .timeout = kAnswerWait}};
}

void Lookups::on_line(std::string_view name, std::optional<Ipv4> address, chat::TimePoint now) {
  if (address && !same_name(asked_name_, name)) {
    if (!same_name(name_before_, name)) on_garbled_line();
    return;
  }
  if (asking_) {
    answered_ = true;
    lines_before_ok_ = lines_before_ok_ || address;
    if (address) addresses_.push_back(*address);
  } else if (line_due_) {
    if (!address) return failed(ENOENT, "no address");
    found({*address}, now);
  }
}

// An answer, though nothing can be made of it, so that no other is to be waited for. The line may
// have garbled it, or the name server: it is asked for once more.
void Lookups::on_garbled_line() {
  if (asking_) {
    garbled_ = true;
  } else if (line_due_) {
    line_due_.reset();
    if (!doubt()) failed(ENOENT, "a garbled answer");
  }
}

bool Lookups::on_answer(const chat::Answer& answer, bool has_restarted, chat::TimePoint now) {
  asking_ = false;
  if (answer.final == chat::Final::kOk && !addresses_.empty()) {
    found(std::exchange(addresses_, {}), now);
  } else if (answer.final != chat::Final::kTimeout && garbled_ && !answered_) {
    if (!doubt()) failed(ENOENT, "a garbled answer");
  } else if (answer.final == chat::Final::kOk && !answered_) {
    const auto patience = lines_before_ok_ ? kUnlikelyLine : kLateLine;
    if (is_asked_for(asked_name_)) line_due_ = now + patience;
  } else if (answer.final == chat::Final::kTimeout && has_restarted) {
    return true;  // asked again when the module is up
  } else if (answer.final == chat::Final::kTimeout) {
    failed(ETIMEDOUT, "not answered");
  } else if (!answered_ && !answer.err && answer.text.empty() && doubt()) {
    return false;
  } else {
    failed(ENOENT, "no address");
  }
  return true;
}

// A module that answers by ERROR alone (manual 2.17, "Other") may have no TCP/IP any more. Whether
// somebody waits for whom it was not looked at yet.
bool Lookups::doubt() {
  bool is_new = false;
  for (Query& query : queries_) {
    if (!same_name(query.name.text(), asked_name_)) continue;
    is_new = !std::exchange(query.doubted, true) || is_new;
  }
  return is_new;
}

std::optional<chat::TimePoint> Lookups::deadline() const {
  std::optional<chat::TimePoint> soonest = line_due_;
  for (const Query& query : queries_) {
    if (!soonest || query.deadline < *soonest) soonest = query.deadline;
  }
  return soonest;
}

void Lookups::expire(const std::optional<Error>& not_up, chat::TimePoint now) {
  // Also the one in flight: its answer is only for those who still wait for it.
  for (;;) {
    const auto expired = std::find_if(queries_.begin(), queries_.end(),
                                      [now](const Query& query) { return now >= query.deadline; });
    if (expired == queries_.end()) break;
    const QueryId id = expired->id;
    const Error late{ETIMEDOUT, -1, "look up " + expired->name.text() + ": no answer in time"};
    queries_.erase(expired);
    host_.resolved(id, not_up.value_or(late));
  }
  if (line_due_ && !is_asked_for(asked_name_)) line_due_.reset();
  if (line_due_ && now >= *line_due_) failed(ENOENT, "no address");
}

void Lookups::fail(const Error& error) {
  asking_ = false;
  line_due_.reset();
  for (const Query& query : std::exchange(queries_, {})) host_.resolved(query.id, error);
}

void Lookups::forget_names() {
  names_.clear();
  outdated_ = true;
  line_due_.reset();
  lines_before_ok_ = false;
}

bool Lookups::is_asked_for(std::string_view name) const {
  return std::any_of(queries_.begin(), queries_.end(),
                     [name](const Query& query) { return same_name(query.name.text(), name); });
}

void Lookups::found(const std::vector<Ipv4>& addresses, chat::TimePoint now) {
  if (!outdated_) names_.keep(asked_name_, addresses, now);
  answer_all(addresses);
}

void Lookups::failed(int posix, std::string_view why) {
  answer_all(Error{posix, -1, "look up " + asked_name_ + ": " + std::string(why)});
}

void Lookups::answer_all(const Result<std::vector<Ipv4>>& answer) {
  line_due_.reset();
  std::vector<QueryId> answered;
  for (const Query& query : queries_) {
    if (same_name(query.name.text(), asked_name_)) answered.push_back(query.id);
  }
  std::erase_if(queries_,
                [this](const Query& query) { return same_name(query.name.text(), asked_name_); });
  for (const QueryId id : answered) host_.resolved(id, answer);
}

}  // namespace a7600::modem
