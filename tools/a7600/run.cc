// SPDX-License-Identifier: MIT
#include "run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/unique_fd.h"
#include "call.h"
#include "engine/thread.h"
#include "filtered.h"
#include "options.h"
#include "program.h"
#include "seccomp/features.h"
#include "socket_file.h"
#include "supervisor.h"

namespace a7600::tool {
namespace {

using namespace std::chrono_literals;

constexpr int kEngineFailed = 125;
constexpr int kNotIntercepted = 126;
constexpr int kNotFound = 127;
constexpr int kPatience = 40;   // looks, 50 ms apart
constexpr int kGoodbye = 1000;  // ms
constexpr int kChoices = 100;   // of an engine, while others begin and end

// Signals that are passed on to CMD when a person or program sends them to this process. Those that
// the terminal sends go to CMD anyway, which is in the same process group; SIGTSTP and its like
// stop both.
constexpr int kPassedOn[] = {SIGHUP,  SIGINT,  SIGQUIT,  SIGTERM, SIGUSR1,
                             SIGUSR2, SIGALRM, SIGWINCH, SIGPIPE};

// ---- The first process: waits for CMD as if that were its child.

class Waiter {
 public:
  Waiter(UniqueFd channel, UniqueFd signals, pid_t supervisor)
      : channel_(std::move(channel)), signals_(std::move(signals)), supervisor_(supervisor) {}

  int wait() {
    pollfd polls[] = {{channel_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}};
    for (;;) {
      if (::poll(polls, 2, -1) < 0 && errno != EINTR) return kEngineFailed;
      pass_signals();
      if ((polls[0].revents & (POLLIN | POLLHUP)) == 0) continue;
      Report report;
      const ssize_t got = ::recv(channel_.get(), &report, sizeof(report), 0);
      if (got != sizeof(report)) return wait_alone();
      switch (report.kind) {
        case Report::Kind::kFailed:
          wait_for_supervisor();
          return complain(report.text.data(), report.value);
        case Report::Kind::kStarted:
          command_ = report.value;
          break;
        case Report::Kind::kStopped:
          stop_too();
          break;
        case Report::Kind::kSaid:
          complain(report.text.data());
          break;
        case Report::Kind::kEnded:
          // So that the port is free when this process is gone. Bounded: others may use the engine.
          if (report.alone) wait_for_supervisor();
          return exit_status(report.value);
      }
    }
  }

 private:
  void wait_for_supervisor() const {
    pollfd poll{channel_.get(), POLLIN, 0};
    if (::poll(&poll, 1, kGoodbye) == 1) ::waitpid(supervisor_, nullptr, 0);
  }

  static int exit_status(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  void pass_signals() const {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
      const bool sent_by_somebody = info.ssi_code <= 0;
      if (sent_by_somebody && command_ > 0) ::kill(command_, static_cast<int>(info.ssi_signo));
    }
  }

  // CMD alone was stopped: the shell is to see it here. When both were, by the terminal, CMD runs
  // again by the time that this process does.
  void stop_too() const {
    ::poll(nullptr, 0, 20);
    const std::string path = "/proc/" + std::to_string(command_) + "/stat";
    FILE* file = ::fopen(path.c_str(), "re");
    if (file == nullptr) return;
    char text[512] = {};
    const std::size_t size = ::fread(text, 1, sizeof(text) - 1, file);
    ::fclose(file);
    const std::string_view stat(text, size);
    const std::size_t name_end = stat.rfind(") ");
    if (name_end == std::string_view::npos || !stat.substr(name_end + 2).starts_with('T')) return;
    ::raise(SIGSTOP);
    ::kill(command_, SIGCONT);
  }

