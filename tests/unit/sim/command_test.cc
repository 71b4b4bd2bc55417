// SPDX-License-Identifier: MIT
#include "command.h"

#include <catch2/catch.hpp>
#include <string>

namespace a7600::sim {
namespace {

std::string names_in(std::string_view line) {
  std::string names;
  while (!line.empty()) {
    const auto command = take_command(line);
    if (!command) return names + "?";
    names += std::string(command->name) + " ";
  }
  return names;
}

Command only(std::string_view line) {
  const auto command = take_command(line);
  REQUIRE(command);
  REQUIRE(line.empty());
  return *command;
}

TEST_CASE("an extended command has four forms") {
  CHECK(only("+CSQ").form == Form::kExecute);
  CHECK(only("+CSQ?").form == Form::kRead);
  CHECK(only("+CSQ=?").form == Form::kTest);
  CHECK(only("+CSQ=1,2").form == Form::kWrite);
  CHECK(only("+CSQ=1,2").parameters == "1,2");
  CHECK(only("+CSQ=").form == Form::kWrite);
}

TEST_CASE("blanks around the form are allowed, as the manual writes it") {
  CHECK(only("+CIPSRIP =?").form == Form::kTest);
  CHECK(only("+CIPSRIP =?").name == "+CIPSRIP");
  CHECK(only("+CIPSRIP = 1").parameters == " 1");
}

TEST_CASE("basic commands follow each other without a separator") {
  CHECK(names_in("E0V1Q0&F&D2X4") == "E V Q &F &D X ");
  CHECK(names_in("E0;+CSQ;+CREG?") == "E +CSQ +CREG ");
  CHECK(only("E1").parameters == "1");
  CHECK(only("S3?").form == Form::kRead);
}

TEST_CASE("a semicolon inside quotation marks separates nothing") {
  CHECK(names_in("+CGDCONT=1,\"IP\",\"a;b\";+CSQ") == "+CGDCONT +CSQ ");
}

TEST_CASE("what has no command's shape is none") {
  for (const char* line : {"+", "+CSQ!!", "1", "=", "&", "+CSQ?1", "?", "\x80"}) {
    INFO(line);
    std::string_view rest = line;
    const auto command = take_command(rest);
    // "+CSQ!!" is a name that nobody has; the others aren't even that.
    CHECK((!command || command->name == "+CSQ!!"));
  }
}

TEST_CASE("names are compared without regard to case") {
  CHECK(same_name("+CIPOPEN", "+cipOpen"));
  CHECK_FALSE(same_name("+CIPOPEN", "+CIPOPE"));
}

TEST_CASE("parameters are counted by their commas") {
  CHECK(Parameters("").size() == 0);
  CHECK(Parameters(" ").size() == 0);
  CHECK(Parameters(",").size() == 2);
  CHECK(Parameters("1,\"UDP\",,,5000").size() == 5);
}

TEST_CASE("an absent parameter is one that is empty or beyond the last") {
  const Parameters p("1,,3");
  CHECK_FALSE(p.absent(0));
  CHECK(p.absent(1));
  CHECK_FALSE(p.absent(2));
  CHECK(p.absent(3));
}

TEST_CASE("a number is decimal, in its range and without quotation marks") {
  const Parameters p("7,+7,07,\"7\",7x,-1,99999999999999999999");
  CHECK(p.number(0, 0, 9) == 7);
  CHECK_FALSE(p.number(1, 0, 9));
  CHECK(p.number(2, 0, 9) == 7);
  CHECK_FALSE(p.number(3, 0, 9));
  CHECK_FALSE(p.number(4, 0, 9));
  CHECK(p.number(5, -1, 9) == -1);
  CHECK_FALSE(p.number(5, 0, 9));
  CHECK_FALSE(p.number(6, 0, 9));
  CHECK_FALSE(p.number(0, 8, 9));
}

TEST_CASE("a string is what stands between two quotation marks") {
  const Parameters p("\"a,b\",\"\",bare");
  CHECK(p.quoted(0) == "a,b");
  CHECK(p.quoted(1) == "");
  CHECK_FALSE(p.quoted(2));
  CHECK(p.raw(2) == "bare");
}

TEST_CASE("misplaced quotation marks spoil the parameters") {
  CHECK(Parameters("\"a\"").ok());
  CHECK_FALSE(Parameters("\"a").ok());
  CHECK_FALSE(Parameters("a\"b\"").ok());
  CHECK_FALSE(Parameters("\"a\"b").ok());
  CHECK_FALSE(Parameters("\"").ok());
}

TEST_CASE("too many parameters spoil them") { CHECK_FALSE(Parameters(std::string(40, ',')).ok()); }

}  // namespace
}  // namespace a7600::sim
