// SPDX-License-Identifier: MIT
#include "wire/message.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <string>

namespace a7600::wire {
namespace {

template <typename Message>
bool valid_with(const std::function<void(Message&)>& change) {
  Message message;
  change(message);
  return valid(message);
}

TEST_CASE("a fresh request and a fresh reply are valid") {
  CHECK(valid(Request{}));
  CHECK(valid(Reply{}));
}

TEST_CASE("a request of another program or version is not valid") {
  CHECK_FALSE(valid_with<Request>([](Request& r) { r.magic ^= 1; }));
  CHECK_FALSE(valid_with<Request>([](Request& r) { r.version = kVersion + 1; }));
  CHECK_FALSE(valid_with<Request>([](Request& r) { r.version = 0; }));
}

TEST_CASE("every operation from the first to the last is valid, none beside them") {
  for (unsigned op = 0; op < 0x10000; ++op) {
    const bool known = op >= 1 && op <= static_cast<unsigned>(Op::kLast);
    const bool got = valid_with<Request>([&](Request& r) { r.op = static_cast<Op>(op); });
    if (got == known) continue;
    INFO(op);
    REQUIRE(got == known);
  }
}

TEST_CASE("a request says of no more data than it has room for") {
  CHECK(valid_with<Request>([](Request& r) { r.size = kRequestData; }));
  CHECK_FALSE(valid_with<Request>([](Request& r) { r.size = kRequestData + 1; }));
  CHECK_FALSE(valid_with<Request>([](Request& r) { r.size = 0xffff; }));
}

TEST_CASE("a reply of another program or version is not valid") {
  CHECK_FALSE(valid_with<Reply>([](Reply& r) { r.magic = 0; }));
  CHECK_FALSE(valid_with<Reply>([](Reply& r) { r.version = kVersion + 1; }));
}

TEST_CASE("a reply says of no more data than it has room for") {
  CHECK(valid_with<Reply>([](Reply& r) { r.size = kReplyData; }));
  CHECK_FALSE(valid_with<Reply>([](Reply& r) { r.size = kReplyData + 1; }));
}

TEST_CASE("a reply's state is one of the states") {
  CHECK(valid_with<Reply>([](Reply& r) { r.state = SocketState::kFailed; }));
  CHECK_FALSE(valid_with<Reply>([](Reply& r) {
    r.state = static_cast<SocketState>(static_cast<std::uint32_t>(SocketState::kFailed) + 1);
  }));
  CHECK_FALSE(valid_with<Reply>([](Reply& r) { r.state = static_cast<SocketState>(0xffffffff); }));
}

TEST_CASE("a reply's notice ends inside it") {
  CHECK_FALSE(valid_with<Reply>([](Reply& r) { r.notice.fill('x'); }));
  CHECK(valid_with<Reply>([](Reply& r) {
    r.notice.fill('x');
    r.notice.back() = '\0';
  }));
}

TEST_CASE("a notice is kept, or cut to what there is room for") {
  Reply reply;
  reply.set_notice("no SIM");
  CHECK(std::string(reply.notice.data()) == "no SIM");
  reply.set_notice(std::string(1000, 'x'));
  CHECK(std::string(reply.notice.data()) == std::string(kNotice - 1, 'x'));
  CHECK(valid(reply));
  reply.set_notice("short");
  CHECK(std::string(reply.notice.data()) == "short");
  reply.set_notice("");
  CHECK(reply.notice.front() == '\0');
}

TEST_CASE("endpoints come out as they went in") {
  const Endpoint to{*Ipv4::parse("203.0.113.7"), 65535};
  Request request;
  request.set_endpoint(to);
  CHECK(request.endpoint() == to);
  Reply reply;
  reply.local_ip = to.ip.value;
  reply.local_port = 1;
  reply.peer_ip = 2;
  reply.peer_port = 3;
  const Endpoint local{to.ip, 1};
  const Endpoint peer{{2}, 3};
  CHECK(reply.local() == local);
  CHECK(reply.peer() == peer);
}

TEST_CASE("a request's text is what its size says, NULs included") {
  Request request;
  std::memcpy(request.data.data(), "a\0bc", 4);
  request.size = 3;
  CHECK(request.text() == std::string_view("a\0b", 3));
}

TEST_CASE("the longest host name fits into a request") { CHECK(kRequestData >= 254); }

}  // namespace
}  // namespace a7600::wire
