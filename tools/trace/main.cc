// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "model.h"
#include "report.h"
#include "session.h"
#include "summary.h"
#include "text_view.h"
#include "trace/reader.h"

namespace {

using namespace a7600;

constexpr int kBadTrace = 1;

struct Options {
  std::string file;     // of show, summary, report
  std::string output;   // -o
  std::string payload;  // --payload
  std::vector<std::string> expressions;
  int clock = 0;
  bool counts = false;
  bool children = true;
  tracer::TextOptions text;
};

int complain(const std::string& text) {
  std::fprintf(stderr, "a7600-trace: %s\n", text.c_str());
  return kBadTrace;
}

void add_text_options(CLI::App& app, Options& options) {
  app.add_option("-e", options.expressions,
                 "Show only: call=NAME,…  link=N,…  at  urc (repeatable)")
      ->expected(1)
      ->take_all();
  app.add_flag("-t", options.clock, "-tt: begin each line with the time of day");
  app.add_option("-s", options.text.shown_bytes, "Bytes to show of what is sent and received")
      ->capture_default_str();
}

bool finish_text_options(Options& options, int fd) {
  for (const std::string& expression : options.expressions) {
    if (options.text.filter.add(expression)) continue;
    complain("-e: \"" + expression + "\" is not a filter; allowed: call=NAME,…, link=0…9, at, urc");
    return false;
  }
  options.text.clock = options.clock > 0;
  options.text.colour = ::isatty(fd) != 0 && ::getenv("NO_COLOR") == nullptr;
  return true;
}

// Calls `use` with each item. False after one line on stderr if that was no whole trace; a file
// that was only cut off, as by a crash, gets its line but is as good as whole.
template <typename Use>
bool read_trace(trace::Reader& reader, const std::string& name, const Use& use) {
  trace::Item item;
  for (;;) {
    switch (reader.next(item)) {
      case trace::Reader::Step::kItem:
        use(item);
        break;
      case trace::Reader::Step::kBad:
        complain(reader.error());
        return false;
      case trace::Reader::Step::kEnd:
        if (const auto end = reader.check_end(); !end) {
          complain(end.error().text);
          return false;
        }
        if (reader.cut_off())
          complain(name + ": cut off in its last block; what is before is shown");
        return true;
    }
  }
}

int show(Options& options) {
  if (!finish_text_options(options, STDOUT_FILENO)) return 2;
  auto reader = trace::Reader::open(options.file);
  if (!reader) return complain(reader.error().text);
  std::string text;
  tracer::TextView view(options.text, text);
  const auto print = [&text] {
    std::fwrite(text.data(), 1, text.size(), stdout);
    text.clear();
  };
  const bool good = read_trace(reader.value(), options.file, [&](const trace::Item& item) {
    view.show(item);
    if (text.size() > 65536) print();
  });
  view.finish();
  print();
  return good ? 0 : kBadTrace;
}

struct WholeTrace {
  tracer::Model model;
  std::uint64_t baud = 0;
};

// Empty, behind one line on stderr, if it can't be read to its end.
std::optional<WholeTrace> read_whole(const std::string& file) {
  auto reader = trace::Reader::open(file);
  if (!reader) {
    complain(reader.error().text);
    return std::nullopt;
  }
  WholeTrace whole;
  const auto use = [&whole](const trace::Item& item) { whole.model.add(item); };
  if (!read_trace(reader.value(), file, use)) return std::nullopt;
  whole.baud = reader.value().baud();
  return whole;
}

int summarize(const Options& options) {
  const auto whole = read_whole(options.file);
  if (!whole) return kBadTrace;
  const std::string text = tracer::summary(whole->model, whole->baud);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

int report(const Options& options) {
  const auto whole = read_whole(options.file);
  if (!whole) return kBadTrace;
  const std::string page =
      tracer::report(whole->model, whole->baud, options.file.substr(options.file.rfind('/') + 1));
  // The page shows what the trace does.
  const UniqueFd fd(::open(options.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  std::FILE* out = fd ? ::fdopen(::dup(fd.get()), "w") : nullptr;
  const bool written =
      out != nullptr && std::fwrite(page.data(), 1, page.size(), out) == page.size();
  if (out != nullptr && std::fclose(out) == 0 && written) return 0;
  return complain(options.output + ": " + strerror(errno));
}

int trace_command(Options& options, std::vector<std::string> command) {
  if (!finish_text_options(options, STDERR_FILENO)) return 2;
  tracer::SessionOptions session;
  session.command = std::move(command);
  session.file = options.output;
  session.counts = options.counts;
  if (options.payload == "none") {
    session.payload = 0;
  } else if (!options.payload.empty()) {
    session.payload = std::stoi(options.payload);
  }
  session.text = std::move(options.text);
  return tracer::run_session(session);
}

std::string check_payload(const std::string& text) {
  const bool number = !text.empty() && text.size() <= 6 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  return number || text == "none" ? std::string()
                                  : "\"" + text + "\" is not a number of bytes or none";
}

}  // namespace

int main(int argc, char** argv) {
  // What is behind "--" is the command's.
  int own = 1;
  while (own < argc && std::strcmp(argv[own], "--") != 0) ++own;
  std::vector<std::string> command(argv + std::min(own + 1, argc), argv + argc);

  Options options;
  CLI::App app{
      "Shows every socket call that a program makes over the modem, and the AT commands behind "
      "it.\n\n  a7600-trace [OPTIONS] -- CMD...      run CMD and everything it starts; text on "
      "stderr\n"
      "  a7600-trace show FILE                the same text, from a trace"};
  add_text_options(app, options);
  app.add_option("-o", options.output, "Keep the trace in this file (pcapng, for Wireshark too)");
  app.add_flag("-c", options.counts, "Print a summary at the end instead of the text");
  app.add_flag("-f", options.children, "Trace what CMD starts as well: the default");
  app.add_option("--payload", options.payload, "Bytes to keep of each payload, or none")
      ->check(check_payload);

  CLI::App* show_app = app.add_subcommand("show", "Print a trace as text");
  show_app->add_option("FILE", options.file, "The trace")->required();
  add_text_options(*show_app, options);
  CLI::App* summary_app = app.add_subcommand("summary", "Print a trace's summary");
  summary_app->add_option("FILE", options.file, "The trace")->required();
  CLI::App* report_app = app.add_subcommand("report", "Make a page of a trace, for a browser");
  report_app->add_option("FILE", options.file, "The trace")->required();
  report_app->add_option("-o", options.output, "The page")->required();
  app.require_subcommand(0, 1);

  try {
    app.parse(own, argv);
    const bool reads = !app.get_subcommands().empty();
    if (reads == !command.empty()) {
      throw CLI::ValidationError(
          reads ? "-- CMD goes with no subcommand"
                : "what to trace is missing: a7600-trace [OPTIONS] -- CMD..., or show FILE");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (show_app->parsed()) return show(options);
  if (summary_app->parsed()) return summarize(options);
  if (report_app->parsed()) return report(options);
  return trace_command(options, std::move(command));
}
