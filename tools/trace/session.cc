// SPDX-License-Identifier: MIT
#include "session.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "config/config.h"
#include "engine_link.h"
#include "library.h"
#include "model.h"
#include "summary.h"
#include "trace/reader.h"

extern char** environ;

namespace a7600::tracer {
namespace {

constexpr int kNoEngine = 125;
constexpr int kNotRunnable = 126;
constexpr int kNotFound = 127;
constexpr int kTickMs = 250;
constexpr off_t kHole = 4 * 1024 * 1024;

int complain(const std::string& text, int status) {
  std::fprintf(stderr, "a7600-trace: %s\n", text.c_str());
  return status;
}

void write_all(int fd, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t put = ::write(fd, text.data() + done, text.size() - done);
    if (put < 0 && errno != EINTR) return;
    if (put > 0) done += static_cast<std::size_t>(put);
  }
}

std::optional<std::string> environment(std::string_view name) {
  const char* value = ::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

// The file that the engine writes to: the one of -o, created as strace would but for its owner
// alone, or one without a name.
Result<UniqueFd> create_file(const std::string& name) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CLOEXEC;
  if (name.empty()) {
    const char* directory = ::getenv("TMPDIR");
    std::string path = directory != nullptr && *directory != '\0' ? directory : "/tmp";
    UniqueFd fd(::open(path.c_str(), kFlags | O_TMPFILE, 0600));
    if (fd) return fd;
    path += "/a7600-trace.XXXXXX";
    fd.reset(::mkostemp(path.data(), O_APPEND | O_CLOEXEC));
    if (!fd) return Error{errno, -1, path + ": " + strerror(errno)};
    ::unlink(path.c_str());
    return fd;
  }
  struct stat status;
  const bool there = ::lstat(name.c_str(), &status) == 0;
  if (there && !S_ISREG(status.st_mode)) return Error{EINVAL, -1, name + ": not a regular file"};
  if (there) ::unlink(name.c_str());
  UniqueFd fd(::open(name.c_str(), kFlags | O_CREAT | O_EXCL, 0600));
  if (!fd) return Error{errno, -1, name + ": " + strerror(errno)};
  return fd;
}

// The environment of the command: our library, our engine, and calls that are reported.
std::vector<std::string> child_environment(const std::string& library, const std::string& engine) {
  std::vector<std::string> out;
  std::string preload = "LD_PRELOAD=";
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with("A7600_ENGINE=") || text.starts_with("A7600_TRACE=")) continue;
    if (text.starts_with("LD_PRELOAD=")) {
      preload = text;
      continue;
    }
    out.emplace_back(text);
  }
  // Behind what is there: a sanitizer's runtime must stay the first.
  if (preload.find("liba7600sock.so") == std::string::npos) {
    if (!preload.ends_with('=')) preload += ' ';
    preload += library;
  }
  out.push_back(preload);
  out.push_back("A7600_ENGINE=" + engine);
  // Makes the library report its calls. The engine has the file; one that a program starts on its
  // own, against our wish, must not write over it.
  out.emplace_back("A7600_TRACE=/dev/null");
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Starts the command. Its pid, or the status to end with.
Result<pid_t> start(const SessionOptions& options, const std::string& library,
                    const std::string& engine, const sigset_t& signals) {
  std::vector<std::string> words = options.command;
  std::vector<std::string> variables = child_environment(library, engine);
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(variables);
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return Error{kNoEngine, -1, strerror(errno)};
  const UniqueFd report_read(report[0]);
  UniqueFd report_write(report[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return Error{kNoEngine, -1, strerror(errno)};
  if (pid == 0) {
    ::sigprocmask(SIG_SETMASK, &signals, nullptr);
    ::execvpe(argv[0], argv.data(), envp.data());
    const int posix = errno;
    [[maybe_unused]] const ssize_t put = ::write(report[1], &posix, sizeof(posix));
    ::_exit(kNotFound);
  }
  report_write.reset();
  int posix = 0;
  if (::read(report_read.get(), &posix, sizeof(posix)) != sizeof(posix)) return pid;
  ::waitpid(pid, nullptr, 0);
  return Error{posix == ENOENT ? kNotFound : kNotRunnable, -1,
               options.command[0] + ": " + strerror(posix)};
}

int status_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

trace::Time wall_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return trace::Time{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Follows the trace and prints it.
class Follower {
 public:
  Follower(const SessionOptions& options, trace::Reader reader, int file)
      : options_(options), reader_(std::move(reader)), view_(options.text, text_), file_(file) {}

  void advance() {
    trace::Item item;
    while (reader_.next(item) == trace::Reader::Step::kItem) {
      if (options_.counts) {
        model_.add(item);
      } else {
        view_.show(item);
        if (text_.size() > 65536) print();
      }
    }
    print();
    if (options_.file.empty()) forget();
  }

  void tick() {
    if (!options_.counts) view_.pass_time(wall_clock());
    print();
  }

  void finish() {
    advance();
    if (options_.counts) {
      text_ = summary(model_, reader_.baud());
    } else {
      view_.finish();
    }
    print();
  }

 private:
  void print() {
    write_all(STDERR_FILENO, text_);
    text_.clear();
  }

  // A trace that nobody wants to keep shall not fill the disk: what was read is given back.
  void forget() {
    struct stat status;
    if (::fstat(file_, &status) != 0 || status.st_size - forgotten_ < kHole) return;
    const off_t whole = status.st_size / 4096 * 4096;
    ::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, forgotten_,
                whole - forgotten_ - kHole / 2);
    forgotten_ = whole - kHole / 2;
  }

  const SessionOptions& options_;
  trace::Reader reader_;
  Model model_;
  std::string text_;
  TextView view_;
  int file_;
  off_t forgotten_ = 0;
};

}  // namespace

int run_session(const SessionOptions& options) {
  auto config = config::load(environment);
  if (!config) return complain(config.error().text, kNoEngine);
  const auto library = find_library();
  if (!library) return complain(library.error().text, kNoEngine);
  auto file = create_file(options.file);
  if (!file) return complain(file.error().text, kNoEngine);
  const std::string path = "/proc/self/fd/" + std::to_string(file.value().get());
  auto reader = trace::Reader::open(path);
  if (!reader) return complain(reader.error().text, kNoEngine);
  const UniqueFd changes(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!changes || ::inotify_add_watch(changes.get(), path.c_str(), IN_MODIFY) < 0) {
    return complain(std::string("inotify: ") + strerror(errno), kNoEngine);
  }

  // Interrupts from the terminal are the command's; they reach it without us.
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t ours;
  sigset_t before;
  sigemptyset(&ours);
  for (const int number : {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP}) sigaddset(&ours, number);
  ::sigprocmask(SIG_BLOCK, &ours, &before);
  const UniqueFd signals(::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);

  auto engine = EngineLink::open(config.value(), file.value().get(), options.payload);
  if (!engine) return complain(engine.error().text, kNoEngine);
  const auto pid = start(options, library.value(), engine.value().setting(), before);
  if (!pid) {
    engine.value().finish();
    return complain(pid.error().text, pid.error().posix);
  }

  Follower follower(options, std::move(reader.value()), file.value().get());
  int status = 0;
  for (bool running = true; running;) {
    pollfd polls[] = {{changes.get(), POLLIN, 0}, {signals.get(), POLLIN, 0}};
    ::poll(polls, 2, kTickMs);
    char events[4096];
    while (::read(changes.get(), events, sizeof(events)) > 0) {
    }
    signalfd_siginfo signal{};
    while (::read(signals.get(), &signal, sizeof(signal)) == sizeof(signal)) {
      const auto number = static_cast<int>(signal.ssi_signo);
      if (number == SIGTERM || number == SIGHUP) ::kill(pid.value(), number);
    }
    int wait_status = 0;
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, &wait_status, WNOHANG)) > 0) {
      if (ended == pid.value()) status = status_of(wait_status);
    }
    running = ended == 0;
    follower.advance();
    follower.tick();
  }
  engine.value().finish();
  follower.finish();
  return status;
}

}  // namespace a7600::tracer
