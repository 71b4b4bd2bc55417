// SPDX-License-Identifier: MIT
#include "host.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "config/log_file.h"
#include "engine/engine.h"
#include "notify.h"

namespace a7600::tool {
namespace {

using namespace std::chrono_literals;

constexpr auto kAbandonedPatience = 2s;

UniqueFd block_signals() {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  sigset_t read;
  sigemptyset(&read);
  for (const int each : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&read, each);
  return UniqueFd(::signalfd(-1, &read, SFD_CLOEXEC | SFD_NONBLOCK));
}

UniqueFd start_watchdog() {
  const auto interval = watchdog_interval();
  if (!interval) return {};
  UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  const long long half = interval->count() / 2;
  itimerspec spec{};
  spec.it_interval.tv_sec = static_cast<time_t>(half / 1'000'000);
  spec.it_interval.tv_nsec = static_cast<long>(half % 1'000'000 * 1000);
  spec.it_value = spec.it_interval;
  ::timerfd_settime(timer.get(), 0, &spec, nullptr);
  return timer;
}

}  // namespace

int host_engine(Hosting hosting) {
  raise_descriptor_limit();
  const UniqueFd signals = block_signals();
  auto created =
      engine::Engine::create_shared(hosting.config, std::move(hosting.sharing), hosting.logger);
  if (!created) {
    hosting.ready(created.error());
    return 1;
  }
  engine::Engine& engine = *created.value();
  if (hosting.open_port) {
    if (const Status opened = engine.open_port(); !opened) {
      hosting.ready(opened.error());
      return 1;
    }
  }
  if (hosting.idle) engine.finish_when_idle(*hosting.idle);

  engine.watch_outside(signals.get(), [&] {
    signalfd_siginfo info{};
    while (::read(signals.get(), &info, sizeof(info)) == sizeof(info)) {
      switch (info.ssi_signo) {
        case SIGHUP:
          if (!hosting.reload) break;
          notify_reloading();
          if (auto config = hosting.reload()) {
            engine.reconfigure(config.value());
          } else {
            hosting.logger.write(log::Level::kError, config.error().text);
          }
          notify("READY=1");
          break;
        case SIGUSR1:
        case SIGUSR2:
          hosting.abandoned();
          engine.finish_when_idle(info.ssi_signo == SIGUSR1 ? 0s : kAbandonedPatience);
          break;
        default:
          notify("STOPPING=1");
          hosting.stopping();
          engine.finish();
          break;
      }
    }
  });
  const UniqueFd watchdog = start_watchdog();
  if (watchdog) {
    engine.watch_outside(watchdog.get(), [&] {
      std::uint64_t expirations = 0;
      if (::read(watchdog.get(), &expirations, sizeof(expirations)) > 0) notify("WATCHDOG=1");
    });
  }
  hosting.ready(Done{});
  notify("READY=1\nSTATUS=on " + engine.port_name());
  engine.run();
  return 0;
}

Result<log::Logger> open_log(const config::Config& config, bool always) {
  auto file = config::open_log_file(config);
  if (!file) return file.error();
  if (file.value()) return log::Logger(config.log_level, file.value().release());
  if (!always && config.log_level == log::Level::kError) return log::Logger();
  return log::Logger(config.log_level, STDERR_FILENO);
}

void detach_stdio(bool keep_stderr) {
  const UniqueFd nowhere(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd = 0; fd <= (keep_stderr ? 1 : 2); ++fd) ::dup2(nowhere.get(), fd);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace a7600::tool
