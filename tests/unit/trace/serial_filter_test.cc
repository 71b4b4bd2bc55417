// SPDX-License-Identifier: MIT
#include "trace/serial_filter.h"

#include <catch2/catch.hpp>

using namespace a7600::trace;

namespace {

// What is payload becomes '#'.
std::string hidden(SerialFilter& filter, const std::string& text) {
  std::string out;
  for (const auto& piece : filter.cut(std::as_bytes(std::span(text)))) {
    const std::string_view bytes(reinterpret_cast<const char*>(piece.bytes.data()),
                                 piece.bytes.size());
    out += piece.payload ? std::string(bytes.size(), '#') : std::string(bytes);
  }
  return out;
}

}  // namespace

TEST_CASE("payloads are found by their headers") {
  SerialFilter filter;
  CHECK(hidden(filter, "\r\n+CIPRXGET: 2,9,5,0\r\nab\ncd\r\nOK\r\n") ==
        "\r\n+CIPRXGET: 2,9,5,0\r\n#####\r\nOK\r\n");
  CHECK(hidden(filter, "\r\n+CIPRXGET: 3,9,2,0\r\n6162\r\nOK\r\n") ==
        "\r\n+CIPRXGET: 3,9,2,0\r\n####\r\nOK\r\n");
  CHECK(hidden(filter, "RECV FROM:1.2.3.4:80\r\n+IPD4\r\nabcd") ==
        "RECV FROM:1.2.3.4:80\r\n+IPD4\r\n####");
  CHECK(hidden(filter, "\r\n+RECEIVE,0,3:\r\nabc\r\n") == "\r\n+RECEIVE,0,3:\r\n###\r\n");
  CHECK(hidden(filter, "\r\n+CIPRXGET: 1,9\r\n") == "\r\n+CIPRXGET: 1,9\r\n");
  CHECK(hidden(filter, "+CIPRXGET: 4,9,7\r\nabcdefgh\r\n") == "+CIPRXGET: 4,9,7\r\nabcdefgh\r\n");
}

TEST_CASE("a payload that looks like a header announces nothing") {
  SerialFilter filter;
  CHECK(hidden(filter, "+IPD17\r\n\r\n+IPD9999\r\n12345OK\r\n") ==
        "+IPD17\r\n#################OK\r\n");
}

TEST_CASE("pieces make no difference") {
  const std::string text = "\r\n+CIPRXGET: 2,9,5,0\r\nab\ncd\r\nOK\r\n+IPD3\r\nxyz\r\nRDY\r\n";
  SerialFilter whole;
  const std::string expected = hidden(whole, text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    SerialFilter filter;
    std::string seen = hidden(filter, text.substr(0, cut));
    seen += hidden(filter, text.substr(cut));
    CHECK(seen == expected);
  }
}

TEST_CASE("numbers that can't be are no lengths") {
  SerialFilter filter;
  for (const char* line : {"+IPD99999999999\r\n", "+IPD-3\r\n", "+IPD\r\n", "+CIPRXGET: 2,9\r\n",
                           "+CIPRXGET: \r\n", "+RECEIVE,\r\n"}) {
    CHECK(hidden(filter, std::string(line) + "data\r\n") == std::string(line) + "data\r\n");
  }
}
