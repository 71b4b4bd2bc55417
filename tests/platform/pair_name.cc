// SPDX-License-Identifier: MIT
// Fact: one end of a socketpair can be bound to an abstract name of up to 107 arbitrary bytes, and
// getpeername() on the other end then returns exactly these bytes: in any process that holds it,
// after exec, and still after the named end was closed and its owner has died. So the name can say
// who a descriptor is, with nobody to ask. SO_PEERCRED on the app's end names, all that time, the
// process that made the pair (by number only: it may have been given away again). A pair of
// datagram sockets: the app's end carries its own name, read by getsockname.
//   - Nobody can connect to the name (ECONNREFUSED: the end does not listen).
//   - While the named end lives its name is taken (EADDRINUSE). Afterwards anyone may bind it, and
//     getpeername still returns it: only a name together with SO_PEERCRED says anything.
//   - A side effect: recvfrom with an address gives that name, too; see recvfrom_stream_address.cc.
// Relied on by: lib/client (identity), lib/engine (pair).
// Seen on: 5.10, 6.1, 6.18.
#include "pairs.h"

using namespace platform;

namespace {

std::string full_name() {
  std::string bytes = "a7600/platform/" + std::to_string(::getpid());
  bytes.resize(sizeof sockaddr_un{}.sun_path - 1, '\0');  // NULs are bytes like others
  bytes.back() = 'z';
  return bytes;
}

void expect_peer(const char* what, int fd, const std::string& bytes, pid_t maker) {
  Name name;
  ok(::getpeername(fd, name.get(), &name.length), "getpeername");
  if (name.bytes() != bytes)
    fail("%s: the name has %zu bytes or others", what, name.bytes().size());
  ucred who{};
  socklen_t length = sizeof who;
  ok(::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length), "SO_PEERCRED");
  expect_equal(what, who.pid, maker);
}

int bind_stranger(const Name& name) {
  const int fd = ok_fd(::socket(AF_UNIX, SOCK_STREAM, 0), "socket");
  const int result = ::bind(fd, name.get(), name.length);
  const int error = errno;
  ::close(fd);
  errno = error;
  return result;
}

void stream(const char* self) {
  const std::string bytes = full_name();
  const Name name(bytes);
  const Pair road = unix_pair();
  const pid_t owner = start_child([&] {
    const Pair pair = unix_pair();
    ok(::bind(pair.engine, name.get(), name.length), "bind one end of a pair");
    expect_peer("the owner's own view", pair.app, bytes, ::getpid());
    ok(send_with_fd(road.app, "x", 1, pair.app), "sendmsg");
    char byte;
    ok(::read(road.app, &byte, 1), "read");
  });
  char byte;
  int app = -1;
  int flags = 0;
  ok(recv_with_fd(road.engine, &byte, 1, app, flags), "recvmsg");
  expect_peer("in another process", app, bytes, owner);
  expect_result("binding a name that lives", bind_stranger(name), -EADDRINUSE);
  const int stranger = ok_fd(::socket(AF_UNIX, SOCK_STREAM, 0), "socket");
  expect_result("connecting to it", ::connect(stranger, name.get(), name.length), -ECONNREFUSED);
  ok(::write(road.engine, "x", 1), "write");
  expect_success(owner);

  expect_peer("after the owner's death", app, bytes, owner);
  expect_success(start_child([&] { expect_peer("in a child", app, bytes, owner); }));
  expect_success(start_child([&] {
    ok(::fcntl(app, F_SETFD, 0), "F_SETFD");
    const std::string fd = std::to_string(app);
    const std::string maker = std::to_string(owner);
    // An argument can't hold NULs: the expected bytes come on standard input.
    ok(::send(road.app, bytes.data(), bytes.size(), 0), "send");
    ok(::dup2(road.engine, STDIN_FILENO), "dup2");
    ::execl("/proc/self/exe", self, fd.c_str(), maker.c_str(), nullptr);
    fail("exec failed");
  }));
  expect_result("binding the dead end's name", bind_stranger(name), 0);
  expect_peer("after somebody else took the name", app, bytes, owner);
}

void datagram() {
  const std::string bytes = "a7600/platform/dgram/" + std::to_string(::getpid());
  const Name name(bytes);
  const Pair pair = unix_pair(SOCK_DGRAM);
  ok(::bind(pair.app, name.get(), name.length), "bind the app's end");
  ::close(pair.engine);
  expect_success(start_child([&] {
    Name own;
    ok(::getsockname(pair.app, own.get(), &own.length), "getsockname");
    if (own.bytes() != bytes) fail("datagram: own name is %s", own.bytes().c_str());
  }));
}

}  // namespace

int main(int argc, char** argv) {
  begin();
  if (argc == 3) {
    std::string bytes(sizeof sockaddr_un{}.sun_path - 1, '\0');
    ok(::recv(STDIN_FILENO, bytes.data(), bytes.size(), 0), "recv");
    expect_peer("after exec", std::atoi(argv[1]), bytes, std::atoi(argv[2]));
    return 0;
  }
  stream(argv[0]);
  datagram();
}
