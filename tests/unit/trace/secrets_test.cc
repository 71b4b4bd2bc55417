// SPDX-License-Identifier: MIT
#include "trace/secrets.h"

#include <catch2/catch.hpp>

#include "support/pieces.h"

using namespace a7600::trace;

namespace {

std::string mask(Secrets& secrets, Secrets::Line line, std::string text) {
  secrets.mask(line, text);
  return text;
}

}  // namespace

TEST_CASE("a command's secret is masked, its shape is not") {
  CHECK(masked("AT+CPIN=\"1234\"") == "AT+CPIN=\"****\"");
  CHECK(masked("at+cpin=1234") == "at+cpin=****");
  CHECK(masked("AT+CGAUTH=1,1,\"user\",\"pass word\"") == "AT+CGAUTH=*,*,\"****\",\"*********\"");
  CHECK(masked("AT+CPWD=\"SC\",\"1234\",\"4321\"") == "AT+CPWD=\"**\",\"****\",\"****\"");
  CHECK(masked("AT+CPIN?") == "AT+CPIN?");
  CHECK(masked("AT+CIPOPEN=9,\"TCP\",\"1.2.3.4\",80") == "AT+CIPOPEN=9,\"TCP\",\"1.2.3.4\",80");
}

TEST_CASE("the command and its echo are masked on the line") {
  Secrets secrets;
  CHECK(mask(secrets, Secrets::kSent, "AT+CPIN=\"1234\"\r") == "AT+CPIN=\"1234\"\r");
  secrets.note("AT+CPIN=\"1234\"");
  CHECK(mask(secrets, Secrets::kSent, "AT+CPIN=\"1234\"\r") == "AT+CPIN=\"****\"\r");
  CHECK(mask(secrets, Secrets::kReceived, "AT+CPIN=\"1234\"\r\r\nOK\r\n") ==
        "AT+CPIN=\"****\"\r\r\nOK\r\n");
}

TEST_CASE("an echo is masked wherever it is cut") {
  const std::string echo = "\r\nAAT+CPIN=\"1234\"\r\r\nOK\r\n";
  for (std::size_t cut = 0; cut <= echo.size(); ++cut) {
    Secrets secrets;
    secrets.note("AT+CPIN=\"1234\"");
    std::string seen = mask(secrets, Secrets::kReceived, echo.substr(0, cut));
    seen += mask(secrets, Secrets::kReceived, echo.substr(cut));
    CHECK(seen == "\r\nAAT+CPIN=\"****\"\r\r\nOK\r\n");
  }
}

TEST_CASE("other bytes stay as they are") {
  Secrets secrets;
  secrets.note("AT+CPIN=\"1234\"");
  CHECK(mask(secrets, Secrets::kReceived, "AT+CPIN=\"9999\" 1234") == "AT+CPIN=\"9999\" 1234");
}
