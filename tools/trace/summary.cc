// SPDX-License-Identifier: MIT
#include "summary.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <vector>

#include "filter.h"
#include "format.h"

namespace a7600::tracer {
namespace {

using trace::Record;
using trace::Time;

constexpr std::size_t kMostConnections = 40;

struct Total {
  std::uint64_t count = 0;
  std::uint64_t errors = 0;
  std::uint64_t bytes = 0;
  Time time = 0;
  Time longest = 0;
  Steps steps{0, 0, 0, 0};
};

template <typename... Values>
void add_line(std::string& out, const char* format, Values... values) {
  char line[256];
  const int size = std::snprintf(line, sizeof(line), format, values...);
  out.append(line, std::min(static_cast<std::size_t>(size), sizeof(line) - 1));
  out += '\n';
}

double to_seconds(Time time) { return static_cast<double>(time) / 1e9; }

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

// "AT+CIPRXGET" of "AT+CIPRXGET=2,9,1500".
std::string command_name(const Record& record) {
  return one_line(record.text.substr(0, record.text.find_first_of("=?")));
}

std::vector<std::pair<std::string, Total>> longest_first(const std::map<std::string, Total>& map) {
  std::vector<std::pair<std::string, Total>> out(map.begin(), map.end());
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.second.time > b.second.time; });
  return out;
}

void add_calls(std::string& out, const Model& model) {
  std::map<std::string, Total> totals;
  for (const Record& call : model.calls) {
    Total& total = totals[std::string(call_name(call))];
    ++total.count;
    if (call.result < 0 || call.error != 0) ++total.errors;
    total.time += call.time - call.start;
    total.longest = std::max(total.longest, call.time - call.start);
  }
  if (totals.empty()) return;
  add_line(out, "%10s %9s %9s %12s  %s", "seconds", "calls", "errors", "longest s", "socket call");
  for (const auto& [name, total] : longest_first(totals)) {
    add_line(out, "%10.6f %9llu %9llu %12.6f  %s", to_seconds(total.time),
             static_cast<unsigned long long>(total.count),
             static_cast<unsigned long long>(total.errors), to_seconds(total.longest),
             name.c_str());
  }
  out += '\n';
}

Total add_commands(std::string& out, const Model& model) {
  std::map<std::string, Total> totals;
  Total all;
  for (const Record& command : model.commands) {
    const Steps steps = steps_of(command);
    for (Total* total : {&totals[command_name(command)], &all}) {
      ++total->count;
      if (command.error != 0) ++total->errors;
      total->bytes += command.bytes;
      total->time += command.time - command.sent;
      total->steps.queue += std::max<Time>(steps.queue, 0);
      total->steps.prompt += std::max<Time>(steps.prompt, 0);
      total->steps.turnaround += std::max<Time>(steps.turnaround, 0);
      total->steps.transfer += std::max<Time>(steps.transfer, 0);
    }
  }
  add_line(out, "%10s %9s %9s %11s %9s %9s %10s %9s  %s", "seconds", "commands", "errors", "bytes",
           "queue s", "prompt s", "turnaround", "transfer", "AT command");
  auto rows = longest_first(totals);
  rows.emplace_back("total", all);
  for (const auto& [name, total] : rows) {
    add_line(out, "%10.3f %9llu %9llu %11llu %9.3f %9.3f %10.3f %9.3f  %s", to_seconds(total.time),
             static_cast<unsigned long long>(total.count),
             static_cast<unsigned long long>(total.errors),
             static_cast<unsigned long long>(total.bytes), to_seconds(total.steps.queue),
             to_seconds(total.steps.prompt), to_seconds(total.steps.turnaround),
             to_seconds(total.steps.transfer), name.c_str());
  }
  out += '\n';
  return all;
}

void add_connections(std::string& out, const Model& model) {
  if (model.connections.empty()) return;
  add_line(out, "%4s %10s %10s %10s  %s", "link", "open s", "sent", "received", "connection");
  std::size_t shown = 0;
  for (const Connection& connection : model.connections) {
    if (++shown > kMostConnections) {
      add_line(out, "… and %zu more", model.connections.size() - kMostConnections);
      break;
    }
    std::string peer = connection.peer.to_string();
    if (connection.listens) peer = "listening on port " + std::to_string(connection.local.port);
    if (!connection.name.empty()) peer += " (" + one_line(connection.name) + ')';
    if (connection.udp) peer += " UDP";
    if (connection.error != 0) peer += ": " + error_name(connection.error);
    const Time open = connection.open == 0 ? 0 : connection.end - connection.open;
    const std::string link = connection.link < 0 ? "-" : std::to_string(connection.link);
    add_line(out, "%4s %10.3f %10s %10s  %s", link.c_str(), to_seconds(open),
             size_text(connection.bytes_out).c_str(), size_text(connection.bytes_in).c_str(),
             peer.c_str());
  }
  out += '\n';
}

}  // namespace

std::string summary(const Model& model, std::uint64_t baud) {
  std::string out;
  add_calls(out, model);
  const Total commands = add_commands(out, model);
  add_connections(out, model);
  const double whole = to_seconds(model.end - model.begin);
  add_line(out, "line: %s out, %s in, in %.3f s", size_text(model.bytes_out).c_str(),
           size_text(model.bytes_in).c_str(), whole);
  add_line(out,
           "AT channel: busy %.0f %% of that time; waiting for answers (prompt and turnaround) "
           "%.0f %%",
           percent(to_seconds(commands.time), whole),
           percent(to_seconds(commands.steps.prompt + commands.steps.turnaround), whole));
  const double capacity = static_cast<double>(baud) / 10 * whole;
  const auto most = static_cast<double>(std::max(model.bytes_in, model.bytes_out));
  // A pseudo terminal, USB or TCP carries more than the rate says.
  if (capacity > 0 && most <= 1.1 * capacity) {
    add_line(out, "line use at %llu baud: %.0f %% out, %.0f %% in",
             static_cast<unsigned long long>(baud),
             percent(static_cast<double>(model.bytes_out), capacity),
             percent(static_cast<double>(model.bytes_in), capacity));
  }
  if (model.dropped != 0) {
    add_line(out, "left out of the trace, for lack of room: %llu blocks",
             static_cast<unsigned long long>(model.dropped));
  }
  return out;
}

}  // namespace a7600::tracer
