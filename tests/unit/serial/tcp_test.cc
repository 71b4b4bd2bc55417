// SPDX-License-Identifier: MIT
#include "serial/tcp.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "pty.h"
#include "serial/port.h"

namespace a7600::serial {
namespace {

// A socket bound to a free port of 127.0.0.1; it refuses until it listens.
struct Server {
  Server() {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(fd.get(), generic, size) == 0);
    REQUIRE(::getsockname(fd.get(), generic, &size) == 0);
    number = std::to_string(ntohs(address.sin_port));
  }
  UniqueFd accept() const {
    UniqueFd peer(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(peer);
    return peer;
  }

  UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::string number;
};

TEST_CASE("tcp:HOST:PORT is a port like any other") {
  const Server server;
  REQUIRE(::listen(server.fd.get(), 1) == 0);
  config::Config config;
  for (const char* host : {"127.0.0.1", "localhost"}) {
    config.port = std::string("tcp:") + host + ':' + server.number;
    Result<Port> port = Port::open(config);
    REQUIRE(port.ok());
    const UniqueFd peer = server.accept();
    CHECK(port.value().name() == config.port);
    CHECK(port.value().flow_control() == FlowControl::kLossless);
    const int fd = port.value().fd();
    CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    int no_delay = 0;
    socklen_t size = sizeof no_delay;
    REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) == 0);
    CHECK(no_delay != 0);
    REQUIRE(::write(peer.get(), "OK\r\n", 4) == 4);
    CHECK(read_exactly(fd, 4).size() == 4);
    REQUIRE(::write(fd, "AT\r", 3) == 3);
    CHECK(read_exactly(peer.get(), 3).size() == 3);
  }
}

TEST_CASE("a server that doesn't listen is ECONNREFUSED") {
  const Server server;
  const std::vector<std::string> before = open_descriptors();
  Result<UniqueFd> socket = connect_tcp("tcp:127.0.0.1:" + server.number);
  REQUIRE_FALSE(socket.ok());
  CHECK(socket.error().posix == ECONNREFUSED);
  CHECK(socket.error().text == "tcp:127.0.0.1:" + server.number + ": Connection refused");
  CHECK(open_descriptors() == before);
}

TEST_CASE("a server that doesn't answer is ETIMEDOUT") {
  const Server server;
  REQUIRE(::listen(server.fd.get(), 0) == 0);
  const std::string name = "tcp:127.0.0.1:" + server.number;
  // With its backlog full, the kernel drops further requests.
  std::vector<UniqueFd> waiting;
  for (Result<UniqueFd> next = connect_tcp(name, std::chrono::milliseconds(0)); next.ok();
       next = connect_tcp(name, std::chrono::milliseconds(0))) {
    waiting.push_back(std::move(next.value()));
    REQUIRE(waiting.size() < 10);
  }
  Result<UniqueFd> socket = connect_tcp(name, std::chrono::milliseconds(20));
  REQUIRE_FALSE(socket.ok());
  CHECK(socket.error().posix == ETIMEDOUT);
}

TEST_CASE("a name that nobody knows is EHOSTUNREACH") {
  // RFC 6761 keeps "invalid." from being looked up anywhere but at home; 300.0.0.1 is no address.
  Result<UniqueFd> socket = connect_tcp("tcp:300.0.0.1.invalid:2000");
  REQUIRE_FALSE(socket.ok());
  CHECK(socket.error().posix == EHOSTUNREACH);
}

TEST_CASE("another shape is EINVAL") {
  CHECK(connect_tcp("tcp:2000").error().posix == EINVAL);
  CHECK(connect_tcp("/dev/ttyS0").error().posix == EINVAL);
}

}  // namespace
}  // namespace a7600::serial
