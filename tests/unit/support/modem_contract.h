// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "modem/host.h"

namespace a7600::test {

// What modem/host.h promises about the order of its calls, for each connection. Every function is
// told of a call and returns what is wrong with it, or an empty string.
class ModemContract {
 public:
  using Id = modem::ConnectionId;

  // By the host.
  void opens(Id id) { states_[id] = {State::kOpening, false, false}; }
  void closes(Id id) {
    if (const auto found = states_.find(id); found != states_.end()) found->second.closing = true;
  }

  // By the modem.
  std::string opened(Id id) {
    if (auto wrong = reported(id, "opened"); !wrong.empty()) return wrong;
    if (states_[id].state != State::kOpening) return text("opened twice", id);
    states_[id].state = State::kOpen;
    return {};
  }
  std::string open_failed(Id id) {
    if (auto wrong = reported(id, "open_failed"); !wrong.empty()) return wrong;
    if (states_[id].state != State::kOpening) return text("open_failed after opened", id);
    states_.erase(id);
    return {};
  }
  std::string accepted(Id id) {
    states_[id] = {State::kOpen, false, false};
    return {};
  }
  std::string took(Id id) { return flows(id, "take"); }
  std::string gave(Id id) { return flows(id, "give"); }
  std::string ended(Id id) {
    if (auto wrong = flows(id, "ended"); !wrong.empty()) return wrong;
    states_[id].ended = true;
    return {};
  }
  std::string closed(Id id) {
    const auto found = states_.find(id);
    if (found == states_.end()) return text("closed for one that is unknown", id);
    if (!found->second.closing) return text("closed without close()", id);
    states_.erase(found);
    return {};
  }

  // Connections that the modem owes a word about: opened or failed, or closed.
  std::size_t owed() const {
    std::size_t count = 0;
    for (const auto& [id, known] : states_) {
      if (known.closing || known.state == State::kOpening) ++count;
    }
    return count;
  }
  bool known(Id id) const { return states_.count(id) > 0; }
  bool closing(Id id) const {
    const auto found = states_.find(id);
    return found != states_.end() && found->second.closing;
  }

 private:
  enum class State { kOpening, kOpen };
  struct Known {
    State state;
    bool closing;
    bool ended;
  };

  static std::string text(const char* what, Id id) {
    return std::string(what) + ": connection " + std::to_string(id);
  }
  std::string reported(Id id, const char* what) {
    const auto found = states_.find(id);
    if (found == states_.end()) return text(what, id) + " is unknown";
    if (found->second.closing) return text(what, id) + " is being closed";
    return {};
  }
  std::string flows(Id id, const char* what) {
    if (auto wrong = reported(id, what); !wrong.empty()) return wrong;
    if (states_[id].state != State::kOpen) return text(what, id) + " is not open";
    if (states_[id].ended) return text(what, id) + " has ended";
    return {};
  }

  std::map<Id, Known> states_;
};

}  // namespace a7600::test
