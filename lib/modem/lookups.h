// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "at/host_name.h"
#include "chat/chat.h"
#include "modem/host.h"
#include "modem/name_cache.h"

namespace a7600::modem {

// Who waits for the addresses of which host name, and what the module says of it (manual 2.17).
// One name is asked for at a time; whoever asks for the same one meanwhile gets the same answer,
// and whoever asks soon after gets what is remembered. Host::resolved answers.
//
// Theory. "+CDNSGIP:" comes in front of its OK or behind it, once or for each address, and further
// lines when the next name has been asked for. Whoever waits until his deadline is told so; the
// question goes on for those who wait longer.
class Lookups {
 public:
  explicit Lookups(Host& host) : host_(host) {}

  void begin(QueryId id, const at::HostName& name, chat::TimePoint deadline, chat::TimePoint now);
  bool empty() const { return queries_.empty(); }

  struct Question {
    QueryId id;  // of the first who waits for it
    chat::Command command;
  };
  // The next one for the module, unless the result of the latest is still to come.
  std::optional<Question> next();

  // "+CDNSGIP:" with an address; or, with neither, that there is none.
  void on_line(std::string_view name, std::optional<Ipv4> address, chat::TimePoint now);
  // One of which nothing can be made.
  void on_garbled_line();
  // The final result. False if it makes the module doubtful: then the name is asked for again.
  bool on_answer(const chat::Answer& answer, bool has_restarted, chat::TimePoint now);

  std::optional<chat::TimePoint> deadline() const;
  // `not_up` is why the module could not be asked, if that is so.
  void expire(const std::optional<Error>& not_up, chat::TimePoint now);
  // The line has failed, or is not for questions any more.
  void fail(const Error& error);
  // Names may have other addresses from now on.
  void forget_names();

 private:
  struct Query {
    QueryId id;
    at::HostName name;
    chat::TimePoint deadline;
    bool doubted = false;  // the module was looked at because of its answer
  };

  bool is_asked_for(std::string_view name) const;
  bool doubt();
  void found(const std::vector<Ipv4>& addresses, chat::TimePoint now);
  void failed(int posix, std::string_view why);
  void answer_all(const Result<std::vector<Ipv4>>& answer);

  Host& host_;
  NameCache names_;
  std::deque<Query> queries_;
  bool asking_ = false;           // the command is in flight
  bool outdated_ = false;         // ... since before the names were forgotten
  std::string asked_name_;        // the latest that the module was asked for
  std::string name_before_;       // the one before, of which lines may come late
  std::vector<Ipv4> addresses_;   // that it has said so far
  bool answered_ = false;         // it has a "+CDNSGIP:", with an address or without
  bool garbled_ = false;          // ... or one of which nothing can be made
  bool lines_before_ok_ = false;  // "+CDNSGIP:" has come in front of an OK
  // OK was there, its "+CDNSGIP:" is not yet.
  std::optional<chat::TimePoint> line_due_;
};

}  // namespace a7600::modem
