// SPDX-License-Identifier: MIT
// docs/simulator.md names what there is.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "control.h"
#include "faults.h"
#include "profile.h"

namespace a7600::sim {
namespace {

TEST_CASE("the page on the simulator names every fault, profile and request") {
  std::ifstream file(SIMULATOR_PAGE);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  REQUIRE_FALSE(page.empty());
  for (const FaultInfo& info : fault_table()) {
    INFO(info.name);
    CHECK(page.find('`' + std::string(info.name) + '`') != std::string::npos);
  }
  for (const Profile& profile : profiles()) {
    INFO(profile.name);
    CHECK(page.find('`' + std::string(profile.name) + '`') != std::string::npos);
  }
  for (const std::string_view name : request_names()) {
    INFO(name);
    CHECK(page.find('`' + std::string(name)) != std::string::npos);
  }
}

}  // namespace
}  // namespace a7600::sim
