// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <exception>
#include <map>

#include "at.h"
#include "doctor.h"
#include "filtered.h"
#include "options.h"
#include "ports.h"
#include "run.h"
#include "serve.h"
#include "status.h"

namespace {

using namespace a7600::tool;

constexpr int kRunUsage = 125;

int main_of(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "filtered") {
    return become_filtered({argv + 2, argv + argc});
  }
  CLI::App app("One SIMCom A7600-family modem for programs that use sockets.", "a7600");
  app.set_version_flag("--version", A7600_VERSION);
  app.require_subcommand(1);

  CLI::App& run_command = *app.add_subcommand(
      "run", "Run a program, and all that it starts, on the modem: a7600 run [OPTIONS] -- CMD…");
  EnvironmentOptions run_environment;
  run_environment.add_to(run_command);
  int reserve = 1;
  run_command.add_option("--reserve", reserve, "links that one process alone can't have")
      ->check(CLI::Range(0, 9))
      ->capture_default_str();
  Via via = Via::kAuto;
  const std::map<std::string, Via> ways{
      {"preload", Via::kPreload}, {"seccomp", Via::kSeccomp}, {"auto", Via::kAuto}};
  run_command
      .add_option("--via", via,
                  "how calls are reached: preload, seccomp, or auto, each program as it needs")
      ->transform(CLI::CheckedTransformer(ways, CLI::ignore_case).description(""))
      ->type_name("WAY")
      ->default_str("auto");
  run_command.prefix_command();

  CLI::App& serve_command =
      *app.add_subcommand("serve", "Run a shared engine for all programs of this machine.");
  EnvironmentOptions serve_environment;
  serve_environment.add_to(serve_command);
  ServeOptions serve_options;
  serve_command.add_option("--socket", serve_options.socket,
                           "path of the control socket instead of the port's own in "
                           "$XDG_RUNTIME_DIR/a7600 or /run/a7600");
  serve_command.add_option("--socket-mode", serve_options.mode,
                           "mode of the control socket, octal");
  serve_command.add_option("--group", serve_options.group, "group that may use the modem");
  serve_command
      .add_option("--reserve", serve_options.reserve, "links that one process alone can't have")
      ->check(CLI::Range(0, 9))
      ->capture_default_str();
  serve_command
      .add_option("--user-links", serve_options.user_links,
                  "links that one user of the group can have")
      ->check(CLI::Range(1, 10))
      ->capture_default_str();
  serve_command
      .add_option("--idle", serve_options.idle, "end after so many seconds without a user")
      ->check(CLI::Range(0, 86400));
  serve_command.add_flag("--background", serve_options.background,
                         "return as soon as programs can connect");

  CLI::App& status_command =
      *app.add_subcommand("status", "Show what a shared engine and its modem are doing.");
  EnvironmentOptions status_environment;
  status_environment.add_to(status_command);
  bool json = false;
  bool watch = false;
  status_command.add_flag("--json", json, "for programs");
  status_command.add_flag("--watch", watch, "again every second");

  CLI::App& at_command = *app.add_subcommand(
      "at", "Send AT commands to the module, through the shared engine if one runs.");
  EnvironmentOptions at_environment;
  at_environment.add_to(at_command);
  std::vector<std::string> commands;
  bool force = false;
  int timeout = 30;
  at_command.add_option("command", commands, "such as AT+CSQ")->required();
  at_command.add_flag("--force", force, "also what would upset an engine");
  at_command.add_option("--timeout", timeout, "seconds to wait for each answer")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();

  CLI::App& doctor_command = *app.add_subcommand(
      "doctor", "Look at everything from the port to a page, and say what to do.");
  EnvironmentOptions doctor_environment;
  doctor_environment.add_to(doctor_command);
  DoctorOptions doctor_options;
  int patience = static_cast<int>(doctor_options.patience.count());
  doctor_command.add_option("--url", doctor_options.url, "what is fetched")->capture_default_str();
  doctor_command
      .add_option("--patience", patience, "seconds for the network to be found and to open")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  doctor_command
      .add_option("--sample", doctor_options.sample, "bytes to measure the throughput by")
      ->check(CLI::Range(1000, 100'000'000))
      ->capture_default_str();
  doctor_command.add_flag("--json", doctor_options.json, "for programs");
  doctor_command.add_option("program", doctor_options.program,
                            "a program: can it be run on the modem?");

  CLI::App& ports_command =
      *app.add_subcommand("ports", "List serial ports, with the likely AT port marked.");
  bool ports_json = false;
  ports_command.add_flag("--json", ports_json, "for programs");
  bool probe = false;
  ports_command.add_flag("--probe", probe, "ask those that may be a module's: \"AT\"");

  const bool for_run = argc > 1 && std::string_view(argv[1]) == "run";
  // What comes after "--" is another program's command line, with options of its own.
  int own = argc;
  for (int i = argc - 1; for_run && i > 1; --i) {
    if (std::string_view(argv[i]) == "--") own = i;
  }
  try {
    app.parse(own, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return for_run && status != 0 ? kRunUsage : status;
  }

  if (run_command.parsed()) {
    std::vector<std::string> command = run_command.remaining();
    if (!command.empty() && command.front().starts_with('-')) {
      return complain("run: there is no option " + command.front(), kRunUsage);
    }
    for (int i = own + 1; i < argc; ++i) command.emplace_back(argv[i]);
    return run(run_environment.load(), command, reserve, via);
  }
  if (serve_command.parsed()) {
    return serve([&] { return serve_environment.load(); }, serve_options);
  }
  if (status_command.parsed()) return show_status(status_environment.load(), json, watch);
  if (doctor_command.parsed()) {
    doctor_options.patience = std::chrono::seconds(patience);
    return examine(doctor_environment.load(), doctor_options);
  }
  if (at_command.parsed()) {
    return send_commands(at_environment.load(), commands, force, std::chrono::seconds(timeout));
  }
  return list_ports(ports_json, probe);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return main_of(argc, argv);
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}
