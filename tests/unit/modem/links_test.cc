// SPDX-License-Identifier: MIT
//
// Which of the module's ten links is taken next, and which are to be asked about.
#include "modem/links.h"

#include <catch2/catch.hpp>
#include <vector>

namespace a7600::test {
namespace {

using modem::Links;

// Every link that is suspected, in the order in which they are to be asked about.
std::vector<int> suspects(Links& links) {
  std::vector<int> all;
  while (const std::optional<int> link = links.take_suspect()) all.push_back(*link);
  return all;
}

TEST_CASE("links are picked from 9 downward") {
  Links links;
  for (int link = 9; link >= 0; --link) {
    REQUIRE(links.pick() == link);
    links.assign(link, 1);
  }
  CHECK_FALSE(links.pick().has_value());
}

TEST_CASE("of links that were released the one that has been free for longest is picked") {
  Links links;
  for (int link = 0; link < 10; ++link) links.assign(link, 1);
  links.release(3);
  links.release(7);
  links.release(5);
  CHECK(links.pick() == 3);
  links.assign(3, 2);
  CHECK(links.pick() == 7);
}

TEST_CASE("a link has the owner that it was assigned to, until it is released") {
  Links links;
  links.assign(9, 7);
  CHECK(links.owner(9) == modem::ConnectionId{7});
  links.release(9);
  CHECK_FALSE(links.owner(9).has_value());
}

TEST_CASE("a number that is no link has no owner, and can be released") {
  Links links;
  for (const int link : {-1, 10}) {
    links.release(link);
    CHECK_FALSE(links.owner(link).has_value());
  }
}

TEST_CASE("a foreign link is not picked until it is released") {
  Links links;
  links.mark_foreign(9);
  CHECK(links.has_foreign());
  CHECK(links.pick() == 8);
  links.mark_foreign(2);
  CHECK(links.oldest_foreign() == 9);
  links.release(9);
  CHECK(links.oldest_foreign() == 2);
  links.release(2);
  CHECK_FALSE(links.has_foreign());
}

TEST_CASE("a foreign link that somebody here is given is foreign no more") {
  Links links;
  links.mark_foreign(3);
  links.assign(3, 1);
  CHECK_FALSE(links.has_foreign());
  CHECK_FALSE(links.oldest_foreign().has_value());
}

TEST_CASE("transparent mode has link 0, or none") {
  Links links;
  CHECK(links.pick_for_data_mode() == 0);
  CHECK_FALSE(links.foreign_for_data_mode().has_value());
  links.mark_foreign(0);
  CHECK_FALSE(links.pick_for_data_mode().has_value());
  CHECK(links.foreign_for_data_mode() == 0);
  links.release(0);
  links.assign(0, 1);
  CHECK_FALSE(links.pick_for_data_mode().has_value());
}

TEST_CASE("a link that is avoided is picked behind all others, until it is forgiven") {
  Links links;
  links.avoid(9);
  for (int link = 8; link >= 0; --link) {
    REQUIRE(links.pick() == link);
    links.assign(link, 1);
  }
  CHECK(links.pick() == 9);
  links.release(0);
  CHECK(links.pick() == 0);
  links.forgive();
  CHECK(links.pick() == 9);
}

TEST_CASE("no link is suspected at first") {
  Links links;
  CHECK(suspects(links).empty());
}

TEST_CASE("suspected links are to be asked about once, from 0 upward, but none that is taken") {
  Links links;
  links.suspect_all();
  links.assign(9, 1);
  links.assign(4, 2);
  CHECK(suspects(links) == std::vector{0, 1, 2, 3, 5, 6, 7, 8});
  links.release(4);
  CHECK(suspects(links).empty());
}

TEST_CASE("one suspected link is to be asked about, once") {
  Links links;
  links.suspect(4);
  links.suspect(-1);
  CHECK(suspects(links) == std::vector<int>{4});
  CHECK(suspects(links).empty());
}

TEST_CASE("unread data is known of until its link is used again, or the links are cleared") {
  Links links;
  CHECK_FALSE(links.has_unread());
  links.note_unread(8);
  links.assign(9, 1);
  CHECK(links.has_unread());
  links.assign(8, 2);
  CHECK_FALSE(links.has_unread());
  links.note_unread(7);
  links.clear();
  CHECK_FALSE(links.has_unread());
}

TEST_CASE("cleared links are free, nobody's, in order and beyond suspicion") {
  Links links;
  links.assign(9, 1);
  links.release(9);
  links.assign(8, 2);
  links.mark_foreign(7);
  links.avoid(6);
  links.suspect_all();
  links.clear();
  CHECK(links.pick() == 9);
  CHECK_FALSE(links.owner(8).has_value());
  CHECK_FALSE(links.has_foreign());
  CHECK(suspects(links).empty());
}

}  // namespace
}  // namespace a7600::test
