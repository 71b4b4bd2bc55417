// SPDX-License-Identifier: MIT
#include "recorder.h"

#include <catch2/catch.hpp>

namespace a7600::test {

std::string Recorder::output() {
  std::string out;
  chat.take_output(out);
  return out;
}

void Recorder::on_unsolicited(const at::Reply&, std::string_view line) {
  events.push_back("urc " + std::string(line));
}

void Recorder::on_line(const at::Reply&, std::string_view line) {
  events.push_back("line " + std::string(line));
}

void Recorder::on_answer(const chat::Answer& answer) {
  std::string event = answer.final == chat::Final::kOk      ? "ok"
                      : answer.final == chat::Final::kError ? "error"
                                                            : "timeout";
  if (answer.err) event += " err=" + std::to_string(*answer.err);
  if (answer.info) event += " info=" + std::to_string(static_cast<int>(*answer.info));
  if (!answer.text.empty()) event += " (" + answer.text + ")";
  if (answer.prompted) event += " prompted";
  if (answer.sent) {
    event += " sent=" + std::to_string(answer.sent->link) + "," +
             std::to_string(answer.sent->requested) + "," + std::to_string(answer.sent->confirmed);
  }
  if (answer.header) {
    event += " read=" + std::to_string(answer.header->link) + "," +
             std::to_string(answer.header->size) + "," + std::to_string(answer.header->rest);
  }
  if (answer.header || !answer.payload.empty()) event += " '" + text_of(answer.payload) + "'";
  if (!answer.whole) event += " with a gap";
  events.push_back(event);
  if (after_answer) after_answer();
}

void Recorder::on_pushed(int link, const std::optional<Endpoint>& from,
                         std::span<const std::byte> bytes) {
  events.push_back("pushed " + std::to_string(link) + " " + (from ? from->to_string() : "?") +
                   " '" + text_of(bytes) + "'");
}

void Recorder::on_push_cut(int link) { events.push_back("cut " + std::to_string(link)); }

chat::Command plain(std::string text) { return {.text = std::move(text), .payload = {}}; }

chat::Command sending(int link, std::string_view payload) {
  return {.text = "AT+CIPSEND=" + std::to_string(link) + "," + std::to_string(payload.size()),
          .shape = chat::Shape::kSend,
          .link = link,
          .payload = bytes_of(payload)};
}

chat::Command reading(int link) {
  return {.text = "AT+CIPRXGET=2," + std::to_string(link),
          .shape = chat::Shape::kRead,
          .link = link,
          .payload = {}};
}

Replayed replay(const chat::Command& command, std::string_view stream) {
  std::optional<Replayed> first;
  for (const Pieces& pieces : all_splits(stream)) {
    Recorder recorder;
    recorder.send(command);
    for (const std::string_view piece : pieces) recorder.feed(piece);
    Replayed got{recorder.events, recorder.output(), recorder.chat.echo_seen()};
    if (!first) first = got;
    if (got == *first) continue;
    INFO(stream);
    INFO("in " << pieces.size() << " pieces, the first of " << pieces.front().size());
    REQUIRE(got.events == first->events);
    REQUIRE(got.output == first->output);
    REQUIRE(got.echo_seen == first->echo_seen);
  }
  return *first;
}

}  // namespace a7600::test
