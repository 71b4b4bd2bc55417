// SPDX-License-Identifier: MIT
#include "at/error.h"

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

namespace a7600::at {
namespace {

TEST_CASE("every <err> has the manual's words and an errno") {
  const struct {
    int err;
    const char* text;
    int posix;
  } rows[] = {
      {0, "operation succeeded", 0},
      {1, "Network failure", ECONNREFUSED},
      {2, "Network not opened", ENETDOWN},
      {3, "Wrong parameter", EINVAL},
      {4, "Operation not supported", EOPNOTSUPP},
      {5, "Failed to create socket", ENOBUFS},
      {6, "Failed to bind socket", EADDRINUSE},
      {7, "TCP server is already listening", EADDRINUSE},
      {8, "Busy", EAGAIN},
      {9, "Sockets opened", EISCONN},
      {10, "Timeout", ETIMEDOUT},
      {11, "DNS parse failed for AT+CIPOPEN", EHOSTUNREACH},
      {12, "Unknown error", EIO},
  };
  for (const auto& row : rows) {
    INFO(row.err);
    CHECK(static_cast<int>(err_row(row.err).err) == row.err);
    CHECK(err_row(row.err).text == row.text);
    CHECK(err_row(row.err).posix == row.posix);
  }
}

TEST_CASE("an <err> beyond the manual is an unknown error") {
  for (const int err : {-1, 13, 100, 1 << 30, -(1 << 30)}) {
    INFO(err);
    CHECK(err_row(err).err == Err::kUnknown);
  }
}

TEST_CASE("every <err_info> is known by the manual's words and number") {
  const struct {
    int number;
    const char* text;
  } rows[] = {
      {21, "Operation failed"},
      {0, "Connection time out"},
      {1, "Bind port failed"},
      {2, "Port overflow"},
      {3, "Create socket failed"},
      {4, "Network is already opened"},
      {5, "Network is already closed"},
      {6, "No clients connected"},
      {7, "No active client"},
      {8, "Network not opened"},
      {9, "Client index overflow"},
      {10, "Connection is already created"},
      {11, "Connection is not created"},
      {12, "Invalid parameter"},
      {13, "Operation not supported"},
      {14, "DNS query failed"},
      {15, "TCP busy"},
      {16, "Net close failed for socket opened"},
      {17, "Sending time out"},
      {18, "Sending failure for network error"},
      {19, "Open failure for network error"},
      {20, "Server is already listening"},
      {22, "No data"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    const auto by_text = parse_err_info(row.text);
    REQUIRE(by_text.has_value());
    CHECK(static_cast<int>(*by_text) == row.number);
    CHECK(parse_err_info(std::to_string(row.number)) == by_text);
    CHECK(text(*by_text) == row.text);
  }
}

TEST_CASE("an <err_info> that the manual doesn't have is none") {
  for (const char* wrong : {"", "23", "-1", "4294967296", "99999999999999999999999", "0x1", "1 2",
                            "no data", "No data ", "No"}) {
    INFO(wrong);
    CHECK_FALSE(parse_err_info(wrong).has_value());
  }
}

}  // namespace
}  // namespace a7600::at
