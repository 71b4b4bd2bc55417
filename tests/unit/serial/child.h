// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "base/unique_fd.h"

namespace a7600::serial {

// A forked process that does something, says that it is done, and then waits to be ended.
class Child {
 public:
  // `work` runs in the child and returns a line to tell. The constructor returns when it was told.
  template <typename Work>
  explicit Child(Work work) {
    int told[2];
    int end[2];
    REQUIRE(::pipe(told) == 0);
    REQUIRE(::pipe(end) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(told[0]);
      ::close(end[1]);
      work([&](const std::string& line) {
        // With its NUL: the end of the pipe may stay open in another descriptor table.
        [[maybe_unused]] const ssize_t size = ::write(told[1], line.c_str(), line.size() + 1);
        char byte;
        [[maybe_unused]] const ssize_t ended = ::read(end[0], &byte, 1);
      });
      ::_exit(0);
    }
    ::close(told[1]);
    ::close(end[0]);
    end_.reset(end[1]);
    UniqueFd from(told[0]);
    for (char c; ::read(from.get(), &c, 1) == 1 && c != '\0';) told_ += c;
  }
  ~Child() { wait(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& told() const { return told_; }

  // Lets it go on to its end.
  void wait() {
    end_.reset();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    wait();
  }

 private:
  pid_t pid_ = -1;
  UniqueFd end_;
  std::string told_;
};

}  // namespace a7600::serial
