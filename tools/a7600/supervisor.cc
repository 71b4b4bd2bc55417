// SPDX-License-Identifier: MIT
#include "supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "host.h"
#include "seccomp/front.h"

namespace a7600::tool {
namespace {

constexpr int kPauseAfterCrash = 200;  // ms

class Supervisor {
 public:
  explicit Supervisor(Supervision supervision) : is_(std::move(supervision)) {}

  void run();

 private:
  bool hosts() const { return !is_.lease; }
  void report(Report::Kind kind, int value, const std::string& text = {}, bool alone = false) const;
  void receive_filters();
  bool alone() const;
  void abandon_engine(bool alone) const;
  bool start_engine(bool first);
  [[noreturn]] void be_engine(int ready, bool first);
  bool start_command();
  void reap();
  void command_ended(int status);
  void leave_terminal();
  void stop();

  Supervision is_;
  pid_t engine_ = 0;
  pid_t command_ = 0;
  bool childless_ = false;
  bool crashed_ = false;
  bool stopping_ = false;
};

// Whether the engine, if there is one, is the only child left.
bool Supervisor::alone() const {
  const std::string pid = std::to_string(::getpid());
  const UniqueFd file(
      ::open(("/proc/self/task/" + pid + "/children").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : -1;
  if (got < 0) return false;
  const std::string_view children(text.data(), static_cast<std::size_t>(got));
  return children.empty() || children == std::to_string(engine_) + ' ';
}

// It goes on until it is idle; while somebody is left who may need it, not at the first moment.
void Supervisor::abandon_engine(bool alone) const {
  if (engine_ > 0) ::kill(engine_, alone ? SIGUSR1 : SIGUSR2);
}

void Supervisor::report(Report::Kind kind, int value, const std::string& text, bool alone) const {
  Report out;
  out.alone = alone;
  out.kind = kind;
  out.value = value;
  text.copy(out.text.data(), out.text.size() - 1);
  ::send(is_.channel, &out, sizeof(out), MSG_NOSIGNAL);
}

void Supervisor::receive_filters() {
  for (UniqueFd& listener : is_.receptionist->take()) {
    seccomp::serve_listener(std::move(listener), is_.channel,
                            [channel = is_.channel](log::Level, std::string_view text) {
                              Report out;
                              out.kind = Report::Kind::kSaid;
                              text.copy(out.text.data(), out.text.size() - 1);
                              ::send(channel, &out, sizeof(out), MSG_NOSIGNAL | MSG_DONTWAIT);
                            });
  }
}

void Supervisor::be_engine(int ready, bool first) {
  ::prctl(PR_SET_NAME, "a7600-engine");
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::close(is_.channel);
  // A filter that is handed over to nobody would be waited for by its program for ever.
  is_.receptionist.reset();
  ::setsid();
  if (auto logger = open_log(is_.config, false)) {
    Hosting hosting;
    hosting.config = is_.config;
    hosting.logger = logger.value();
    const bool to_stderr = hosting.logger.is_open() && is_.config.log_file.empty();
    detach_stdio(to_stderr);
    [[maybe_unused]] const int root = ::chdir("/");
    hosting.sharing = std::move(is_.sharing);
    hosting.open_port = first;
    hosting.ready = [ready](const Status& status) {
      const std::string text = status ? "" : status.error().text;
      [[maybe_unused]] const ssize_t put = ::write(ready, text.data(), text.size());
      ::close(ready);
    };
    // Nothing of the terminal's, or of a pipe that somebody reads to its end, is kept open then.
    hosting.abandoned = [] { detach_stdio(false); };
    ::_exit(host_engine(std::move(hosting)));
  } else {
    const std::string& text = logger.error().text;
    [[maybe_unused]] const ssize_t put = ::write(ready, text.data(), text.size());
  }
  ::_exit(1);
}

// With `first`, waits until it has opened the port, and reports what keeps it from that.
bool Supervisor::start_engine(bool first) {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) return false;
  const UniqueFd reading(ready[0]);
  UniqueFd writing(ready[1]);
  engine_ = ::fork();
  if (engine_ == 0) be_engine(writing.release(), first);
  if (engine_ < 0) {
    engine_ = 0;
    report(Report::Kind::kFailed, 125, std::string("fork: ") + strerror(errno));
    return false;
  }
  childless_ = false;
  writing.reset();
  if (!first) return true;
  std::string text;
  char part[512];
  for (ssize_t got = 0; (got = ::read(reading.get(), part, sizeof(part))) != 0;) {
    if (got > 0) text.append(part, static_cast<std::size_t>(got));
    if (got < 0 && errno != EINTR) break;
  }
  // One that crashed before said nothing either.
  const bool alive = ::waitpid(engine_, nullptr, WNOHANG) == 0;
  if (text.empty() && alive) return true;
  report(Report::Kind::kFailed, 125, text.empty() ? "the engine could not start" : text);
  return false;
}

bool Supervisor::start_command() {
  int failure[2];
  if (::pipe2(failure, O_CLOEXEC) != 0) return false;
  const UniqueFd reading(failure[0]);
  UniqueFd writing(failure[1]);
  std::vector<char*> argv;
  for (std::string& word : is_.command) argv.push_back(word.data());
  argv.push_back(nullptr);
  command_ = ::fork();
  if (command_ == 0) {
    ::sigprocmask(SIG_SETMASK, &is_.signal_mask, nullptr);
    ::execvp(is_.program.c_str(), argv.data());
    const int posix = errno;
    [[maybe_unused]] const ssize_t put = ::write(writing.get(), &posix, sizeof(posix));
    ::_exit(127);
  }
  writing.reset();
  int posix = 0;
  if (command_ < 0) {
    posix = errno;
  } else if (::read(reading.get(), &posix, sizeof(posix)) != sizeof(posix)) {
    report(Report::Kind::kStarted, command_);
    return true;
  }
  report(Report::Kind::kFailed, posix == ENOENT ? 127 : 126,
         is_.command.front() + ": " + strerror(posix));
  return false;
}

// The terminal and the pipes that came from there belong to CMD alone from now on.
void Supervisor::leave_terminal() {
  ::setsid();
  detach_stdio(false);
  [[maybe_unused]] const int root = ::chdir("/");
}

void Supervisor::stop() {
  stopping_ = true;
  if (engine_ > 0) ::kill(engine_, SIGTERM);
}

void Supervisor::command_ended(int status) {
  command_ = 0;
  const bool last = alone();
  report(Report::Kind::kEnded, status, {}, last);
  abandon_engine(last);
  if (last) return;
  ::close(is_.channel);
  is_.channel = -1;
}

void Supervisor::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) childless_ = true;
    if (pid <= 0) return;
    if (WIFSTOPPED(status)) {
      if (pid == command_) report(Report::Kind::kStopped, WSTOPSIG(status));
    } else if (pid == command_) {
      command_ended(status);
    } else if (pid == engine_) {
      engine_ = 0;
      crashed_ = status != 0;
    } else if (command_ == 0 && alone()) {
      abandon_engine(true);
    }
  }
}

