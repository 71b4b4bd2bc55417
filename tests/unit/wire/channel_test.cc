// SPDX-License-Identifier: MIT
#include "wire/channel.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <vector>

namespace a7600::wire {
namespace {

struct Channel {
  Channel() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
    near.reset(fds[0]);
    far.reset(fds[1]);
  }
  UniqueFd near;
  UniqueFd far;
};

std::size_t open_descriptors() {
  DIR* const dir = ::opendir("/proc/self/fd");
  REQUIRE(dir != nullptr);
  std::size_t count = 0;
  while (::readdir(dir) != nullptr) ++count;
  ::closedir(dir);
  return count;
}

ino_t inode(int fd) {
  struct stat status {};
  REQUIRE(::fstat(fd, &status) == 0);
  return status.st_ino;
}

// Sends `size` bytes with `count` descriptors of /dev/null.
void send_with_descriptors(int fd, const void* data, std::size_t size, std::size_t count) {
  std::vector<UniqueFd> owned(count);
  std::vector<int> numbers;
  for (UniqueFd& one : owned) {
    one.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    REQUIRE(one);
    numbers.push_back(one.get());
  }
  std::vector<char> control(CMSG_SPACE(count * sizeof(int)));
  iovec part{const_cast<void*>(data), size};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(count * sizeof(int));
  std::memcpy(CMSG_DATA(rights), numbers.data(), count * sizeof(int));
  REQUIRE(::sendmsg(fd, &header, 0) == static_cast<ssize_t>(size));
}

// ---- Messages

TEST_CASE("a message arrives as it was sent") {
  Channel channel;
  Request sent;
  sent.op = Op::kConnect;
  sent.set_endpoint({*Ipv4::parse("203.0.113.7"), 80});
  REQUIRE(send(channel.near.get(), sent) == 0);
  Request got;
  UniqueFd descriptor;
  REQUIRE(receive(channel.far.get(), got, descriptor) == 0);
  CHECK(std::memcmp(&sent, &got, sizeof(sent)) == 0);
  CHECK_FALSE(descriptor);
}

TEST_CASE("messages in a row stay apart") {
  Channel channel;
  for (std::int32_t i = 0; i < 3; ++i) {
    Reply reply;
    reply.value = i;
    REQUIRE(send(channel.near.get(), reply) == 0);
  }
  for (std::int32_t i = 0; i < 3; ++i) {
    Reply reply;
    UniqueFd descriptor;
    REQUIRE(receive(channel.far.get(), reply, descriptor) == 0);
    CHECK(reply.value == i);
  }
}

TEST_CASE("a descriptor arrives with its message, close-on-exec") {
  Channel channel;
  int ends[2];
  REQUIRE(::pipe2(ends, 0) == 0);
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  REQUIRE(send(channel.near.get(), Request{}, read_end.get()) == 0);
  Request got;
  UniqueFd descriptor;
  REQUIRE(receive(channel.far.get(), got, descriptor) == 0);
  REQUIRE(descriptor);
  CHECK(descriptor.get() != read_end.get());
  CHECK(inode(descriptor.get()) == inode(read_end.get()));
  CHECK((::fcntl(descriptor.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

// ---- What is refused

TEST_CASE("a shorter message is refused") {
  Channel channel;
  const Request request;
  REQUIRE(send_message(channel.near.get(), &request, sizeof(request) - 1, -1) == 0);
  Request got;
  UniqueFd descriptor;
  CHECK(receive(channel.far.get(), got, descriptor) == EPROTO);
}

TEST_CASE("a longer message is refused, and gone") {
  Channel channel;
  const std::vector<char> bytes(sizeof(Request) + 1);
  REQUIRE(send_message(channel.near.get(), bytes.data(), bytes.size(), -1) == 0);
  REQUIRE(send(channel.near.get(), Request{}) == 0);
  Request got;
  UniqueFd descriptor;
  CHECK(receive(channel.far.get(), got, descriptor) == EPROTO);
  CHECK(receive(channel.far.get(), got, descriptor) == 0);
}

TEST_CASE("a reply is not taken for a request") {
  Channel channel;
  REQUIRE(send(channel.near.get(), Reply{}) == 0);
  Request got;
  UniqueFd descriptor;
  CHECK(receive(channel.far.get(), got, descriptor) == EPROTO);
}

TEST_CASE("a message of the right size with wrong content is refused") {
  Channel channel;
  Request request;
  request.size = kRequestData + 1;
  REQUIRE(send(channel.near.get(), request) == 0);
  Request got;
  UniqueFd descriptor;
  CHECK(receive(channel.far.get(), got, descriptor) == EPROTO);
}

TEST_CASE("two descriptors are refused, and no one is leaked") {
  Channel channel;
  const Request request;
  const std::size_t before = open_descriptors();
  send_with_descriptors(channel.near.get(), &request, sizeof(request), 2);
  {
    Request got;
    UniqueFd descriptor;
    CHECK(receive(channel.far.get(), got, descriptor) == EPROTO);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("more descriptors than there is room for are refused, and no one is leaked") {
  Channel channel;
  const Request request;
  const std::size_t before = open_descriptors();
  send_with_descriptors(channel.near.get(), &request, sizeof(request), 100);
  {
    Request got;
    UniqueFd descriptor;
    CHECK(receive(channel.far.get(), got, descriptor) == EPROTO);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a descriptor with a message of the wrong size is not leaked") {
  Channel channel;
  const std::size_t before = open_descriptors();
  send_with_descriptors(channel.near.get(), "x", 1, 1);
  {
    Request got;
    UniqueFd descriptor;
    CHECK(receive(channel.far.get(), got, descriptor) == EPROTO);
  }
  CHECK(open_descriptors() == before);
}

// ---- The ends

TEST_CASE("the end of the stream is ECONNRESET") {
  Channel channel;
  channel.near.reset();
  Request got;
  UniqueFd descriptor;
  CHECK(receive(channel.far.get(), got, descriptor) == ECONNRESET);
}

TEST_CASE("what was sent before the end still arrives") {
  Channel channel;
  REQUIRE(send(channel.near.get(), Request{}) == 0);
  channel.near.reset();
  Request got;
  UniqueFd descriptor;
  CHECK(receive(channel.far.get(), got, descriptor) == 0);
}

TEST_CASE("sending to a closed end is EPIPE and no signal") {
  Channel channel;
  channel.far.reset();
  CHECK(send(channel.near.get(), Request{}) == EPIPE);
}

TEST_CASE("nothing there yet is EAGAIN when that was asked for") {
  Channel channel;
  Request got;
  UniqueFd descriptor;
  CHECK(receive(channel.far.get(), got, descriptor, MSG_DONTWAIT) == EAGAIN);
}

TEST_CASE("a wrong descriptor is an errno") {
  Request got;
  UniqueFd descriptor;
  CHECK(receive(-1, got, descriptor) == EBADF);
  CHECK(send(-1, got) == EBADF);
}

TEST_CASE("the kernel says who is at the other end") {
  const Channel channel;
  const auto peer = peer_of(channel.near.get());
  REQUIRE(peer.has_value());
  CHECK(peer->pid == ::getpid());
  CHECK(peer->uid == ::getuid());
}

TEST_CASE("nobody is at the other end of what is no socket") {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(peer_of(null.get()).has_value());
  CHECK_FALSE(peer_of(-1).has_value());
}

// ---- Addresses

TEST_CASE("a path becomes an address with its NUL") {
  const auto address = UnixAddress::from("/run/a7600");
  REQUIRE(address.has_value());
  CHECK(address->address.sun_family == AF_UNIX);
  CHECK(std::string(address->address.sun_path) == "/run/a7600");
  CHECK(address->length == offsetof(sockaddr_un, sun_path) + 11);
  CHECK(address->abstract_name().empty());
}

TEST_CASE("a leading '@' makes an abstract name") {
  const auto address = UnixAddress::from("@a7600");
  REQUIRE(address.has_value());
  CHECK(address->address.sun_path[0] == '\0');
  CHECK(address->length == offsetof(sockaddr_un, sun_path) + 6);
  CHECK(address->abstract_name() == "a7600");
}

TEST_CASE("the longest name is 107 bytes, and no name is none") {
  CHECK(UnixAddress::from("/" + std::string(106, 'x')).has_value());
  CHECK_FALSE(UnixAddress::from("/" + std::string(107, 'x')).has_value());
  CHECK(UnixAddress::from("@" + std::string(106, 'x'))->abstract_name() == std::string(106, 'x'));
  CHECK_FALSE(UnixAddress::from("@" + std::string(107, 'x')).has_value());
  CHECK_FALSE(UnixAddress::from("").has_value());
}

TEST_CASE("an address leads to the socket that is bound to it") {
  const auto address = UnixAddress::from("@a7600-test-" + std::to_string(::getpid()));
  const UniqueFd listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(listener.get(), address->get(), address->length) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  const UniqueFd caller(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(caller.get(), address->get(), address->length) == 0);
  UnixAddress seen;
  seen.length = sizeof(seen.address);
  REQUIRE(::getpeername(caller.get(), reinterpret_cast<sockaddr*>(&seen.address), &seen.length) ==
          0);
  CHECK(seen.abstract_name() == address->abstract_name());
}

}  // namespace
}  // namespace a7600::wire
