// SPDX-License-Identifier: MIT
#include "errors.h"

#include <array>
#include <cstddef>

namespace a7600::sim {
namespace {

constexpr std::array<std::string_view, 23> kWords = {
    "Connection time out",
    "Bind port failed",
    "Port overflow",
    "Create socket failed",
    "Network is already opened",
    "Network is already closed",
    "No clients connected",
    "No active client",
    "Network not opened",
    "Client index overflow",
    "Connection is already created",
    "Connection is not created",
    "Invalid parameter",
    "Operation not supported",
    "DNS query failed",
    "TCP busy",
    "Net close failed for socket opened",
    "Sending time out",
    "Sending failure for network error",
    "Open failure for network error",
    "Server is already listening",
    "Operation failed",
    "No data",
};
static_assert(static_cast<std::size_t>(ErrInfo::kNoData) + 1 == kWords.size());

}  // namespace

std::string_view words(ErrInfo info) { return kWords[static_cast<std::size_t>(info)]; }

}  // namespace a7600::sim
