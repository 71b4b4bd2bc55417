// SPDX-License-Identifier: MIT
#include "report.h"

#include <charconv>

#include "format.h"
#include "report_page.h"

namespace a7600::tracer {
namespace {

using trace::Kind;
using trace::Record;
using trace::Time;

// JSON in the shape that the page's script expects: times in microseconds since the trace's
// beginning, -1 where there is none.
class Json {
 public:
  explicit Json(Time begin) : begin_(begin) { out_.reserve(1 << 20); }

  Json& raw(std::string_view text) {
    out_ += text;
    return *this;
  }
  Json& number(std::int64_t value) {
    char text[24];
    const auto [end, error] = std::to_chars(text, text + sizeof(text), value);
    out_.append(text, end);
    return *this;
  }
  Json& time(Time value) { return number(value == 0 ? -1 : (value - begin_) / 1000); }
  Json& duration(Time value) { return number(value < 0 ? -1 : value / 1000); }
  // Also inside a script element: '<' could end it.
  Json& text(std::string_view value) {
    out_ += '"';
    for (const char c : value) {
      const auto code = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (code < 0x20 || c == '<' || code >= 0x7f) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        out_ += "\\u00";
        out_ += kDigits[code >> 4];
        out_ += kDigits[code & 15];
      } else {
        out_ += c;
      }
    }
    out_ += '"';
    return *this;
  }
  Json& comma() { return raw(","); }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  Time begin_;
};

// `add` for each element, with commas between.
template <typename List, typename Add>
void add_list(Json& json, const char* name, const List& list, Add add) {
  json.raw(",\n\"").raw(name).raw("\":[");
  bool first = true;
  for (const auto& element : list) {
    if (!std::exchange(first, false)) json.raw(",\n");
    add(element);
  }
  json.raw("]");
}

void add_connection(Json& json, const Connection& connection) {
  json.raw("[").number(connection.socket).comma().number(connection.link).comma();
  json.text(connection.listens    ? "listening"
            : connection.udp      ? "UDP"
            : connection.accepted ? "accepted"
                                  : "TCP");
  json.comma().text(connection.local.to_string()).comma().text(connection.peer.to_string());
  json.comma().text(connection.name);
  for (const Time time :
       {connection.looked_up_from, connection.looked_up_to, connection.connecting,
        connection.opening, connection.open, connection.first_byte, connection.end}) {
    json.comma().time(time);
  }
  json.comma().number(static_cast<std::int64_t>(connection.bytes_out));
  json.comma().number(static_cast<std::int64_t>(connection.bytes_in));
  json.comma().text(connection.error == 0 ? "" : error_name(connection.error));
  json.comma().text(connection.why).raw("]");
}

void add_command(Json& json, const Record& command) {
  const Steps steps = steps_of(command);
  json.raw("[").time(command.sent).comma().number(command.link).comma().number(command.socket);
  json.comma().text(command.text).comma().text(command.answer).comma().number(command.error);
  json.comma().number(static_cast<std::int64_t>(command.bytes));
  for (const Time step : {steps.queue, steps.prompt, steps.turnaround, steps.transfer}) {
    json.comma().duration(step);
  }
  json.raw("]");
}

void add_call(Json& json, const Record& call) {
  json.raw("[").time(call.start).comma().number(call.socket).comma().number(call.pid).comma();
  json.text(call.text)
      .comma()
      .text(result_text(call))
      .comma()
      .number(has_failed(call) ? 1 : 0)
      .comma();
  json.duration(call.time - call.start).raw("]");
}

void add_event(Json& json, const Record& event) {
  std::string kind = "log";
  std::string text = event.text;
  if (event.kind == Kind::kUnsolicited) kind = "urc";
  if (event.kind == Kind::kLookUp) text += " is " + event.answer;
  if (event.kind == Kind::kState) {
    kind = "state";
    text = std::string(name(event.state)) + ' ' + event.peer.to_string();
    if (!event.text.empty()) text += ": " + event.text;
  }
  if (event.error != 0) text += " (" + error_name(event.error) + ')';
  json.raw("[").time(event.time).comma().number(event.link).comma().number(event.socket).comma();
  json.text(kind).comma().text(text).comma().number(event.error).raw("]");
}

}  // namespace

std::string report(const Model& model, std::uint64_t baud, std::string_view title) {
  Json json(model.begin);
  json.raw("{\"title\":").text(title).raw(",\"begin\":").number(model.begin / 1'000'000);
  json.raw(",\"duration\":").duration(model.end - model.begin);
  json.raw(",\"baud\":").number(static_cast<std::int64_t>(baud));
  json.raw(",\"in\":").number(static_cast<std::int64_t>(model.bytes_in));
  json.raw(",\"out\":").number(static_cast<std::int64_t>(model.bytes_out));
  json.raw(",\"dropped\":").number(static_cast<std::int64_t>(model.dropped));
  json.raw(",\"lineBegin\":").time(model.line.begin());
  json.raw(",\"lineWidth\":").duration(model.line.width());
  add_list(json, "line", model.line.buckets(), [&json](const LineUse::Bucket& bucket) {
    json.raw("[").number(static_cast<std::int64_t>(bucket.out)).comma();
    json.number(static_cast<std::int64_t>(bucket.in)).raw("]");
  });
  add_list(json, "connections", model.connections,
           [&json](const Connection& connection) { add_connection(json, connection); });
  add_list(json, "commands", model.commands,
           [&json](const Record& command) { add_command(json, command); });
  add_list(json, "calls", model.calls, [&json](const Record& call) { add_call(json, call); });
  add_list(json, "events", model.events, [&json](const Record& event) { add_event(json, event); });
  json.raw("}");

  std::string page(kReportPage);
  const std::string_view mark = "@DATA@";
  page.replace(page.find(mark), mark.size(), json.take());
  return page;
}

}  // namespace a7600::tracer
