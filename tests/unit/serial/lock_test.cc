// SPDX-License-Identifier: MIT
#include "serial/lock.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <thread>

#include "child.h"
#include "pty.h"

namespace a7600::serial {
namespace {

struct Bench {
  Pty pty;
  UniqueFd fd{::open(pty.device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
  Directory directory;
  std::string file = directory.path() + '/' + lock_file_name(pty.device);

  Result<DeviceLock> acquire() const {
    return DeviceLock::acquire(fd.get(), pty.device, true, directory.path());
  }
  std::string text() const {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void write(const std::string& text) const { std::ofstream(file) << text; }
  void write(const std::string& text, std::chrono::seconds age) const {
    write(text);
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - age);
  }
};

using namespace std::chrono_literals;

// A little more than what a program may take from its lock file to its open(2).
constexpr auto kAfterGrace = 11s;

std::string hdb(pid_t pid) {
  char text[16];
  std::snprintf(text, sizeof text, "%10d\n", pid);
  return text;
}

pid_t dead_pid() {
  Child child([](const auto& tell) { tell(""); });
  const pid_t pid = child.pid();
  child.wait();
  return pid;
}

TEST_CASE("lock files are named as other serial programs name them") {
  CHECK(lock_file_name("/dev/ttyUSB2") == "LCK..ttyUSB2");
  CHECK(lock_file_name("/dev/pts/5") == "LCK..pts_5");
}

TEST_CASE("the lock file holds our pid in ten columns, readable by all, while the lock lasts") {
  const Bench bench;
  {
    Result<DeviceLock> lock = bench.acquire();
    REQUIRE(lock.ok());
    CHECK(bench.text() == hdb(::getpid()));
    struct stat status;
    REQUIRE(::stat(bench.file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0644);
  }
  CHECK(std::filesystem::is_empty(bench.directory.path()));
}

TEST_CASE("a lock file of a live process is EBUSY with its program and pid") {
  const Bench bench;
  const Child child([](const auto& tell) { tell(""); });
  bench.write(hdb(child.pid()));
  Result<DeviceLock> lock = bench.acquire();
  REQUIRE_FALSE(lock.ok());
  CHECK(lock.error().posix == EBUSY);
  CHECK(lock.error().text == bench.pty.device + ": in use by test_serial (pid " +
                                 std::to_string(child.pid()) +
                                 "); run both through `a7600 run` or `a7600 serve`");
  CHECK(bench.text() == hdb(child.pid()));
}

TEST_CASE("a failed attempt holds nothing") {
  const Bench bench;
  {
    const Child child([](const auto& tell) { tell(""); });
    bench.write(hdb(child.pid()));
    CHECK_FALSE(bench.acquire().ok());
  }
  const Bench other{.pty = {}, .fd = UniqueFd(), .directory = {}, .file = {}};
  UniqueFd second(::open(bench.pty.device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  CHECK(DeviceLock::acquire(second.get(), bench.pty.device, true, bench.directory.path()).ok());
}

TEST_CASE("a lock file whose process is gone is taken over, in either form") {
  const Bench bench;
  const pid_t dead = dead_pid();
  SECTION("text") { bench.write(hdb(dead)); }
  SECTION("binary, as before HDB UUCP") {
    bench.write(std::string(reinterpret_cast<const char*>(&dead), sizeof dead));
  }
  SECTION("our own pid, from before a reboot") { bench.write(hdb(::getpid())); }
  Result<DeviceLock> lock = bench.acquire();
  REQUIRE(lock.ok());
  CHECK(bench.text() == hdb(::getpid()));
}

// Seen: lynx ended the child that looked its names up and didn't ask how it had ended; from then on
// the port was EBUSY to lynx itself and, below a process 1 that asks nobody, to all others.
TEST_CASE("a lock file of a process that has ended is taken over before its parent asks") {
  const Bench bench;
  const Child child([&](const auto& tell) { tell(""); });
  bench.write(hdb(child.pid()));
  ::kill(child.pid(), SIGKILL);
  siginfo_t ended;
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child.pid()), &ended, WEXITED | WNOWAIT) == 0);
  Result<DeviceLock> lock = bench.acquire();
  REQUIRE(lock.ok());
  CHECK(lock.value().was_abandoned());
}

// Seen: a program was killed with SIGKILL, another process was given its pid, and the port was
// EBUSY until somebody removed the lock file by hand.
TEST_CASE("a lock file whose pid was given to another process is taken over") {
  const Bench bench;
  const Child child([&](const auto& tell) {
    ::close(bench.fd.get());  // inherited
    tell("");
  });
  bench.write(hdb(child.pid()), 1h);
  Result<DeviceLock> lock = bench.acquire();
  REQUIRE(lock.ok());
  CHECK(lock.value().was_abandoned());
  CHECK(bench.text() == hdb(::getpid()));
}

TEST_CASE("a lock that is abandoned in so many words is taken over, and found to have been") {
  const Bench bench;
  {
    Result<DeviceLock> lock = bench.acquire();
    REQUIRE(lock.ok());
    CHECK_FALSE(lock.value().was_abandoned());
    lock.value().abandon();
  }
  CHECK(bench.text() == hdb(::getpid()));
  Result<DeviceLock> lock = bench.acquire();
  REQUIRE(lock.ok());
  CHECK(lock.value().was_abandoned());
}

// What must not come of that: minicom and pppd write the lock file first and open the device then.
TEST_CASE("a fresh lock file of a process that hasn't opened the device yet is EBUSY") {
  const Bench bench;
  const Child child([&](const auto& tell) {
    ::close(bench.fd.get());
    tell("");
  });
  bench.write(hdb(child.pid()));
  Result<DeviceLock> lock = bench.acquire();
  REQUIRE_FALSE(lock.ok());
  CHECK(lock.error().posix == EBUSY);
  CHECK(bench.text() == hdb(child.pid()));
}

// Nor of a lock that is held for long. The engine's thread has a descriptor table of its own, so
// that /proc/PID/fd doesn't list the device.
TEST_CASE("an old lock file of a process that has the device open is EBUSY") {
  const Bench bench;
  const bool apart = GENERATE(false, true);
  const Child child([&](const auto& tell) {
    if (!apart) return tell("");  // with the descriptor that it has inherited
    std::promise<void> unshared;
    std::promise<void> ended;
    std::thread thread([&] {
      ::unshare(CLONE_FILES);
      unshared.set_value();
      ended.get_future().wait();
    });
    unshared.get_future().wait();
    ::close(bench.fd.get());  // here, not there
    tell("");
    ended.set_value();
    thread.join();
  });
  bench.write(hdb(child.pid()), 1h);
  Result<DeviceLock> lock = bench.acquire();
  REQUIRE_FALSE(lock.ok());
  CHECK(lock.error().posix == EBUSY);
  CHECK(lock.error().text.find("(pid " + std::to_string(child.pid()) + ')') != std::string::npos);
}

// The same with a pid that went to another user's process, whose descriptors can't be looked into.
TEST_CASE("where descriptors are hidden, a process counts if it is older than its lock file") {
  const Bench bench;
  REQUIRE(::chmod(bench.directory.path().c_str(), 0777) == 0);
  const auto try_as_nobody = [&](std::chrono::seconds age) {
    bench.write(hdb(1), age);
    const Child child([&](const auto& tell) {
      if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return tell("still root");
      if (::access("/proc/1/fd", R_OK) == 0) return tell("not hidden");
      const Result<DeviceLock> lock = bench.acquire();
      tell(lock.ok() ? "locked" : strerrorname_np(lock.error().posix));
    });
    return child.told();
  };
  const std::chrono::hours ages(24 * 365 * 20);
  const std::string seen = try_as_nobody(ages);
  if (seen == "still root" || seen == "not hidden") {
    WARN("skipped: there is no process here whose descriptors are hidden from this one: " << seen);
    return;
  }
  CHECK(seen == "locked");
  CHECK(try_as_nobody(kAfterGrace) == "EBUSY");
}

TEST_CASE("a lock file that names no process is left to a person") {
  const Bench bench;
  SECTION("empty") { bench.write(""); }
  SECTION("text") { bench.write("minicom\n"); }
  Result<DeviceLock> lock = bench.acquire();
  REQUIRE_FALSE(lock.ok());
  CHECK(lock.error().posix == EBUSY);
  CHECK(lock.error().text.find(bench.file) != std::string::npos);
  CHECK(std::filesystem::exists(bench.file));
}

TEST_CASE("without a directory to write in, the device is locked all the same") {
  const Bench bench;
  const std::string nowhere = bench.directory.path() + "/none";
  Result<DeviceLock> lock = DeviceLock::acquire(bench.fd.get(), bench.pty.device, true, nowhere);
  REQUIRE(lock.ok());
  UniqueFd second(::open(bench.pty.device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  Result<DeviceLock> again = DeviceLock::acquire(second.get(), bench.pty.device, true, nowhere);
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().posix == EBUSY);
}

TEST_CASE("a crash while the lock file was made is no obstacle to the next") {
  const Bench bench;
  std::ofstream(bench.directory.path() + "/LTMP." + std::to_string(::getpid()) + '.' +
                std::to_string(::gettid()))
      << "half";
  CHECK(bench.acquire().ok());
  CHECK(std::filesystem::is_empty(bench.directory.path()));
}

TEST_CASE("a lock file that became another's is not removed") {
  const Bench bench;
  const Child child([](const auto& tell) { tell(""); });
  {
    Result<DeviceLock> lock = bench.acquire();
    REQUIRE(lock.ok());
    bench.write(hdb(child.pid()));
  }
  CHECK(bench.text() == hdb(child.pid()));
}

TEST_CASE("a forked child doesn't remove its parent's lock file") {
  const Bench bench;
  std::optional<Result<DeviceLock>> lock(bench.acquire());
  REQUIRE(lock->ok());
  const Child child([&](const auto& tell) {
    lock.reset();
    tell("released");
  });
  REQUIRE(child.told() == "released");
  CHECK(bench.text() == hdb(::getpid()));
}

}  // namespace
}  // namespace a7600::serial
