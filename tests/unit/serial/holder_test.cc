// SPDX-License-Identifier: MIT
#include "serial/holder.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "child.h"
#include "pty.h"
#include "serial/port.h"

namespace a7600::serial {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a device that only we have open has no other holder") {
  const Pty pty;
  const UniqueFd fd(::open(pty.device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  CHECK_FALSE(find_holder(pty.device).has_value());
}

TEST_CASE("a process that locks nothing is found by what it has open") {
  const Pty pty;
  const Child child([&](const auto& tell) {
    const UniqueFd fd(::open(pty.device.c_str(), O_RDWR | O_NOCTTY));
    tell(fd ? "open" : "not open");
  });
  REQUIRE(child.told() == "open");
  CHECK(find_holder(pty.device) == child.pid());
}

// As in a container: each instance of devpts counts from 0.
std::string open_in_another_devpts(const std::string& directory, int number) {
  if (::unshare(CLONE_NEWNS) != 0) return "no namespace";
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "not private";
  if (::mount("devpts", directory.c_str(), "devpts", 0, "ptmxmode=0600") != 0) return "no devpts";
  const std::string ptmx = directory + "/ptmx";
  std::vector<UniqueFd> masters;
  int reached = -1;
  while (reached < number) {
    masters.emplace_back(::open(ptmx.c_str(), O_RDWR | O_NOCTTY));
    if (::ioctl(masters.back().get(), TIOCGPTN, &reached) != 0) return "no terminal";
  }
  ::unlockpt(masters.back().get());
  return ::ioctl(masters.back().get(), TIOCGPTPEER, O_RDWR | O_NOCTTY) >= 0 ? "open" : "not open";
}

TEST_CASE("a pseudo terminal of the same number in another devpts is another") {
  if (::geteuid() != 0) {
    WARN("skipped: only root mounts a devpts");
    return;
  }
  const Pty pty;
  const Directory directory;
  const int number = std::stoi(pty.device.substr(pty.device.rfind('/') + 1));
  const Child child(
      [&](const auto& tell) { tell(open_in_another_devpts(directory.path(), number)); });
  REQUIRE(child.told() == "open");
  CHECK_FALSE(find_holder(pty.device).has_value());
}

TEST_CASE("a thread with a descriptor table of its own, as the engine has, is found too") {
  const Pty pty;
  const Child child([&](const auto& tell) {
    std::thread([&] {
      const bool own = ::unshare(CLONE_FILES) == 0;
      const UniqueFd fd(::open(pty.device.c_str(), O_RDWR | O_NOCTTY));
      tell(own && fd ? "open" : "not open");
    }).join();
  });
  REQUIRE(child.told() == "open");
  CHECK(find_holder(pty.device) == child.pid());
}

TEST_CASE("a process is alive while any thread of it is, the first or another") {
  const Child child([](const auto& tell) {
    std::thread([&] {
      tell("");
      ::_exit(0);
    }).detach();
    ::syscall(SYS_exit, 0);  // this thread's alone
  });
  const std::string state = "/proc/" + std::to_string(child.pid()) + "/stat";
  const auto first_has_ended = [&] {
    std::ifstream stream(state);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    return text.find(") Z ") != std::string::npos;
  };
  while (!first_has_ended()) std::this_thread::yield();
  CHECK(is_alive(child.pid()));
}

TEST_CASE("the end of a child is waited for, a moment, and nobody else's is") {
  Child child([](const auto& tell) { tell(""); });
  CHECK_FALSE(outlives_child(child.pid(), 0ms));
  ::kill(child.pid(), SIGKILL);
  CHECK(outlives_child(child.pid(), 1min));
  CHECK_FALSE(outlives_child(::getppid(), 1min));
}

TEST_CASE("the sentence names program and pid, or says that it doesn't know") {
  const Error known = in_use("/dev/ttyUSB2", ::getpid());
  CHECK(known.posix == EBUSY);
  CHECK(known.text.find("/dev/ttyUSB2: in use by ") == 0);
  CHECK(known.text.find(" (pid " + std::to_string(::getpid()) +
                        "); run both through `a7600 run`") != std::string::npos);
  CHECK(in_use("/dev/ttyUSB2", std::nullopt).text ==
        "/dev/ttyUSB2: in use by another program; run both through `a7600 run` or `a7600 serve`");
}

TEST_CASE("ModemManager is told apart, since another advice helps") {
  const Child child([&](const auto& tell) {
    ::prctl(PR_SET_NAME, "ModemManager");
    tell("named");
  });
  REQUIRE(child.told() == "named");
  const std::string text = in_use("/dev/ttyUSB2", child.pid()).text;
  CHECK(text.find("in use by ModemManager (pid ") != std::string::npos);
  CHECK(text.find("78-a7600.rules") != std::string::npos);
}

// It is root's: what it has open is hidden from who may open the port otherwise.
TEST_CASE("ModemManager is suspected where a holder is hidden, and not where it is seen not to") {
  const Pty pty;
  const Child manager([&](const auto& tell) {
    ::prctl(PR_SET_NAME, "ModemManager");
    tell("named");
  });
  REQUIRE(manager.told() == "named");
  const auto text_for_stranger = [&] {
    const Child stranger([&](const auto& tell) {
      if (::getuid() == 0 && ::setuid(65534) != 0) return tell("setuid");
      tell(in_use(pty.device, std::nullopt).text);
    });
    return stranger.told();
  };
  if (::getuid() == 0) {
    const std::string text = text_for_stranger();
    CHECK(text.find("in use by another program, probably ModemManager (pid ") != std::string::npos);
    CHECK(text.find("78-a7600.rules") != std::string::npos);
  }
  CHECK(in_use(pty.device, std::nullopt).text.find("ModemManager") == std::string::npos);
}

TEST_CASE("a port that a program opened exclusively is EBUSY") {
  const Pty pty;
  const UniqueFd other(::open(pty.device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(::chmod(pty.device.c_str(), 0666) == 0);
  REQUIRE(::ioctl(other.get(), TIOCEXCL) == 0);
  const Child child([&](const auto& tell) {
    // The kernel lets root in all the same.
    if (::getuid() == 0 && ::setuid(65534) != 0) return tell("setuid");
    config::Config config;
    config.port = pty.device;
    Result<Port> port = Port::open(config);
    tell(port.ok() ? "open" : std::to_string(port.error().posix) + ' ' + port.error().text);
  });
  CHECK(child.told().find(std::to_string(EBUSY) + ' ' + pty.device + ": in use by ") == 0);
}

}  // namespace
}  // namespace a7600::serial
