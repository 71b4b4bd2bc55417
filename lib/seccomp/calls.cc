// SPDX-License-Identifier: MIT
//
// The control calls: arguments fetched from the program, lib/client's call made with a copy of its
// descriptor, results put back. The data calls are in messages.cc.
#include "seccomp/calls.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <string>

#include "client/client.h"
#include "client/identity.h"
#include "seccomp/arguments.h"
#include "seccomp/messages.h"

namespace a7600::seccomp {
namespace {

constexpr std::size_t kLargestOption = 4096;
// Linux's own, newer than Debian 12's headers.
constexpr int kPassPidfd = 76;
constexpr int kPeerPidfd = 77;

// Once for a program: it may try as often as it likes.
void tell_closed(const Call& call) {
  static std::atomic<pid_t> told{0};
  const pid_t process = call.process();
  if (told.exchange(process) == process) return;
  call.server().say(log::Level::kError,
                    "process " + std::to_string(process) +
                        " can't use the modem: it has made itself undumpable, or changed its "
                        "user, and may not be looked into");
}

Outcome make_socket(Call& call) {
  if (!call.target().is_open()) {
    tell_closed(call);
    return Outcome::failed(ENETDOWN);
  }
  const int type = call.number(1);
  const auto fd = client::socket(call.number(0), type, call.number(2));
  if (!fd) return Outcome::pass();
  if (*fd < 0) return Outcome::failed(errno);
  return Outcome::descriptor(UniqueFd(*fd), (type & SOCK_CLOEXEC) != 0);
}

Outcome connect(Call& call, int fd) {
  Address address;
  if (const int error = address.read(call, 1)) return Outcome::failed(error);
  if (!call.is_waiting()) return Outcome::failed(EINTR);
  return Outcome::of(client::connect(fd, address.get(), address.length()));
}

Outcome bind(Call& call, int fd) {
  Address address;
  if (const int error = address.read(call, 1)) return Outcome::failed(error);
  if (!call.is_waiting()) return Outcome::failed(EINTR);
  return Outcome::of(client::bind(fd, address.get(), address.length()));
}

Outcome accept(Call& call, int fd, int flags) {
  AddressResult peer;
  const bool wants_peer = call.argument(1) != 0;
  if (wants_peer) {
    if (const int error = peer.read(call, 1)) return Outcome::failed(error);
  }
  if (!call.target().has_free_number()) return Outcome::failed(EMFILE);
  if (!call.is_waiting()) return Outcome::failed(EINTR);
  const auto accepted = client::accept(fd, wants_peer ? peer.get() : nullptr, peer.length(), flags);
  if (!accepted) return Outcome::pass();
  if (*accepted < 0) return Outcome::failed(errno);
  UniqueFd fresh(*accepted);
  if (wants_peer) {
    if (const int error = peer.write(call)) return Outcome::failed(error);
  }
  return Outcome::descriptor(std::move(fresh), (flags & SOCK_CLOEXEC) != 0);
}

// getsockname(2), getpeername(2).
template <typename Ask>
Outcome ask_name(Call& call, int fd, const Ask& ask) {
  AddressResult name;
  if (const int error = name.read(call, 1)) return Outcome::failed(error);
  if (!call.is_waiting()) return Outcome::failed(EINTR);
  const auto result = ask(fd, name.get(), name.length());
  if (result == 0) {
    if (const int error = name.write(call)) return Outcome::failed(error);
  }
  return Outcome::of(result);
}

// Those whose value leads to something else of the program's: memory, a descriptor.
bool is_for_the_kernel_alone(int level, int name) {
  if (level != SOL_SOCKET) return false;
  switch (name) {
    case SO_ATTACH_FILTER:
    case SO_ATTACH_BPF:
    case SO_ATTACH_REUSEPORT_CBPF:
    case SO_ATTACH_REUSEPORT_EBPF:
    case SO_PEERSEC:
    case kPassPidfd:
    case kPeerPidfd:
      return true;
    default:
      return false;
  }
}

Outcome get_option(Call& call, int fd) {
  const int level = call.number(1);
  const int name = call.number(2);
  if (is_for_the_kernel_alone(level, name)) return Outcome::pass();
  int wanted = 0;
  if (!call.target().read_object(call.argument(4), wanted)) return Outcome::failed(EFAULT);
  if (wanted < 0) return Outcome::failed(EINVAL);
  if (!call.is_waiting()) return Outcome::failed(EINTR);
  std::array<std::byte, kLargestOption> value{};
  auto length =
      static_cast<socklen_t>(std::min<std::size_t>(value.size(), static_cast<unsigned>(wanted)));
  const auto result = client::getsockopt(fd, level, name, value.data(), &length);
  if (result == 0) {
    const auto size = std::min<std::size_t>(length, value.size());
    if (!call.target().write(call.argument(3), std::span(value).first(size)) ||
        !call.target().write_object(call.argument(4), length)) {
      return Outcome::failed(EFAULT);
    }
  }
  return Outcome::of(result);
}

Outcome set_option(Call& call, int fd) {
  const int level = call.number(1);
  const int name = call.number(2);
  const int length = call.number(4);
  if (is_for_the_kernel_alone(level, name)) return Outcome::pass();
  if (length < 0) return Outcome::failed(EINVAL);
  std::array<std::byte, kLargestOption> value{};
  const auto size = std::min<std::size_t>(value.size(), static_cast<unsigned>(length));
  if (!call.target().read(call.argument(3), std::span(value).first(size))) {
    return Outcome::failed(EFAULT);
  }
  if (!call.is_waiting()) return Outcome::failed(EINTR);
  return Outcome::of(
      client::setsockopt(fd, level, name, value.data(), static_cast<socklen_t>(size)));
}

// ioctl(2) with SIOCOUTQ, SIOCOUTQNSD.
Outcome count_unsent(Call& call, int fd) {
  int bytes = 0;
  if (!call.is_waiting()) return Outcome::failed(EINTR);
  const auto result = client::ioctl(fd, call.argument(1) & 0xffffffff, &bytes);
  if (result == 0 && !call.target().write_object(call.argument(2), bytes)) {
    return Outcome::failed(EFAULT);
  }
  return Outcome::of(result);
}

Outcome serve_socket(Call& call, int fd) {
  switch (call.data().nr) {
    case SYS_connect:
      return connect(call, fd);
    case SYS_bind:
      return bind(call, fd);
    case SYS_listen:
      if (!call.is_waiting()) return Outcome::failed(EINTR);
      return Outcome::of(client::listen(fd));
#ifdef SYS_accept
    case SYS_accept:
      return accept(call, fd, 0);
#endif
    case SYS_accept4:
      return accept(call, fd, call.number(3));
    case SYS_shutdown:
      if (!call.is_waiting()) return Outcome::failed(EINTR);
      return Outcome::of(client::shutdown(fd, call.number(1)));
    case SYS_getsockname:
      return ask_name(call, fd, client::getsockname);
    case SYS_getpeername:
      return ask_name(call, fd, client::getpeername);
    case SYS_getsockopt:
      return get_option(call, fd);
    case SYS_setsockopt:
      return set_option(call, fd);
    case SYS_ioctl:
      return count_unsent(call, fd);
    case SYS_sendto:
      return send_to(call, fd);
    case SYS_recvfrom:
      return receive_from(call, fd);
    case SYS_sendmsg:
      return send_message(call, fd);
    case SYS_recvmsg:
      return receive_message(call, fd);
    case SYS_sendmmsg:
      return send_messages(call, fd);
    case SYS_recvmmsg:
      return receive_messages(call, fd);
    default:
      return Outcome::pass();
  }
}

Outcome make(Call& call) {
  if (call.data().nr == SYS_socket) return make_socket(call);
  // What can't be had isn't ours either, or the kernel says what is wrong with it.
  const UniqueFd fd = call.target().descriptor(call.number(0));
  if (!fd || !client::identify(fd.get())) return Outcome::pass();
  return serve_socket(call, fd.get());
}

}  // namespace

void serve(Call& call) {
  Outcome outcome = make(call);
  switch (outcome.kind) {
    case Outcome::Kind::kPass:
      return call.pass();
    case Outcome::Kind::kDescriptor:
      if (const int error = call.answer_with_descriptor(outcome.fd.get(), outcome.close_on_exec)) {
        call.answer(0, error);
      }
      return;
    case Outcome::Kind::kResult:
      return call.answer(outcome.value, outcome.error);
  }
}

}  // namespace a7600::seccomp
