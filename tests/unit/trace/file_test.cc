// SPDX-License-Identifier: MIT
#include "trace/file.h"

#include <catch2/catch.hpp>
#include <cerrno>

#include "scratch.h"

using namespace a7600;
using a7600::trace::File;

namespace {

void put(File& file, const std::string& block) {
  if (std::string* out = file.begin_block()) *out += block;
}

}  // namespace

TEST_CASE("a file begins with its header and is its owner's alone") {
  const Scratch scratch;
  const std::string name = scratch.file("t");
  auto file = File::create(name, "HEAD", 0);
  REQUIRE(file);
  put(file.value(), "one");
  CHECK(Scratch::read(name).empty());
  REQUIRE(file.value().flush());
  CHECK(Scratch::read(name) == "HEADone");
  struct stat status;
  REQUIRE(::stat(name.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("%p is the process's id") {
  const Scratch scratch;
  auto file = File::create(scratch.file("t.%p.%p"), "H", 0);
  REQUIRE(file);
  const std::string pid = std::to_string(::getpid());
  CHECK(file.value().name() == scratch.file("t." + pid + "." + pid));
}

TEST_CASE("an old file is replaced, not written into") {
  const Scratch scratch;
  const std::string name = scratch.file("t");
  Scratch::write(name, "old");
  ::chmod(name.c_str(), 0644);
  const std::string also = scratch.file("also");
  REQUIRE(::link(name.c_str(), also.c_str()) == 0);
  auto file = File::create(name, "H", 0);
  REQUIRE(file);
  REQUIRE(file.value().flush());
  CHECK(Scratch::read(name) == "H");
  CHECK(Scratch::read(also) == "old");
  struct stat status;
  REQUIRE(::stat(name.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a file that can't be made is one sentence") {
  const auto file = File::create("/no/such/place", "H", 0);
  REQUIRE_FALSE(file);
  CHECK(file.error().posix == ENOENT);
  CHECK(file.error().text.find("A7600_TRACE: \"/no/such/place\"") == 0);
  CHECK(file.error().text.find("allowed:") != std::string::npos);
}

TEST_CASE("a FIFO that nobody reads is an error, not a wait") {
  const Scratch scratch;
  const std::string name = scratch.file("fifo");
  REQUIRE(::mkfifo(name.c_str(), 0600) == 0);
  const auto file = File::create(name, "H", 0);
  REQUIRE_FALSE(file);
  CHECK(file.error().posix == ENXIO);
}

TEST_CASE("a file that has grown becomes the old one") {
  const Scratch scratch;
  const std::string name = scratch.file("t");
  auto file = File::create(name, "HEAD", 10);
  REQUIRE(file);
  put(file.value(), "0123456789");
  REQUIRE(file.value().flush());
  put(file.value(), "next");
  REQUIRE(file.value().flush());
  CHECK(Scratch::read(name + ".1") == "HEAD0123456789");
  CHECK(Scratch::read(name) == "HEADnext");
  put(file.value(), "0123456789");
  REQUIRE(file.value().flush());
  put(file.value(), "third");
  REQUIRE(file.value().flush());
  CHECK(Scratch::read(name + ".1") == "HEADnext0123456789");
  CHECK(Scratch::read(name) == "HEADthird");
}

TEST_CASE("a reader that does not read costs bounded memory, and what is left out is counted") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_NONBLOCK) == 0);
  const UniqueFd reader(ends[0]);
  File file(UniqueFd(ends[1]), "H");
  const std::string block(64 * 1024, 'x');
  for (int i = 0; i < 400; ++i) {
    put(file, block);
    REQUIRE(file.flush());
  }
  CHECK(file.take_dropped() > 200);
  CHECK(file.has_pending());
}

TEST_CASE("a disk that is full ends it") {
  const UniqueFd full(::open("/dev/full", O_WRONLY));
  if (!full) return;
  File file(UniqueFd(::dup(full.get())), "H");
  CHECK_FALSE(file.flush());
  CHECK(errno == ENOSPC);
}
