// SPDX-License-Identifier: MIT
#include "at/error.h"

#include <array>
#include <cerrno>
#include <charconv>

namespace a7600::at {
namespace {

constexpr std::array<ErrRow, 13> kErrRows = {{
    {Err::kSuccess, "operation succeeded", 0},
    {Err::kNetworkFailure, "Network failure", ECONNREFUSED},
    {Err::kNetworkNotOpened, "Network not opened", ENETDOWN},
    {Err::kWrongParameter, "Wrong parameter", EINVAL},
    {Err::kNotSupported, "Operation not supported", EOPNOTSUPP},
    {Err::kCreateSocket, "Failed to create socket", ENOBUFS},
    {Err::kBindSocket, "Failed to bind socket", EADDRINUSE},
    {Err::kAlreadyListening, "TCP server is already listening", EADDRINUSE},
    {Err::kBusy, "Busy", EAGAIN},
    {Err::kSocketsOpened, "Sockets opened", EISCONN},
    {Err::kTimeout, "Timeout", ETIMEDOUT},
    {Err::kDnsParse, "DNS parse failed for AT+CIPOPEN", EHOSTUNREACH},
    {Err::kUnknown, "Unknown error", EIO},
}};

constexpr bool rows_are_indexed_by_err() {
  for (std::size_t i = 0; i < kErrRows.size(); ++i) {
    if (static_cast<std::size_t>(kErrRows[i].err) != i) return false;
  }
  return true;
}
static_assert(rows_are_indexed_by_err());

constexpr std::array<std::string_view, 23> kErrInfo = {
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
static_assert(kErrInfo.size() == static_cast<std::size_t>(ErrInfo::kNoData) + 1);

}  // namespace

const ErrRow& err_row(int value) {
  const auto index = static_cast<std::size_t>(value);
  return value >= 0 && index < kErrRows.size() ? kErrRows[index] : kErrRows.back();
}

std::optional<ErrInfo> parse_err_info(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) {
    if (number >= kErrInfo.size()) return std::nullopt;
    return static_cast<ErrInfo>(number);
  }
  for (std::size_t i = 0; i < kErrInfo.size(); ++i) {
    if (kErrInfo[i] == text) return static_cast<ErrInfo>(i);
  }
  return std::nullopt;
}

std::string_view text(ErrInfo info) { return kErrInfo[static_cast<std::size_t>(info)]; }

}  // namespace a7600::at
