// SPDX-License-Identifier: MIT
#include "trace/record.h"

#include <catch2/catch.hpp>
#include <cerrno>

using namespace a7600;
using namespace a7600::trace;

namespace {

Record example() {
  Record record;
  record.kind = Kind::kCommand;
  record.state = State::kOpen;
  record.time = 1'700'000'000'123'456'789;
  record.start = record.time - 4;
  record.sent = record.time - 3;
  record.prompt = record.time - 2;
  record.first = -5;
  record.pid = 4'000'000'000;
  record.tid = 7;
  record.socket = 12;
  record.link = 0;
  record.result = -1;
  record.error = ECONNREFUSED;
  record.bytes = 1'500;
  record.local = {{0x0a010203}, 65535};
  record.peer = {{0xffffffff}, 1};
  record.udp = true;
  record.text = "AT+CIPSEND=0,3";
  record.answer = "OK";
  return record;
}

std::string encoded(const Record& record, std::size_t most = 60'000) {
  std::string out;
  encode(record, out, most);
  return out;
}

std::optional<Record> decoded(const std::string& bytes) {
  return decode(std::as_bytes(std::span(bytes)));
}

}  // namespace

TEST_CASE("every field of a record comes back") {
  const Record record = example();
  const auto back = decoded(encoded(record));
  REQUIRE(back);
  CHECK(encoded(*back) == encoded(record));
  CHECK(back->time == record.time);
  CHECK(back->first == -5);
  CHECK(back->pid == record.pid);
  CHECK(back->link == 0);
  CHECK(back->result == -1);
  CHECK(back->local == record.local);
  CHECK(back->peer == record.peer);
  CHECK(back->text == record.text);
}

TEST_CASE("no link is not link 0") {
  Record record;
  CHECK(decoded(encoded(record))->link == -1);
}

TEST_CASE("texts are cut to what fits") {
  Record record = example();
  record.text.assign(1000, 'x');
  const std::string bytes = encoded(record, 256);
  CHECK(bytes.size() <= 256);
  REQUIRE(decoded(bytes));
  CHECK(decoded(bytes)->text.size() > 100);
}

TEST_CASE("padding behind a record is no field") {
  CHECK(decoded(encoded(example()) + std::string(3, '\0')));
}

TEST_CASE("a record of a later version may have more fields") {
  CHECK(decoded(encoded(example()) + std::string("\xc8\x02\x00zz", 5)));
}

TEST_CASE("a record cut anywhere is a shorter one or none") {
  const std::string whole = encoded(example());
  for (std::size_t size = 0; size < whole.size(); ++size) decoded(whole.substr(0, size));
  CHECK_FALSE(decoded(""));
  CHECK_FALSE(decoded(whole.substr(0, whole.size() - 1)));
}

TEST_CASE("kinds and states that do not exist are refused") {
  CHECK_FALSE(decoded(std::string("\x01\x01\x00\x63", 4)));
  CHECK_FALSE(decoded(std::string("\x01\x01\x00\x01\x02\x01\x00\x63", 8)));
  CHECK_FALSE(decoded(std::string("\x01\x09\x00\x01\x01\x01\x01\x01\x01\x01\x01\x01", 12)));
}
