// SPDX-License-Identifier: MIT
#include "seccomp/filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>

#include "base/sys.h"

namespace a7600::seccomp {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kForeign = AUDIT_ARCH_I386;
constexpr int kForeignSocket = 359;
#else
constexpr std::uint32_t kNative = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kForeign = AUDIT_ARCH_ARM;
constexpr int kForeignSocket = 281;
#endif
constexpr std::array<std::uint64_t, 2> kDomains{AF_INET, AF_INET6};
constexpr std::array<std::uint64_t, 2> kTypes{SOCK_STREAM, SOCK_DGRAM};
constexpr std::array<std::uint64_t, 2> kCounting{SIOCOUTQ, SIOCOUTQNSD};
constexpr std::array<std::uint64_t, 3> kOthers{FIONREAD, FIONBIO, TCGETS};
constexpr std::uint64_t kFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr std::uint32_t kRefused = SECCOMP_RET_ERRNO | ENOSYS;

// Runs the program as the kernel does.
std::uint32_t decide(int number, const std::array<std::uint64_t, 6>& arguments,
                     std::uint32_t machine = kNative) {
  seccomp_data data{};
  data.nr = number;
  data.arch = machine;
  std::copy(arguments.begin(), arguments.end(), data.args);
  const std::vector<sock_filter> code = make_filter();
  std::uint32_t word = 0;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const sock_filter& each = code[at];
    switch (each.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        REQUIRE(each.k + sizeof(word) <= sizeof(data));
        std::memcpy(&word, reinterpret_cast<const char*>(&data) + each.k, sizeof(word));
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        word &= each.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += word == each.k ? each.jt : each.jf;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        at += (word & each.k) != 0 ? each.jt : each.jf;
        break;
      case BPF_RET | BPF_K:
        return each.k;
      default:
        FAIL("an instruction that the filter does not use");
    }
  }
  FAIL("ran past its end");
  return 0;
}

TEST_CASE("sockets of the internet are asked about") {
  for (const std::uint64_t domain : kDomains) {
    for (const std::uint64_t type : kTypes) {
      CHECK(decide(SYS_socket, {domain, type}) == SECCOMP_RET_USER_NOTIF);
      CHECK(decide(SYS_socket, {domain, type | kFlags}) == SECCOMP_RET_USER_NOTIF);
    }
    CHECK(decide(SYS_socket, {domain, SOCK_RAW}) == SECCOMP_RET_ALLOW);
  }
  CHECK(decide(SYS_socket, {AF_UNIX, SOCK_STREAM}) == SECCOMP_RET_ALLOW);
  CHECK(decide(SYS_socket, {AF_NETLINK, SOCK_RAW}) == SECCOMP_RET_ALLOW);
}

TEST_CASE("data calls are asked about only with an address or an unusual flag") {
  for (const int call : {SYS_sendto, SYS_recvfrom}) {
    CHECK(decide(call, {3, 0x1000, 10, 0, 0, 0}) == SECCOMP_RET_ALLOW);
    CHECK(decide(call, {3, 0x1000, 10, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0}) == SECCOMP_RET_ALLOW);
    CHECK(decide(call, {3, 0x1000, 10, 0, 0x2000, 16}) == SECCOMP_RET_USER_NOTIF);
    CHECK(decide(call, {3, 0x1000, 10, 0, 0x7fff00000000, 16}) == SECCOMP_RET_USER_NOTIF);
    CHECK(decide(call, {3, 0x1000, 10, MSG_OOB, 0, 0}) == SECCOMP_RET_USER_NOTIF);
    CHECK(decide(call, {3, 0x1000, 10, MSG_TRUNC, 0, 0}) == SECCOMP_RET_USER_NOTIF);
  }
  for (const int call : {SYS_read, SYS_write, SYS_close, SYS_epoll_ctl, SYS_dup}) {
    CHECK(decide(call, {3, 0x1000, 10}) == SECCOMP_RET_ALLOW);
  }
}

TEST_CASE("control calls are asked about unless they bear the library's mark") {
  for (const int call : {SYS_connect, SYS_bind, SYS_listen, SYS_accept4, SYS_getsockname,
                         SYS_getsockopt, SYS_sendmsg, SYS_recvmmsg}) {
    CHECK(decide(call, {3, 0x1000, 16, 0, 0, 0}) == SECCOMP_RET_USER_NOTIF);
    CHECK(decide(call, {3, 0x1000, 16, 0, 0, sys::kMark}) == SECCOMP_RET_ALLOW);
    CHECK(decide(call, {3, 0x1000, 16, 0, 0, sys::kMark & 0xffffffff}) == SECCOMP_RET_USER_NOTIF);
  }
  CHECK(decide(SYS_socket, {AF_INET, SOCK_STREAM, 0, 0, 0, sys::kMark}) == SECCOMP_RET_ALLOW);
}

TEST_CASE("of the requests to a descriptor those are asked about that count unsent bytes") {
  for (const std::uint64_t request : kCounting) {
    CHECK(decide(SYS_ioctl, {3, request, 0x1000}) == SECCOMP_RET_USER_NOTIF);
    CHECK(decide(SYS_ioctl, {3, request, 0x1000, 0, 0, sys::kMark}) == SECCOMP_RET_ALLOW);
  }
  for (const std::uint64_t request : kOthers) {
    CHECK(decide(SYS_ioctl, {3, request, 0x1000}) == SECCOMP_RET_ALLOW);
  }
}

TEST_CASE("one who asks whether there is a filter is told") {
  CHECK(decide(SYS_socket, {AF_UNSPEC, 0, 0, 0, 0, sys::kMark}) == (SECCOMP_RET_ERRNO | ENOTUNIQ));
  CHECK_FALSE(is_filtered());
}

TEST_CASE("another system call table makes no sockets of the internet") {
  CHECK(decide(kForeignSocket, {AF_INET, SOCK_STREAM}, kForeign) == kRefused);
  CHECK(decide(kForeignSocket, {AF_UNIX, SOCK_STREAM}, kForeign) == SECCOMP_RET_ALLOW);
  CHECK(decide(102, {1, 0x1000}, kForeign) == kRefused);
  CHECK(decide(102, {3, 0x1000}, kForeign) == SECCOMP_RET_ALLOW);
  CHECK(decide(SYS_connect, {3, 0x1000, 16}, kForeign) == SECCOMP_RET_ALLOW);
#if defined(__x86_64__)
  CHECK(decide(0x40000000 | SYS_socket, {AF_INET, SOCK_STREAM}) == kRefused);
  CHECK(decide(0x40000000 | SYS_socket, {AF_UNIX, SOCK_STREAM}) == SECCOMP_RET_ALLOW);
#endif
}

}  // namespace
}  // namespace a7600::seccomp
