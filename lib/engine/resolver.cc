// SPDX-License-Identifier: MIT
//
// The resolver of the programs that resolve names themselves. Where resolv.conf names a resolver on
// this machine, such as systemd's 127.0.0.53, they send it their questions; lib/client makes that
// address a peer of their datagram socket like any other, and here it is answered by the module's
// own look-up, without a link.
#include <algorithm>
#include <cerrno>

#include "engine/engine.h"

namespace a7600::engine {
namespace {

constexpr std::size_t kMostQuestions = 64;  // of all programs, not answered yet
constexpr int kQuestionsATurn = 16;

dns::Outcome outcome_of(const Result<std::vector<Ipv4>>& answer) {
  if (answer) return dns::Outcome::kFound;
  return answer.error().posix == ENOENT ? dns::Outcome::kNoSuchName : dns::Outcome::kFailed;
}

}  // namespace

void Engine::answer_questions(Socket& socket) {
  std::array<std::byte, wire::kLargestDatagram> bytes;
  for (int i = 0; i < kQuestionsATurn; ++i) {
    const auto taken = socket.datagrams->take(bytes, Datagrams::Peers::kResolvers);
    if (!taken) return;
    const auto query = dns::parse_query(std::span(bytes).first(taken->size));
    if (!query) continue;
    const auto name = at::HostName::parse(query->name);
    if (!name || !(query->wants_ipv4 || query->wants_ipv6)) {
      const auto outcome = name ? dns::Outcome::kFound : dns::Outcome::kNoSuchName;
      socket.datagrams->give(taken->to, dns::answer(*query, outcome, {}));
    } else if (questions_.size() >= kMostQuestions || finishing_ || !ensure_port()) {
      socket.datagrams->give(taken->to, dns::answer(*query, dns::Outcome::kFailed, {}));
    } else {
      const modem::QueryId id = ++last_query_;
      questions_.emplace(id, Question{socket.id, taken->to, *query});
      tracer_.looking_up(id, name->text());
      modem_.resolve(id, *name, now_ + config_.connect_timeout, now_);
    }
  }
}

bool Engine::answer_question(modem::QueryId id, const Result<std::vector<Ipv4>>& answer) {
  const auto found = questions_.find(id);
  if (found == questions_.end()) return false;
  const Question question = std::move(found->second);
  questions_.erase(found);
  Socket* socket = find(question.socket);
  if (socket == nullptr || !socket->is_udp()) return true;
  const bool has_any = answer && question.query.wants_ipv4;
  const auto addresses = has_any ? std::span<const Ipv4>(answer.value()) : std::span<const Ipv4>();
  socket->datagrams->give(question.resolver,
                          dns::answer(question.query, outcome_of(answer), addresses));
  return true;
}

}  // namespace a7600::engine
