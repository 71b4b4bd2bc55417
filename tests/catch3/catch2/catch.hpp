// SPDX-License-Identifier: MIT
// The tests are written for Catch2 2, which Debian 12 has. Where there is Catch2 3, this stands in
// the place of its one header, which that has no more.
#pragma once

#include <catch2/catch_all.hpp>
#include <string>

using Catch::Approx;

namespace Catch {
inline auto Contains(const std::string& text) { return Matchers::ContainsSubstring(text); }
}  // namespace Catch

#ifdef CATCH_CONFIG_MAIN
int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
#endif
