// SPDX-License-Identifier: MIT
#include "config/file.h"

#include <catch2/catch.hpp>
#include <cerrno>

namespace a7600::config {
namespace {

std::string value_of(const std::string& line) {
  Result<std::vector<Entry>> entries = parse_file("f", line);
  REQUIRE(entries.ok());
  REQUIRE(entries.value().size() == 1);
  return entries.value()[0].value;
}

std::string error_of(const std::string& text) {
  Result<std::vector<Entry>> entries = parse_file("f.conf", text);
  REQUIRE_FALSE(entries.ok());
  CHECK(entries.error().posix == EINVAL);
  return entries.error().text;
}

TEST_CASE("lines become keys and values with their line numbers") {
  Result<std::vector<Entry>> entries =
      parse_file("f", "# a comment\n\nport = /dev/ttyUSB2\r\n  A7600_BAUD=921600  \n#baud = 1");
  REQUIRE(entries.ok());
  REQUIRE(entries.value().size() == 2);
  CHECK(entries.value()[0].line == 3);
  CHECK(entries.value()[0].key == "port");
  CHECK(entries.value()[0].value == "/dev/ttyUSB2");
  CHECK(entries.value()[1].line == 4);
  CHECK(entries.value()[1].key == "A7600_BAUD");
  CHECK(entries.value()[1].value == "921600");
}

TEST_CASE("an empty file says nothing") {
  Result<std::vector<Entry>> entries = parse_file("f", "");
  REQUIRE(entries.ok());
  CHECK(entries.value().empty());
}

TEST_CASE("a '#' after a blank starts a comment, elsewhere it is part of the value") {
  CHECK(value_of("apn = internet # the operator's") == "internet");
  CHECK(value_of("trace = /tmp/a#b") == "/tmp/a#b");
  CHECK(value_of("bypass = # nothing") == "");
}

TEST_CASE("quotes keep blanks, '#' and the other quote") {
  CHECK(value_of("trace = \" a # 'b' \"  # comment") == " a # 'b' ");
  CHECK(value_of("trace='x \"y\"'") == "x \"y\"");
  CHECK(value_of("bypass = \"\"") == "");
}

TEST_CASE("a value may hold '='") { CHECK(value_of("trace = a=b") == "a=b"); }

TEST_CASE("an empty value is a value") { CHECK(value_of("bypass =") == ""); }

TEST_CASE("another form of line is an error that names file and line") {
  CHECK(error_of("port /dev/ttyUSB2\n") == "f.conf:1: \"port /dev/ttyUSB2\" is not `key = value`");
  CHECK(error_of("\n= 3\n") == "f.conf:2: \"= 3\" is not `key = value`");
  CHECK(error_of("[serial]\n") == "f.conf:1: \"[serial]\" is not `key = value`");
  CHECK(error_of("apn = \"internet\n") ==
        "f.conf:1: \"apn = \"internet\": the quote is not closed");
  CHECK(error_of("apn = \"a\" b\n") ==
        "f.conf:1: \"apn = \"a\" b\": there is more after the closing quote");
}

TEST_CASE("what can't be read is named, with the reason") {
  Result<std::string> missing = read_file("/nonexistent/a7600.conf");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().posix == EINVAL);
  CHECK(missing.error().text.find("\"/nonexistent/a7600.conf\" can't be read: No such file") == 0);
  CHECK(read_file("/").error().text.find("\"/\" can't be read: Is a directory") == 0);
  CHECK(read_file("/dev/zero").error().text.find("\"/dev/zero\" can't be read: too large") == 0);
}

TEST_CASE("an empty device is an empty file") { CHECK(read_file("/dev/null").value() == ""); }

}  // namespace
}  // namespace a7600::config