void Supervisor::run() {
  ::prctl(PR_SET_NAME, "a7600-run");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t read;
  sigemptyset(&read);
  for (const int each : {SIGCHLD, SIGTERM}) sigaddset(&read, each);
  const UniqueFd signals(::signalfd(-1, &read, SFD_CLOEXEC | SFD_NONBLOCK));
  if (hosts() && !start_engine(true)) return;
  if (is_.receptionist) seccomp::set_up(is_.config);
  if (!start_command()) return stop();
  leave_terminal();

  for (;;) {
    reap();
    // Before CMD has ended the engine is there in any case; later only if somebody calls it.
    const bool engine_wanted = hosts() && engine_ == 0 && !stopping_ && !childless_;
    if (childless_ || (stopping_ && engine_ == 0)) return;
    if (engine_wanted && crashed_) ::poll(nullptr, 0, kPauseAfterCrash);
    std::vector<pollfd> polls{{signals.get(), POLLIN, 0}};
    const auto watch = [&polls](const std::vector<UniqueFd>& fds) {
      for (const UniqueFd& fd : fds) polls.push_back({fd.get(), POLLIN, 0});
    };
    if (engine_wanted) watch(is_.sharing.listeners);
    const std::size_t filters = polls.size();
    if (is_.receptionist) watch(is_.receptionist->watched());
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) return;
    signalfd_siginfo info{};
    while (::read(signals.get(), &info, sizeof(info)) == sizeof(info)) {
      if (info.ssi_signo == SIGTERM) stop();
    }
    const auto called = [](const pollfd& poll) { return poll.revents != 0; };
    const auto middle = polls.begin() + static_cast<std::ptrdiff_t>(filters);
    if (std::any_of(middle, polls.end(), called)) receive_filters();
    if (std::any_of(polls.begin() + 1, middle, called)) {
      crashed_ = false;
      start_engine(false);
      if (command_ == 0) abandon_engine(false);
    }
  }
}

}  // namespace

void supervise(Supervision supervision) { Supervisor(std::move(supervision)).run(); }

}  // namespace a7600::tool