  // The supervisor was killed; CMD has come to this process, as the nearest subreaper.
  int wait_alone() const {
    if (command_ == 0) return complain("the engine could not start", kEngineFailed);
    // A dying process closes its files before it gives its children away.
    for (int missing = 0; missing < kPatience;) {
      pass_signals();
      int status = 0;
      const pid_t pid = ::waitpid(command_, &status, WNOHANG);
      if (pid == command_) return exit_status(status);
      missing = pid < 0 ? missing + 1 : 0;
      pollfd poll{signals_.get(), POLLIN, 0};
      ::poll(&poll, 1, 50);
    }
    return complain("the program was lost from sight", kEngineFailed);
  }

  UniqueFd channel_;
  UniqueFd signals_;
  pid_t supervisor_;
  pid_t command_ = 0;
};

// ---- Which engine: one that runs, or a new one

struct Engine {
  std::string address;
  Pass pass;                       // for it; may be none
  std::optional<UniqueFd> lease;   // of one that runs already
  std::optional<SocketFile> file;  // of our own, as far as one can be made
  engine::Sharing sharing;

  // For A7600_ENGINE.
  std::string setting() const { return pass.is_none() ? address : address + '+' + pass.text(); }
};

// EAGAIN: the one that was found has just ended, or another one began meanwhile.
Result<Engine> try_engine(const config::Config& config, int reserve) {
  Engine out;
  if (config.engine != config::EngineChoice::kThread) {
    if (const auto running = find_engine(config, false)) {
      wire::Request hold;
      hold.op = wire::Op::kHold;
      auto answer = call(*running, hold, 10s);
      const int posix = answer ? 0 : answer.error().posix;
      if (posix == ENETDOWN || posix == ECONNREFUSED) return Error{EAGAIN, -1, {}};
      if (!answer) return answer.error();
      if (answer.value().reply.error != 0) {
        return Error{answer.value().reply.error, -1,
                     *running + ": " + strerror(answer.value().reply.error)};
      }
      out.address = *running;
      out.pass = config.engine_pass;
      out.lease = std::move(answer.value().connection);
      return out;
    }
    if (config.engine == config::EngineChoice::kSocket) {
      return Error{ECONNREFUSED, -1,
                   "A7600_ENGINE: no engine takes calls at " + config.engine_socket};
    }
  }
  out.address = engine::make_address();
  auto listener = listen_at(out.address);
  if (!listener) return listener.error();
  out.pass = Pass::make();
  out.sharing.address = out.address;
  out.sharing.pass = out.pass;
  out.sharing.reserve = reserve;
  out.sharing.listeners.push_back(std::move(listener.value()));
  // For `a7600 status`, and for others who need the port meanwhile. It works without.
  if (const auto path = default_path(config, config.port)) {
    auto file = SocketFile::create(path.value(), {});
    if (file) {
      out.file.emplace(std::move(file.value()));
      const int listening = ::fcntl(out.file->listener(), F_DUPFD_CLOEXEC, 3);
      if (listening >= 0) out.sharing.listeners.emplace_back(listening);
    } else if (file.error().posix == EADDRINUSE && config.engine != config::EngineChoice::kThread) {
      return Error{EAGAIN, -1, {}};
    }
  }
  return out;
}

Result<Engine> choose_engine(const config::Config& config, int reserve) {
  for (int i = 0; i < kChoices; ++i) {
    auto engine = try_engine(config, reserve);
    if (engine || engine.error().posix != EAGAIN) return engine;
    ::poll(nullptr, 0, 20);
  }
  return Error{EAGAIN, -1, "the engines for this port begin and end all the time"};
}

// ---- How its programs are reached

struct Reception {
  std::string address;
  std::optional<seccomp::Receptionist> receptionist;
  std::string why_not;  // when there is none
};

// Where the filters of static programs are handed over, if this kernel can have such.
Result<Reception> open_reception() {
  Reception out;
  // Not an engine's name: nobody is to take one for the other. There is one in any case, so that a
  // static program deeper in the tree is told what is missing, too, and doesn't slip past the
  // modem.
  out.address = "@a7600-run" + engine::make_address().substr(std::string_view("@a7600").size());
  if (auto sentence = seccomp::missing(seccomp::probe(-1))) {
    out.why_not = *sentence;
    return out;
  }
  auto opened = seccomp::Receptionist::open(out.address);
  if (!opened) return opened.error();
  out.receptionist = std::move(opened.value());
  return out;
}

void set_environment(Via via, const std::string& library, const std::string& engine,
                     const std::string& supervisor) {
  ::setenv("A7600_ENGINE", engine.c_str(), 1);
  ::unsetenv("A7600_SUPERVISOR");
  if (via == Via::kSeccomp) return;
  const char* preload = ::getenv("LD_PRELOAD");
  ::setenv("LD_PRELOAD", add_to_preload(preload == nullptr ? "" : preload, library).c_str(), 1);
  if (!supervisor.empty()) ::setenv("A7600_SUPERVISOR", supervisor.c_str(), 1);
}

}  // namespace

int run(const Result<config::Config>& config, const std::vector<std::string>& command, int reserve,
        Via via) {
  if (!config) return complain(config.error().text, kEngineFailed);
  if (command.empty()) return complain("run: which program? a7600 run [OPTIONS] -- CMD…", 125);
  const auto program = find_program(command.front(), via);
  if (!program) {
    return complain(program.error().text,
                    program.error().posix == ENOENT ? kNotFound : kNotIntercepted);
  }
  const auto library = find_library();
  if (!library) return complain(library.error().text, kEngineFailed);
  auto engine = choose_engine(config.value(), reserve);
  if (!engine) return complain(engine.error().text, kEngineFailed);

  auto reception = via == Via::kPreload ? Result<Reception>(Reception{}) : open_reception();
  if (!reception) return complain(reception.error().text, kEngineFailed);
  if (program.value().filtered && !reception.value().receptionist) {
    return complain(program.value().path + " can't be intercepted: " + reception.value().why_not,
                    kNotIntercepted);
  }
  set_environment(via, library.value(), engine.value().setting(), reception.value().address);

  int channel[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0) {
    return complain(std::string("socketpair: ") + strerror(errno), kEngineFailed);
  }
  UniqueFd own(channel[0]);
  UniqueFd supervisors(channel[1]);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);

