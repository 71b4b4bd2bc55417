// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace a7600::tool {

// The hidden command `a7600 filtered SUPERVISOR PATH ARGV…`, by which the preload library and
// `a7600 run` start a program whose calls the library can't see: puts the filter of lib/seccomp on
// this process, hands its listener to the supervisor, and becomes the program. Returns an exit
// status if it can't, having said why.
int become_filtered(const std::vector<char*>& words);

// The words of that command, before the program's own argv.
std::vector<std::string> filtered_command(const std::string& supervisor, const std::string& path);

}  // namespace a7600::tool
