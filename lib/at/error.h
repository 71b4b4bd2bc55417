// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace a7600::at {

// <err> of CIPOPEN, CIPSEND, CIPCLOSE, NETOPEN, SERVERSTART … Manual chapter 4.
enum class Err {
  kSuccess = 0,
  kNetworkFailure = 1,
  kNetworkNotOpened = 2,
  kWrongParameter = 3,
  kNotSupported = 4,  // real modules: "not open" for CIPSEND and CIPCLOSE, "in use" for CIPOPEN
  kCreateSocket = 5,
  kBindSocket = 6,
  kAlreadyListening = 7,
  kBusy = 8,
  kSocketsOpened = 9,
  kTimeout = 10,
  kDnsParse = 11,
  kUnknown = 12,
};

struct ErrRow {
  Err err;
  std::string_view text;  // the manual's words
  int posix;              // what connect(2) reports for it
};

// The row of `value`; the row of kUnknown for a number the manual doesn't know.
const ErrRow& err_row(int value);

// <err_info> of "+IP ERROR:". Manual chapter 3.
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
  kOperationNotSupported = 13,
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

// Reads the text or the number that AT+CIPCCFG's <errMode> selects.
std::optional<ErrInfo> parse_err_info(std::string_view text);
std::string_view text(ErrInfo info);

}  // namespace a7600::at