  Supervision supervision;
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &supervision.signal_mask);
  const pid_t pid = ::fork();
  if (pid < 0) return complain(std::string("fork: ") + strerror(errno), kEngineFailed);
  if (pid == 0) {
    own.reset();
    if (engine.value().file) engine.value().file->adopt();
    supervision.config = config.value();
    supervision.command = command;
    supervision.program = program.value().path;
    if (program.value().filtered) {
      supervision.command = filtered_command(reception.value().address, program.value().path);
      supervision.command.insert(supervision.command.end(), command.begin(), command.end());
      supervision.program = "/proc/self/exe";
    }
    supervision.receptionist = std::move(reception.value().receptionist);
    supervision.config.engine = config::EngineChoice::kSocket;
    supervision.config.engine_socket = engine.value().address;
    supervision.config.engine_pass = engine.value().pass;
    supervision.channel = supervisors.get();
    supervision.sharing = std::move(engine.value().sharing);
    supervision.lease = std::move(engine.value().lease);
    supervise(std::move(supervision));
    if (engine.value().file) engine.value().file->remove();
    ::_exit(0);
  }
  supervisors.reset();
  reception.value().receptionist.reset();
  if (engine.value().file) engine.value().file->disown();
  engine.value().lease.reset();
  engine.value().sharing.listeners.clear();
  sigset_t passed;
  sigemptyset(&passed);
  for (const int each : kPassedOn) sigaddset(&passed, each);
  UniqueFd signals(::signalfd(-1, &passed, SFD_CLOEXEC | SFD_NONBLOCK));
  sigset_t mask = supervision.signal_mask;
  for (const int each : kPassedOn) sigaddset(&mask, each);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  return Waiter(std::move(own), std::move(signals), pid).wait();
}

}  // namespace a7600::tool
