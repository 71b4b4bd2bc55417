// SPDX-License-Identifier: MIT
#include "trace/reader.h"

#include <catch2/catch.hpp>
#include <random>

#include "scratch.h"
#include "trace/writer.h"

using namespace a7600;
using namespace a7600::trace;

namespace {

constexpr Time kTime = 1'700'000'000'123'456'789;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// A trace with one of everything.
std::string example(const Scratch& scratch, std::size_t payload = kWholePayload) {
  const std::string name = scratch.file("example");
  auto file = File::create(name, file_header(115200), 0);
  REQUIRE(file);
  Writer writer(std::move(file.value()), payload);
  writer.note_command("AT+CPIN=\"1234\"");
  writer.serial(AtPort::kFirst, Direction::kOut, bytes("AT+CPIN=\"1234\"\r"), false, kTime);
  writer.serial(AtPort::kFirst, Direction::kIn, bytes("\r\n+CIPRXGET: 2,9,5,0\r\nhello\r\nOK\r\n"),
                false, kTime + 1);
  writer.serial(AtPort::kFirst, Direction::kOut, bytes("payload"), true, kTime + 2);
  TcpFlow flow({{1}, 2}, {{3}, 4});
  writer.tcp_data(flow, Direction::kOut, bytes("data"), kTime + 3);
  writer.name({3}, "example.test");
  Record record;
  record.kind = Kind::kCommand;
  record.time = kTime + 4;
  record.text = "AT+CPIN=\"1234\"";
  writer.record(record);
  REQUIRE(writer.flush(kTime));
  return name;
}

struct Seen {
  std::vector<std::string> items;
  Reader::Step end = Reader::Step::kEnd;
  std::string error;
  bool cut_off = false;
  bool is_trace = false;
};

Seen read(const std::string& name) {
  auto reader = Reader::open(name);
  REQUIRE(reader);
  Seen seen;
  Item item;
  while ((seen.end = reader.value().next(item)) == Reader::Step::kItem) {
    // Unsigned: a damaged file may say any time.
    const auto since = static_cast<std::uint64_t>(item.time) - static_cast<std::uint64_t>(kTime);
    std::string text = std::to_string(static_cast<std::int64_t>(since)) + ' ';
    text += item.direction == Direction::kOut ? '>' : '<';
    text += item.kind == Item::Kind::kRecord
                ? item.record.text
                : std::string(reinterpret_cast<const char*>(item.bytes.data()), item.bytes.size());
    if (item.kind == Item::Kind::kPacket) text = "packet";
    if (item.bytes.size() < item.size) text += "…" + std::to_string(item.size);
    seen.items.push_back(text);
  }
  if (seen.end == Reader::Step::kBad) {
    seen.error = reader.value().error();
    return seen;
  }
  seen.cut_off = reader.value().cut_off();
  const Status status = reader.value().check_end();
  seen.is_trace = status.ok();
  if (!status) seen.error = status.error().text;
  return seen;
}

Seen read_bytes(const Scratch& scratch, const std::string& content) {
  const std::string name = scratch.file("input");
  Scratch::write(name, content);
  return read(name);
}

}  // namespace

TEST_CASE("what was written is read, with secrets masked") {
  const Scratch scratch;
  const Seen seen = read(example(scratch));
  CHECK(seen.is_trace);
  CHECK_FALSE(seen.cut_off);
  const std::vector<std::string> expected = {"0 >AT+CPIN=\"****\"\r",
                                             "1 <\r\n+CIPRXGET: 2,9,5,0\r\nhello\r\nOK\r\n",
                                             "2 >payload", "packet", "4 <AT+CPIN=\"****\""};
  CHECK(seen.items == expected);
}

TEST_CASE("limited payloads are limited on both interfaces, and their size is kept") {
  const Scratch scratch;
  const Seen seen = read(example(scratch, 2));
  const std::vector<std::string> expected = {"0 >AT+CPIN=\"****\"\r",
                                             "1 <\r\n+CIPRXGET: 2,9,5,0\r\n",
                                             "1 <he…5",
                                             "1 <\r\nOK\r\n",
                                             "2 >pa…7",
                                             "packet…44",
                                             "4 <AT+CPIN=\"****\""};
  CHECK(seen.items == expected);
}

TEST_CASE("a file cut off anywhere still opens") {
  const Scratch scratch;
  const std::string whole = Scratch::read(example(scratch));
  std::size_t most = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Seen seen = read_bytes(scratch, whole.substr(0, size));
    CHECK(seen.end == Reader::Step::kEnd);
    CHECK(seen.items.size() >= most);
    most = seen.items.size();
  }
  CHECK(most == 4);
}

TEST_CASE("a file that grows is read as it grows") {
  const Scratch scratch;
  const std::string whole = Scratch::read(example(scratch));
  const std::string name = scratch.file("growing");
  Scratch::write(name, "");
  auto reader = Reader::open(name);
  REQUIRE(reader);
  std::size_t items = 0;
  Item item;
  for (const char c : whole) {
    std::ofstream(name, std::ios::app | std::ios::binary) << c;
    while (reader.value().next(item) == Reader::Step::kItem) ++items;
  }
  CHECK(items == 5);
  CHECK(reader.value().baud() == 115200);
  CHECK(reader.value().check_end().ok());
}

TEST_CASE("traces one behind the other in a file are one") {
  const Scratch scratch;
  const std::string whole = Scratch::read(example(scratch));
  CHECK(read_bytes(scratch, whole + whole).items.size() == 10);
}

TEST_CASE("foreign files are one sentence") {
  const Scratch scratch;
  CHECK(read_bytes(scratch, "").error.find(": empty") != std::string::npos);
  CHECK(read_bytes(scratch, "GET / HTTP/1.1\r\n").error.find(": not a pcapng file") !=
        std::string::npos);
  CHECK(read_bytes(scratch, "ab").error.find(": not a pcapng file") != std::string::npos);
  CHECK(read_bytes(scratch, std::string("\xd4\xc3\xb2\xa1", 4) + std::string(20, '\0'))
            .error.find("a pcap file, not pcapng") != std::string::npos);
  std::string other;
  pcapng::append_header(other, "x", 0);
  CHECK(read_bytes(scratch, other.substr(0, 40)).error.find("holds no trace") != std::string::npos);
  CHECK_FALSE(Reader::open(scratch.file("none")));
  CHECK_FALSE(Reader::open(scratch.file("")));  // a directory
}

TEST_CASE("damage is one sentence, and what was before it is read") {
  const Scratch scratch;
  std::string damaged = Scratch::read(example(scratch));
  damaged[damaged.size() - 2] = 1;  // the last block's second length
  const Seen seen = read_bytes(scratch, damaged);
  CHECK(seen.end == Reader::Step::kBad);
  CHECK(seen.items.size() == 4);
  CHECK(seen.error.find("damaged at byte") != std::string::npos);
}

TEST_CASE("bytes changed at random never do harm") {
  const Scratch scratch;
  const std::string whole = Scratch::read(example(scratch));
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string changed = whole;
    for (int i = 0; i < 3; ++i) {
      changed[random() % changed.size()] = static_cast<char>(random() % 256);
    }
    read_bytes(scratch, changed);
  }
}
