// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace a7600::sim {

// <err>, chapter 4 of the manual.
enum class Err {
  kSucceeded = 0,
  kNetworkFailure = 1,
  kNetworkNotOpened = 2,
  kWrongParameter = 3,
  kNotSupported = 4,
  kSocketFailed = 5,
  kBindFailed = 6,
  kAlreadyListening = 7,
  kBusy = 8,
  kSocketsOpened = 9,
  kTimeout = 10,
  kDnsFailed = 11,
  kUnknown = 12,
};

// <err_info>, chapter 3. The numbers are those of numeric reporting (AT+CIPCCFG's <errMode> 0).
enum class ErrInfo {
  kConnectionTimeOut = 0,
  kBindPortFailed = 1,
  kPortOverflow = 2,
  kCreateSocketFailed = 3,
  kNetworkAlreadyOpened = 4,
  kNetworkAlreadyClosed = 5,
  kNoClientsConnected = 6,
  kNoActiveClient = 7,
  kNetworkNotOpened = 8,
  kClientIndexOverflow = 9,
  kConnectionAlreadyCreated = 10,
  kConnectionNotCreated = 11,
  kInvalidParameter = 12,
  kNotSupported = 13,
  kDnsQueryFailed = 14,
  kTcpBusy = 15,
  kNetCloseFailed = 16,
  kSendingTimeOut = 17,
  kSendingFailure = 18,
  kOpenFailure = 19,
  kServerAlreadyListening = 20,
  kOperationFailed = 21,
  kNoData = 22,
};

// The string of chapter 3, letter for letter.
std::string_view words(ErrInfo info);

// +IPCLOSE's <close_reason>, chapter 5.
enum class CloseReason { kByLocal = 0, kByRemote = 1, kSendTimeoutOrDtr = 2 };

}  // namespace a7600::sim
