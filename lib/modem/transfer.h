// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "at/command.h"

namespace a7600::modem {

// Which of the module's AT channels something passes over.
enum class Via { kFirst, kSide };

// What a send has under way: taken from the host, and not confirmed by the module.
struct Chunk {
  std::array<std::byte, at::kLargestSend> bytes{};
  std::size_t size = 0;
  std::size_t limit = at::kLargestSend;  // it was taken for
  bool astray = false;                   // it may have gone to the next owner of its link

  std::span<const std::byte> taken() const { return std::span(bytes).first(size); }
};

}  // namespace a7600::modem
