// SPDX-License-Identifier: MIT
#include "at/tokenizer.h"

#include <catch2/catch.hpp>
#include <charconv>
#include <functional>

#include "support/pieces.h"

namespace a7600::at {
namespace {

using test::all_splits;
using test::bytes_of;
using test::Pieces;
using namespace std::string_literals;
using Tokens = std::vector<std::string>;

// Called after each token: what the command in flight would announce.
using Announce = std::function<void(Tokenizer&, const Token&)>;

std::string shown(const Token& token) {
  switch (token.kind) {
    case TokenKind::kLine:
      return "line " + std::string(token.text);
    case TokenKind::kPrompt:
      return "prompt";
    case TokenKind::kPayload:
      return "payload " + std::string(token.text);
  }
  return {};
}

void cut_on(Tokenizer& tokenizer, std::string_view piece, Tokens& out,
            const Announce& announce = {}) {
  tokenizer.feed(bytes_of(piece));
  while (const auto token = tokenizer.next()) {
    out.push_back(shown(*token));
    if (announce) announce(tokenizer, *token);
  }
}

Tokens cut(const Pieces& pieces, const Announce& announce = {},
           const std::function<void(Tokenizer&)>& prepare = {}) {
  Tokenizer tokenizer;
  if (prepare) prepare(tokenizer);
  Tokens out;
  for (const std::string_view piece : pieces) cut_on(tokenizer, piece, out, announce);
  return out;
}

void check_at_every_split(std::string_view stream, const Tokens& expected,
                          const Announce& announce = {},
                          const std::function<void(Tokenizer&)>& prepare = {}) {
  for (const Pieces& pieces : all_splits(stream)) {
    const Tokens got = cut(pieces, announce, prepare);
    if (got == expected) continue;
    INFO("in " << pieces.size() << " pieces, the first of " << pieces.front().size());
    REQUIRE(got == expected);
  }
}

// A line "#n" announces a payload of n bytes.
void announce_payload(Tokenizer& tokenizer, const Token& token) {
  if (token.kind != TokenKind::kLine || token.text.front() != '#') return;
  std::size_t size = 0;
  std::from_chars(token.text.data() + 1, token.text.data() + token.text.size(), size);
  tokenizer.expect_payload(size);
}

void expect_prompt(Tokenizer& tokenizer) { tokenizer.expect_prompt(true); }

// ---- Lines

TEST_CASE("lines end with CR LF, LF or CR") {
  check_at_every_split("A\r\nB\nC\rD\r\n", {"line A", "line B", "line C", "line D"});
}

TEST_CASE("empty lines are not reported") {
  check_at_every_split("\r\n\r\nOK\r\n\r\n\n\n\r\rRDY\r\n", {"line OK", "line RDY"});
}

TEST_CASE("CR CR LF, as behind an echo, leaves no empty line") {
  check_at_every_split("AT\r\r\nOK\r\r\nRDY\r\n", {"line AT", "line OK", "line RDY"});
}

TEST_CASE("a line is held back until its end is there") {
  Tokenizer tokenizer;
  Tokens out;
  cut_on(tokenizer, "\r\nO", out);
  cut_on(tokenizer, "K", out);
  CHECK(out.empty());
  cut_on(tokenizer, "\r\n", out);
  CHECK(out == Tokens{"line OK"});
}

TEST_CASE("a line that ends in LF is reported at once") {
  Tokenizer tokenizer;
  Tokens out;
  cut_on(tokenizer, "OK\n", out);
  CHECK(out == Tokens{"line OK"});
}

TEST_CASE("after CR the next byte is awaited, because LF may belong to the end") {
  Tokenizer tokenizer;
  Tokens out;
  cut_on(tokenizer, "OK\r", out);
  CHECK(out.empty());
  cut_on(tokenizer, "\n", out);
  CHECK(out == Tokens{"line OK"});
}

TEST_CASE("the NULs of a start-up are trimmed off") {
  check_at_every_split(std::string_view("\0\0\r\n\0*ATREADY: 1\0\r\n", 19), {"line *ATREADY: 1"});
}

TEST_CASE("blanks and bytes with the high bit at a line's edges are trimmed off") {
  check_at_every_split(" \t\xff\xfeOK \x80 \r\n", {"line OK"});
}

TEST_CASE("blanks and unprintable bytes inside a line stay") {
  check_at_every_split("+IP ERROR: No\x01 data\r\n", {"line +IP ERROR: No\x01 data"});
}

TEST_CASE("a line of nothing but noise is no line") {
  check_at_every_split("\xff\xfe\x01\r\n\x80\r\nOK\r\n", {"line OK"});
}

TEST_CASE("a line of the longest length is one line") {
  const std::string longest(Tokenizer::kLongestLine, 'x');
  CHECK(cut({longest + "\r\nOK\r\n"}) == Tokens{"line " + longest, "line OK"});
}

TEST_CASE("an endless line is cut, not collected for ever") {
  const std::string noise(3 * Tokenizer::kLongestLine, 'x');
  const std::string part(Tokenizer::kLongestLine, 'x');
  const Tokens expected = {"line " + part, "line " + part, "line " + part, "line OK"};
  const std::string stream = noise + "\r\nOK\r\n";
  CHECK(cut({stream}) == expected);
  Pieces bytes;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    bytes.push_back(std::string_view(stream).substr(i, 1));
  }
  CHECK(cut(bytes) == expected);
}

TEST_CASE("text stays right over many lines, after the buffer has been moved") {
  Tokenizer tokenizer;
  const std::string line(99, 'y');
  for (int i = 0; i < 2000; ++i) {
    Tokens out;
    cut_on(tokenizer, line + "\r\n" + line.substr(1) + "\r", out);
    const Tokens expected = {"line " + line};
    REQUIRE(out == expected);
    out.clear();
    cut_on(tokenizer, "\n", out);
    REQUIRE(out == Tokens{"line " + line.substr(1)});
  }
}

// ---- Payloads

TEST_CASE("a payload is exactly the announced bytes, whatever they are") {
  const std::string stream = std::string("#20\r\n\r\nOK\r\n\0>\xff ERROR\r\n\r\r\nOK\r\n", 29);
  check_at_every_split(stream, {"line #20", "payload " + stream.substr(5, 20), "line OK"},
                       announce_payload);
}

TEST_CASE("a payload that begins with LF right behind the header's CR LF is kept whole") {
  check_at_every_split("#3\r\n\n\r\n\r\nOK\r\n", {"line #3", "payload \n\r\n", "line OK"},
                       announce_payload);
}

// A payload began two bytes early where every line ended with CR CR LF: ssh hung for ever.
TEST_CASE("a payload begins behind the header's CR CR LF") {
  check_at_every_split("#3\r\r\n\0bc\r\r\nOK\r\r\n"s, {"line #3", "payload \0bc"s, "line OK"},
                       announce_payload);
}

TEST_CASE("a payload is reported only when it is whole") {
  Tokenizer tokenizer;
  Tokens out;
  cut_on(tokenizer, "#5\r\nabcd", out, announce_payload);
  CHECK(out == Tokens{"line #5"});
  CHECK(tokenizer.in_payload());
  cut_on(tokenizer, "e", out, announce_payload);
  CHECK(out.back() == "payload abcde");
  CHECK_FALSE(tokenizer.in_payload());
}

TEST_CASE("a payload of no bytes is no token") {
  check_at_every_split("#0\r\n\r\nOK\r\n", {"line #0", "line OK"}, announce_payload);
}

TEST_CASE("two payloads with nothing between their lines") {
  check_at_every_split("#2\r\nab#3\r\ncde\r\nOK\r\n",
                       {"line #2", "payload ab", "line #3", "payload cde", "line OK"},
                       announce_payload);
}

TEST_CASE("a prompt character inside a payload is data even while a prompt is awaited") {
  check_at_every_split("#3\r\n\n> \r\nOK\r\n", {"line #3", "payload \n> ", "line OK"},
                       announce_payload, expect_prompt);
}

TEST_CASE("reset forgets an unfinished payload and an unfinished line") {
  Tokenizer tokenizer;
  Tokens out;
  cut_on(tokenizer, "#5\r\nab", out, announce_payload);
  tokenizer.reset();
  cut_on(tokenizer, "OK\r\nERR", out);
  tokenizer.reset();
  cut_on(tokenizer, "RDY\r\n", out);
  const Tokens expected = {"line #5", "line OK", "line RDY"};
  CHECK(out == expected);
}

// ---- Prompts

TEST_CASE("a prompt needs no line end behind it") {
  check_at_every_split("\r\n>", {"prompt"}, {}, expect_prompt);
  check_at_every_split(">", {"prompt"}, {}, expect_prompt);
}

TEST_CASE("a prompt may have a blank or CR LF behind it") {
  check_at_every_split("\r\n> \r\nOK\r\n", {"prompt", "line OK"}, {}, expect_prompt);
  check_at_every_split("\r\n>\r\nOK\r\n", {"prompt", "line OK"}, {}, expect_prompt);
}

TEST_CASE("a prompt comes after the command's echo and lines in between") {
  check_at_every_split("AT+CIPSEND=1,5\r\r\n+CIPRXGET: 1,0\r\n\r\n>",
                       {"line AT+CIPSEND=1,5", "line +CIPRXGET: 1,0", "prompt"}, {}, expect_prompt);
}

TEST_CASE("'>' is a line like any other when no prompt is awaited") {
  check_at_every_split("\r\n> \r\nOK\r\n", {"line >", "line OK"});
}

TEST_CASE("'>' inside a line is no prompt") {
  check_at_every_split("+CIPSRIP: a>b\r\n", {"line +CIPSRIP: a>b"}, {}, expect_prompt);
}

TEST_CASE("only one prompt is taken") {
  check_at_every_split("\r\n>\r\n>\r\n", {"prompt", "line >"}, {}, expect_prompt);
}

TEST_CASE("a '>' that was there before a prompt was awaited is not one") {
  Tokenizer tokenizer;
  Tokens out;
  cut_on(tokenizer, ">", out);
  tokenizer.expect_prompt(true);
  cut_on(tokenizer, "\r\n\r\n>", out);
  const Tokens expected = {"line >", "prompt"};
  CHECK(out == expected);
}

// ---- Echo of what was sent at a prompt

const auto kEchoOfHello = [](Tokenizer& tokenizer) { tokenizer.expect_echo("hel\r\nlo"); };

TEST_CASE("an echoed payload is dropped") {
  check_at_every_split("hel\r\nlo\r\nOK\r\n", {"line OK"}, {}, kEchoOfHello);
}

TEST_CASE("an echoed payload is dropped behind the blank that follows the prompt") {
  check_at_every_split(" hel\r\nlo\r\nOK\r\n", {"line OK"}, {}, kEchoOfHello);
  check_at_every_split("\r\nhel\r\nlo\r\nOK\r\n", {"line OK"}, {}, kEchoOfHello);
}

TEST_CASE("an answer without the expected echo is lines") {
  check_at_every_split("\r\nOK\r\n", {"line OK"}, {}, kEchoOfHello);
}

TEST_CASE("an answer that begins like the payload is not lost") {
  check_at_every_split("\r\nhelp\r\nOK\r\n", {"line help", "line OK"}, {}, kEchoOfHello);
}

TEST_CASE("an echoed payload that looks like results is dropped") {
  const std::string payload = "\r\nOK\r\n+IPCLOSE: 0,1\r\n>";
  check_at_every_split(payload + "\r\nOK\r\n", {"line OK"}, {},
                       [&](Tokenizer& tokenizer) { tokenizer.expect_echo(payload); });
}

TEST_CASE("only one echo is dropped") {
  check_at_every_split("hello\r\nhello\r\n", {"line hello"}, {},
                       [](Tokenizer& tokenizer) { tokenizer.expect_echo("hello"); });
}

}  // namespace
}  // namespace a7600::at
