// SPDX-License-Identifier: MIT
// The simulator's small parts that need no modem around them.
#include <catch2/catch.hpp>
#include <string>

#include "errors.h"
#include "escape.h"
#include "log.h"
#include "pacer.h"
#include "ring.h"
#include "text.h"

namespace a7600::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::string whole(const Ring& ring, std::size_t count) {
  std::string text;
  for (const std::string_view piece : ring.front(count)) text += piece;
  return text;
}

TEST_CASE("a ring gives back what was put in, across its end") {
  Ring ring(8);
  CHECK(ring.append("abcdef") == 6);
  ring.drop(4);
  CHECK(ring.append("ghijkl") == 6);
  CHECK(ring.size() == 8);
  CHECK(ring.room() == 0);
  CHECK(ring.append("x") == 0);
  CHECK(whole(ring, 8) == "efghijkl");
  CHECK(whole(ring, 3) == "efg");
}

TEST_CASE("a ring's space is filled in order") {
  Ring ring(8);
  ring.append("abcdef");
  ring.drop(5);
  const auto space = ring.space();
  CHECK(space[0].iov_len == 2);
  CHECK(space[1].iov_len == 5);
}

TEST_CASE("a paced line carries ten bits a byte, one after the other") {
  Pacer pacer(115200);
  const Pacer::Time start{std::chrono::seconds(1)};
  CHECK(pacer.put(start, 11520) == start + std::chrono::seconds(1));
  // Offered while the line is busy: follows.
  CHECK(pacer.put(start, 11520) == start + std::chrono::seconds(2));
  // Offered after a pause: starts then.
  const Pacer::Time later = start + std::chrono::seconds(5);
  CHECK(pacer.put(later, 1152) == later + milliseconds(100));
}

TEST_CASE("a paced line's slices add up to its rate") {
  for (const std::uint32_t baud : {300U, 9600U, 115200U, 921600U, 3000000U}) {
    Pacer pacer(baud);
    CHECK(pacer.slice() >= 1);
    const Pacer::Time start{std::chrono::seconds(1)};
    Pacer::Time end = pacer.put(start, pacer.slice());
    std::size_t bytes = pacer.slice();
    while (bytes < baud / 10) {
      end = pacer.put_next(end, pacer.slice());
      bytes += pacer.slice();
    }
    const double seconds = std::chrono::duration<double>(end - start).count();
    INFO(baud);
    CHECK(static_cast<double>(bytes) * 10 / seconds == Approx(baud).epsilon(0.001));
  }
}

TEST_CASE("a caller who comes late loses no time on a paced line, but gains none from long ago") {
  Pacer pacer(1'000'000);
  const Pacer::Time start{std::chrono::seconds(1)};
  const Pacer::Time end = pacer.put(start, 100);
  CHECK(pacer.put_next(end + milliseconds(2), 100) == end + milliseconds(1));
  const Pacer::Time much_later = end + std::chrono::seconds(60);
  CHECK(pacer.put_next(much_later, 100) > much_later - milliseconds(100));
}

constexpr Escape::Time at(long ms) { return Escape::Time{milliseconds(10'000 + ms)}; }

TEST_CASE("+++ between two silences is the escape") {
  Escape escape;
  escape.start(at(0));
  const auto data = escape.take(at(1000), "+++");
  CHECK(data.held == 0);
  CHECK_FALSE(data.bytes);
  REQUIRE(escape.deadline() == at(2000));
  CHECK(escape.expire().escape);
  CHECK_FALSE(escape.deadline());
}

TEST_CASE("the escape's characters may come one by one, at most 900 ms apart") {
  Escape escape;
  escape.start(at(0));
  CHECK_FALSE(escape.take(at(1500), "+").bytes);
  CHECK(escape.deadline() == at(2400));
  CHECK_FALSE(escape.take(at(2400), "+").bytes);
  CHECK_FALSE(escape.take(at(3300), "+").bytes);
  CHECK(escape.deadline() == at(4300));
  CHECK(escape.expire().escape);
}

TEST_CASE("too long a gap makes data of the characters before it") {
  Escape escape;
  escape.start(at(0));
  escape.take(at(1500), "++");
  const auto outcome = escape.expire();
  CHECK_FALSE(outcome.escape);
  CHECK(outcome.held == 2);
}

TEST_CASE("+++ without the silence before it is data") {
  Escape escape;
  escape.start(at(0));
  CHECK(escape.take(at(999), "+++").bytes);
  CHECK_FALSE(escape.deadline());
}

TEST_CASE("a byte after +++ makes data of it") {
  Escape escape;
  escape.start(at(0));
  escape.take(at(1500), "+++");
  const auto data = escape.take(at(2400), "A");
  CHECK(data.held == 3);
  CHECK(data.bytes);
}

TEST_CASE("four + and +++ with something around it are data") {
  for (const char* bytes : {"++++", "+++A", "A+++"}) {
    Escape escape;
    escape.start(at(0));
    INFO(bytes);
    CHECK(escape.take(at(1500), bytes).bytes);
  }
}

TEST_CASE("text is cut at its end, never overrun") {
  Text text;
  for (int i = 0; i < 1000; ++i) text << "ten bytes " << i;
  CHECK(std::string_view(text).size() <= 640);
}

TEST_CASE("text shows addresses as the manual does") {
  Text text;
  text << Endpoint{Ipv4{0x7583558b}, 5253} << ' ' << Quoted{"x"};
  CHECK(std::string_view(text) == "117.131.85.139:5253 \"x\"");
}

TEST_CASE("the numbers of <err_info> are the manual's") {
  CHECK(words(static_cast<ErrInfo>(0)) == "Connection time out");
  CHECK(words(static_cast<ErrInfo>(4)) == "Network is already opened");
  CHECK(words(static_cast<ErrInfo>(8)) == "Network not opened");
  CHECK(words(static_cast<ErrInfo>(12)) == "Invalid parameter");
  CHECK(words(static_cast<ErrInfo>(20)) == "Server is already listening");
  CHECK(words(static_cast<ErrInfo>(21)) == "Operation failed");
  CHECK(words(static_cast<ErrInfo>(22)) == "No data");
}

TEST_CASE("the log shows every byte") {
  CHECK(printable(std::string_view("A\r\n\t\\\0\x7f\xff", 8)) == "A\\r\\n\\t\\\\\\x00\\x7f\\xff");
}

}  // namespace
}  // namespace a7600::sim
