// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

// What every program in this folder shares: the verdict (exit 1 with one line of what was seen, 0
// when main returns), children, and the wait until another task sleeps in the kernel. Nothing here
// touches a socket; see pairs.h for that. The programs ask the kernel and nothing else, so they
// include none of the project's own code.
namespace platform {

// How long to wait for what must happen, and how long to look for what must not.
inline constexpr int kPatienceMs = 5000;
inline constexpr int kQuietMs = 20;

// Ends the process, not just the thread: a fact is broken as soon as one task has seen it broken.
[[noreturn, gnu::format(printf, 1, 2)]] inline void fail(const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
  ::_exit(1);
}

inline void expect_equal(const char* what, long long seen, long long wanted) {
  if (seen != wanted) fail("%s: saw %lld, expected %lld", what, seen, wanted);
}

// For calls whose success the program needs but does not study. Returns `result`.
inline ssize_t ok(ssize_t result, const char* what) {
  if (result < 0) fail("%s failed: %s", what, std::strerror(errno));
  return result;
}
inline int ok_fd(int result, const char* what) { return static_cast<int>(ok(result, what)); }

// For calls that return a count or fail: `wanted` is the count, or the negated errno.
inline void expect_result(const char* what, ssize_t result, long wanted) {
  const long seen = result < 0 ? -long{errno} : long{result};
  if (seen == wanted) return;
  const auto words = [](long value) {
    return value < 0 ? std::string{std::strerror(static_cast<int>(-value))} : std::to_string(value);
  };
  fail("%s: saw %s, expected %s", what, words(seen).c_str(), words(wanted).c_str());
}

// First call of every main: a fact whose broken form is an endless wait is reported, too.
inline void begin() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGALRM, [](int) {
    static constexpr char kLine[] = "no answer within 100 s: something sleeps that must wake\n";
    const ssize_t written = ::write(STDERR_FILENO, kLine, sizeof kLine - 1);
    ::_exit(written < 0 ? 2 : 1);
  });
  ::alarm(100);
}

// Runs `body` in a child that dies with the calling thread. A `fail` in it is an exit status of 1.
inline pid_t start_child(const std::function<void()>& body) {
  std::fflush(stdout);
  const pid_t child = static_cast<pid_t>(ok(::fork(), "fork"));
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  body();
  ::_exit(0);
}

inline int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) expect_equal("waitpid's errno", errno, EINTR);
  return status;
}

// The child has printed its own line; only the status has to go on.
inline void expect_success(pid_t child) {
  const int status = wait_for(child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 1) ::_exit(1);
  if (status != 0) fail("a child ended with wait status %#x", static_cast<unsigned>(status));
}

// 'S' asleep in a call, 'R' running, 0 gone ...: proc(5), the third field of stat.
inline char task_state(pid_t task) {
  char text[512];
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/stat", task);
  std::FILE* file = std::fopen(path, "re");
  if (file == nullptr) return 0;
  const size_t size = std::fread(text, 1, sizeof text - 1, file);
  std::fclose(file);
  text[size] = 0;
  const char* name_end = std::strrchr(text, ')');
  return name_end == nullptr ? '\0' : name_end[2];
}

inline void wait_until_asleep(pid_t task) {
  for (int turn = 0; turn < kPatienceMs; ++turn) {
    if (task_state(task) == 'S') return;
    ::poll(nullptr, 0, 1);
  }
  fail("task %d never slept", task);
}

// One blocking call in a thread of its own, so that the program can see that it sleeps, and what it
// returned in the end.
class BlockedCall {
 public:
  explicit BlockedCall(const std::function<ssize_t()>& call)
      : thread_([this, call] {
          task_ = ::gettid();
          result_ = call();
          error_ = errno;
          finished_ = true;
        }) {}
  ~BlockedCall() {
    if (thread_.joinable()) thread_.join();
  }
  BlockedCall(const BlockedCall&) = delete;
  BlockedCall& operator=(const BlockedCall&) = delete;

  // True once the call is seen asleep, false when it has returned instead.
  bool sleeps() const {
    for (int turn = 0; turn < kPatienceMs && !finished_; ++turn) {
      if (task_ != 0 && task_state(task_) == 'S') return !finished_;
      ::poll(nullptr, 0, 1);
    }
    if (!finished_) fail("a call neither slept nor returned");
    return false;
  }
  pid_t task() const { return task_; }
  // Waits for the call's return: its count, or the negated errno.
  long outcome() {
    thread_.join();
    return result_ < 0 ? -long{error_} : long{result_};
  }

 private:
  std::atomic<pid_t> task_{0};
  std::atomic<ssize_t> result_{0};
  std::atomic<int> error_{0};
  std::atomic<bool> finished_{false};
  std::thread thread_;  // last: the call must find the members above alive
};

// Microseconds per turn of `body`.
inline double microseconds(int turns, const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  for (int turn = 0; turn < turns; ++turn) body();
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
  return spent.count() / turns;
}

}  // namespace platform
