// SPDX-License-Identifier: MIT
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>

#include "control.h"
#include "faults.h"
#include "log.h"
#include "loop.h"
#include "modem.h"
#include "options.h"
#include "profile.h"
#include "pty.h"
#include "router.h"

int main(int argc, char** argv) {
  using namespace a7600::sim;
  int status = 0;
  const auto options = parse_options(argc, argv, status);
  if (!options) return status;
  // Whoever started this may have stopped reading what it prints.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    Loop loop;
    loop.end_on_signals();
    Log log(loop, options->log);
    Router router(*options);
    Faults faults(options->seed, log);
    for (const std::string& specs : options->faults) {
      if (const auto reason = faults.set(specs)) throw std::runtime_error("--fault: " + *reason);
    }
    Pty pty(options->link);
    Modem modem(loop, *options, *find_profile(options->profile), router, pty, faults, log);
    std::optional<Control> control;
    if (!options->control.empty()) control.emplace(loop, modem, options->control);
    const auto announce = [](const char* word, Channel& channel) {
      channel.on_new_port = [word, &channel] {
        std::printf("%s %s\n", word, channel.pty.name().c_str());
        std::fflush(stdout);
      };
      channel.on_new_port();
    };
    announce("PORT", modem.first);
    if (modem.second() != nullptr) announce("PORT2", *modem.second());
    for (const ListenRule& rule : modem.stack.servers().ports()) {
      std::printf("LISTEN %u %u\n", unsigned{rule.port}, unsigned{rule.real_port});
    }
    std::fflush(stdout);
    loop.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "a7600-sim: %s\n", error.what());
    return 1;
  }
  return 0;
}
