// SPDX-License-Identifier: MIT
#include "seccomp/features.h"

#include <catch2/catch.hpp>

namespace a7600::seccomp {
namespace {

constexpr Features kLinux4{};
constexpr Features kLinux5_0{.notify = true};
constexpr Features kLinux5_6{.notify = true, .get_descriptor = true};
constexpr Features kLinux5_9{.notify = true, .get_descriptor = true, .add_descriptor = true};
constexpr Features kLinux5_19{.notify = true,
                              .get_descriptor = true,
                              .add_descriptor = true,
                              .send_descriptor = true,
                              .wait_killable = true};

void check_says(const Features& features, const std::string& what) {
  const auto sentence = missing(features);
  REQUIRE(sentence);
  CHECK_THAT(*sentence, Catch::Contains("the kernel is too old"));
  CHECK_THAT(*sentence, Catch::Contains(what));
}

TEST_CASE("the first thing that an old kernel lacks is named with the version that has it") {
  check_says(kLinux4, "user notification (Linux 5.0)");
  check_says(kLinux5_0, "pidfd_getfd (Linux 5.6)");
  check_says(kLinux5_6, "SECCOMP_IOCTL_NOTIF_ADDFD (Linux 5.9)");
}

TEST_CASE("what can be done without is not missed") {
  CHECK_FALSE(missing(kLinux5_9));
  CHECK_FALSE(missing(kLinux5_19));
}

TEST_CASE("a machine whose system calls are not known is told so, whatever its kernel can do") {
  Features features = kLinux5_19;
  features.known_machine = false;
  const auto sentence = missing(features);
  REQUIRE(sentence);
  CHECK_THAT(*sentence, Catch::Contains("on x86-64 and ARM 64 only"));
}

TEST_CASE("the kernel that runs is asked without a filter being set") {
  const Features features = probe(-1);
  CHECK(features.notify);
  CHECK(features.get_descriptor);
}

}  // namespace
}  // namespace a7600::seccomp
