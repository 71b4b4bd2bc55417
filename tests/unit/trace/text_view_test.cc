// SPDX-License-Identifier: MIT
#include "text_view.h"

#include <catch2/catch.hpp>
#include <cerrno>

using namespace a7600;
using namespace a7600::trace;
using tracer::TextOptions;
using tracer::TextView;

namespace {

constexpr Time kStart = 1'700'000'000'000'000'000;
constexpr Time kMs = 1'000'000;

Record call(Kind kind, std::uint32_t pid, Time start, Time end, const char* text) {
  Record record;
  record.kind = kind;
  record.pid = pid;
  record.tid = pid;
  record.start = kind == Kind::kCallBegins ? 0 : kStart + start;
  record.time = kStart + (kind == Kind::kCallBegins ? start : end);
  record.text = text;
  return record;
}

Record command(Time sent, Time first, Time end, const char* text, const char* answer) {
  Record record;
  record.kind = Kind::kCommand;
  record.link = 9;
  record.start = record.sent = kStart + sent;
  record.first = kStart + first;
  record.time = kStart + end;
  record.text = text;
  record.answer = answer;
  return record;
}

class View {
 public:
  explicit View(TextOptions options = {}) : view_(std::move(options), text_) {}
  void show(const Record& record) {
    Item item;
    item.kind = Item::Kind::kRecord;
    item.time = record.time;
    item.record = record;
    view_.show(item);
  }
  TextView* operator->() { return &view_; }
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
  TextView view_;
};

}  // namespace

TEST_CASE("a call comes before the commands that it caused") {
  View view;
  view.show(call(Kind::kCallBegins, 1, 0, 0, "connect(3, 203.0.113.7:80)"));
  view.show(command(0, 20 * kMs, 21 * kMs, "AT+CIPOPEN=9", "OK"));
  CHECK(view.take().empty());
  view.show(call(Kind::kCallEnds, 1, 0, 30 * kMs, "connect(3, 203.0.113.7:80)"));
  CHECK(view.take() ==
        "connect(3, 203.0.113.7:80) = 0 <0.030000>\n"
        "  [9] AT+CIPOPEN=9 -> OK  queue 0.0 turnaround 20.0 transfer 1.0 ms\n");
}

TEST_CASE("a call that takes long is unfinished first and resumed later") {
  View view;
  view.show(call(Kind::kCallBegins, 1, 0, 0, "accept(3)"));
  view.show(command(600 * kMs, 601 * kMs, 602 * kMs, "AT", "OK"));
  CHECK(view.take() ==
        "accept(3) <unfinished ...>\n  [9] AT -> OK  queue 0.0 turnaround 1.0 transfer 1.0 ms\n");
  view.show(call(Kind::kCallEnds, 1, 0, 700 * kMs, "accept(3, 1.2.3.4:5)"));
  CHECK(view.take() == "<... accept resumed> = 0 <0.700000>\n");
}

TEST_CASE("a call that never ended is unfinished") {
  View view;
  view.show(call(Kind::kCallBegins, 1, 0, 0, "connect(3, 203.0.113.7:80)"));
  view->finish();
  CHECK(view.take() == "connect(3, 203.0.113.7:80) <unfinished ...>\n");
}

TEST_CASE("other processes are named") {
  View view;
  view.show(call(Kind::kCallEnds, 1, 0, kMs, "socket()"));
  view.show(call(Kind::kCallEnds, 2, 0, kMs, "socket()"));
  CHECK(view.take() == "socket() = 0 <0.001000>\n[pid 2] socket() = 0 <0.001000>\n");
}

TEST_CASE("errors have their names") {
  View view;
  Record failed = call(Kind::kCallEnds, 1, 0, kMs, "connect(3, x)");
  failed.result = -1;
  failed.error = ECONNREFUSED;
  view.show(failed);
  CHECK(view.take() == "connect(3, x) = -1 ECONNREFUSED (Connection refused) <0.001000>\n");
  Record timeout = command(0, 0, 5 * kMs, "AT+CIPOPEN=9", "");
  timeout.first = 0;
  timeout.error = ETIMEDOUT;
  view.show(timeout);
  CHECK(view.take() == "  [9] AT+CIPOPEN=9 -> no answer  queue 0.0 turnaround 5.0 ms\n");
}

TEST_CASE("what a hostile peer or program writes stays on its line") {
  View view;
  view.show(call(Kind::kCallEnds, 1, 0, kMs, "getaddrinfo(\"\x1b[2J\n\")"));
  CHECK(view.take() == "getaddrinfo(\"?[2J?\") = 0 <0.001000>\n");
}

TEST_CASE("colour is only for terminals") {
  TextOptions options;
  options.colour = true;
  View view(options);
  view.show(call(Kind::kCallEnds, 1, 0, kMs, "socket()"));
  CHECK(view.take() == "socket() = \x1b[1m0\x1b[0m <0.001000>\n");
}
