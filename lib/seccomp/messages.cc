// SPDX-License-Identifier: MIT
#include "seccomp/messages.h"

#include <limits.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <vector>

#include "client/client.h"
#include "client/identity.h"

namespace a7600::seccomp {
namespace {

using Clock = std::chrono::steady_clock;

// More than any datagram has. Of a stream so much goes at once, which the call's result says.
constexpr std::size_t kMostBytes = 65536;
std::size_t bounded(std::uint64_t size) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(size, kMostBytes));
}

constexpr int kSpecialFlags = MSG_OOB | MSG_ERRQUEUE | MSG_TRUNC;

// A msghdr of the program's, and where it is.
struct Header {
  std::uint64_t address = 0;
  msghdr is{};

  // 0 or an errno.
  int read(const Target& target, std::uint64_t at) {
    address = at;
    return target.read_object(at, is) ? 0 : EFAULT;
  }
  std::uint64_t name() const { return reinterpret_cast<std::uint64_t>(is.msg_name); }
  // The library in the program has seen to it.
  bool is_translated() const { return is.msg_flags == client::kTranslated; }
  // Nothing for us to do: no address in it, or one that has been translated.
  bool is_the_kernels(int flags) const {
    return is_translated() || (is.msg_name == nullptr && (flags & kSpecialFlags) == 0);
  }
  // What recvmsg(2) says in the header itself.
  int put_results(const Target& target, const msghdr& seen) const {
    msghdr out = is;
    out.msg_namelen = seen.msg_namelen;
    out.msg_controllen = seen.msg_controllen;
    out.msg_flags = seen.msg_flags;
    return target.write_object(address, out) ? 0 : EFAULT;
  }
};

// Its parts, which only the message that is being moved has here: a program has many at a time.
class Parts {
 public:
  // 0 or an errno.
  int read(const Target& target, const msghdr& header) {
    if (header.msg_iovlen > IOV_MAX) return EMSGSIZE;
    parts_.resize(header.msg_iovlen);
    const auto parts = reinterpret_cast<std::uint64_t>(header.msg_iov);
    if (!target.read(parts, std::as_writable_bytes(std::span(parts_)))) return EFAULT;
    for (const iovec& part : parts_) {
      if (part.iov_len > SSIZE_MAX - size_) return EINVAL;
      size_ += part.iov_len;
    }
    return 0;
  }

  std::size_t size() const { return size_; }

  int gather(const Target& target, std::vector<std::byte>& out) const {
    out.resize(std::min(size_, kMostBytes));
    std::span<std::byte> rest(out);
    for (const iovec& part : parts_) {
      const auto piece = rest.first(std::min(part.iov_len, rest.size()));
      if (!target.read(reinterpret_cast<std::uint64_t>(part.iov_base), piece)) return EFAULT;
      rest = rest.subspan(piece.size());
    }
    return 0;
  }

  int scatter(const Target& target, std::span<const std::byte> bytes) const {
    for (const iovec& part : parts_) {
      const auto piece = bytes.first(std::min(part.iov_len, bytes.size()));
      if (!target.write(reinterpret_cast<std::uint64_t>(part.iov_base), piece)) return EFAULT;
      bytes = bytes.subspan(piece.size());
    }
    return 0;
  }

 private:
  std::vector<iovec> parts_;
  std::size_t size_ = 0;
};

// Of the data that a call has sent or received. `passed`: the kernel is to make the call.
struct Moved {
  ssize_t size = -1;
  int error = 0;
  bool passed = false;

  static Moved failed(int error) { return {-1, error, false}; }
  static Moved of(const std::optional<ssize_t>& result) {
    if (!result) return {-1, 0, true};
    return {*result, *result < 0 ? errno : 0, false};
  }
  Outcome outcome() const {
    if (passed) return Outcome::pass();
    return error != 0 ? Outcome::failed(error) : Outcome::of(std::optional<ssize_t>(size));
  }
};

bool is_datagram(int fd) {
  int type = 0;
  socklen_t size = sizeof(type);
  return sys::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

// A stream's bytes are thrown away by MSG_TRUNC, and the program's memory stays as it was.
bool discards(int fd, int flags) { return (flags & MSG_TRUNC) != 0 && !is_datagram(fd); }

// As the kernel does for a program that writes where nobody reads.
void signal_broken_pipe(const Call& call, int flags) {
  if ((flags & MSG_NOSIGNAL) != 0) return;
  ::syscall(SYS_tgkill, call.process(), call.target().thread(), SIGPIPE);
}

Moved send_data(Call& call, int fd, std::span<std::byte> data, int flags, const Address& to,
                bool has_address) {
  if (!call.is_waiting()) return Moved::failed(EINTR);
  const Moved out = Moved::of(client::send(fd, data.data(), data.size(), flags | MSG_NOSIGNAL,
                                           has_address ? to.get() : nullptr, to.length()));
  if (out.error == EPIPE) signal_broken_pipe(call, flags);
  return out;
}

Moved send_one(Call& call, int fd, const Header& header, int flags) {
  Parts parts;
  if (const int error = parts.read(call.target(), header.is)) return Moved::failed(error);
  if (parts.size() > kMostBytes && is_datagram(fd)) return Moved::failed(EMSGSIZE);
  Address to;
  if (header.name() != 0) {
    if (const int error =
            to.read(call.target(), header.name(), static_cast<int>(header.is.msg_namelen))) {
      return Moved::failed(error);
    }
  }
  std::vector<std::byte> data;
  if (const int error = parts.gather(call.target(), data)) return Moved::failed(error);
  return send_data(call, fd, data, flags, to, header.name() != 0);
}

// Why the module can't take a datagram without an address, or 0. AF_UNIX would take a larger one,
// and has another errno for want of a peer.
int refusal_of(int fd, const Target& target, const Header& header) {
  if (header.is_translated()) return 0;
  const auto identity = client::identify(fd);
  if (!identity || !identity->is_datagram) return 0;
  Parts parts;
  if (const int error = parts.read(target, header.is)) return error;
  if (parts.size() > wire::kLargestDatagram) return EMSGSIZE;
  return identity->peer ? 0 : EDESTADDRREQ;
}

Moved receive_one(Call& call, int fd, const Header& header, int flags) {
  Parts parts;
  if (const int error = parts.read(call.target(), header.is)) return Moved::failed(error);
  if (static_cast<int>(header.is.msg_namelen) < 0) return Moved::failed(EINVAL);
  if (!call.is_waiting()) return Moved::failed(EINTR);
  std::vector<std::byte> data(std::min(parts.size(), kMostBytes));
  sockaddr_storage from{};
  iovec part{data.data(), data.size()};
  msghdr seen{};
  if (header.name() != 0) {
    seen.msg_name = &from;
    seen.msg_namelen = sizeof(from);
  }
  seen.msg_iov = &part;
  seen.msg_iovlen = 1;
  Moved out = Moved::of(client::recvmsg(fd, &seen, flags));
  if (out.passed || out.error != 0) return out;
  const Target& target = call.target();
  const std::size_t got = std::min(static_cast<std::size_t>(out.size), data.size());
  const std::size_t name =
      std::min({std::size_t{seen.msg_namelen}, std::size_t{header.is.msg_namelen}, sizeof(from)});
  if (!discards(fd, flags)) out.error = parts.scatter(target, std::span(data).first(got));
  if (out.error == 0 &&
      !target.write(header.name(), std::as_bytes(std::span(&from, 1)).first(name))) {
    out.error = EFAULT;
  }
  if (out.error == 0) out.error = header.put_results(target, seen);
  return out;
}

// Where the result of the `nth` of several messages is.
std::uint64_t nth_message(const Call& call, unsigned n) {
  return call.argument(1) + n * sizeof(mmsghdr);
}

// sendmmsg(2), recvmmsg(2): `move` is called for each message until one fails. None is moved from
// the first on that `refuse` has an errno for.
template <typename Refuse, typename Move>
Outcome move_messages(Call& call, int flags, const Refuse& refuse, const Move& move) {
  const unsigned count = std::min<unsigned>(static_cast<unsigned>(call.number(2)), IOV_MAX);
  std::vector<Header> messages(count);
  bool all_the_kernels = true;
  for (unsigned i = 0; i < count; ++i) {
    int error = messages[i].read(call.target(), nth_message(call, i));
    if (error == 0) error = refuse(messages[i]);
    if (error != 0) {
      if (i == 0) return Outcome::failed(error);
      messages.resize(i);
      all_the_kernels = false;
      break;
    }
    all_the_kernels = all_the_kernels && messages[i].is_the_kernels(flags);
  }
  if (all_the_kernels) return Outcome::pass();
  std::int64_t done = 0;
  for (const Header& message : messages) {
    const Moved moved = move(message, done);
    if (done == 0 && moved.passed) return Outcome::pass();
    if (done == 0 && moved.error != 0) return Outcome::failed(moved.error);
    if (moved.passed || moved.error != 0) break;
    const auto length = static_cast<unsigned>(moved.size);
    const std::uint64_t place =
        nth_message(call, static_cast<unsigned>(done)) + offsetof(mmsghdr, msg_len);
    if (!call.target().write_object(place, length)) return Outcome::failed(EFAULT);
    ++done;
  }
  return Outcome::of(std::optional<std::int64_t>(done));
}

}  // namespace

Outcome send_to(Call& call, int fd) {
  const std::uint64_t size = call.argument(2);
  if (size > kMostBytes && is_datagram(fd)) return Outcome::failed(EMSGSIZE);
  Address to;
  const bool has_address = call.argument(4) != 0;
  if (has_address) {
    if (const int error = to.read(call, 4)) return Outcome::failed(error);
  }
  std::vector<std::byte> data(bounded(size));
  if (!call.target().read(call.argument(1), data)) return Outcome::failed(EFAULT);
  return send_data(call, fd, data, call.number(3), to, has_address).outcome();
}

Outcome receive_from(Call& call, int fd) {
  AddressResult from;
  const bool wants_address = call.argument(4) != 0;
  if (wants_address) {
    if (const int error = from.read(call, 4)) return Outcome::failed(error);
  }
  if (!call.is_waiting()) return Outcome::failed(EINTR);
  std::vector<std::byte> data(bounded(call.argument(2)));
  const Moved moved = Moved::of(client::recv(fd, data.data(), data.size(), call.number(3),
                                             wants_address ? from.get() : nullptr, from.length()));
  if (moved.passed || moved.error != 0) return moved.outcome();
  const std::size_t got = std::min(static_cast<std::size_t>(moved.size), data.size());
  if (!discards(fd, call.number(3)) &&
      !call.target().write(call.argument(1), std::span(data).first(got))) {
    return Outcome::failed(EFAULT);
  }
  if (wants_address) {
    if (const int error = from.write(call)) return Outcome::failed(error);
  }
  return moved.outcome();
}

Outcome send_message(Call& call, int fd) {
  Header message;
  if (const int error = message.read(call.target(), call.argument(1))) {
    return Outcome::failed(error);
  }
  const int flags = call.number(2);
  if (message.is_the_kernels(flags)) {
    const int error = refusal_of(fd, call.target(), message);
    return error != 0 ? Outcome::failed(error) : Outcome::pass();
  }
  return send_one(call, fd, message, flags).outcome();
}

Outcome receive_message(Call& call, int fd) {
  Header message;
  if (const int error = message.read(call.target(), call.argument(1))) {
    return Outcome::failed(error);
  }
  const int flags = call.number(2);
  if (message.is_the_kernels(flags)) return Outcome::pass();
  return receive_one(call, fd, message, flags).outcome();
}

Outcome send_messages(Call& call, int fd) {
  const int flags = call.number(3);
  const auto refuse = [&](const Header& message) {
    return message.is_the_kernels(flags) ? refusal_of(fd, call.target(), message) : 0;
  };
  return move_messages(call, flags, refuse, [&](const Header& message, std::int64_t) {
    return send_one(call, fd, message, flags);
  });
}

Outcome receive_messages(Call& call, int fd) {
  const int flags = call.number(3);
  auto end = Clock::time_point::max();
  const std::uint64_t place_of_time = call.argument(4);
  if (place_of_time != 0) {
    timespec timeout{};
    if (!call.target().read_object(place_of_time, timeout)) return Outcome::failed(EFAULT);
    if (timeout.tv_sec < 0 || timeout.tv_nsec < 0 || timeout.tv_nsec >= 1'000'000'000) {
      return Outcome::failed(EINVAL);
    }
    constexpr time_t kForEver = 1'000'000'000;
    end = Clock::now() + std::chrono::seconds(std::min(timeout.tv_sec, kForEver)) +
          std::chrono::nanoseconds(timeout.tv_nsec);
  }
  const auto take_all = [](const Header&) { return 0; };
  Outcome out = move_messages(call, flags, take_all, [&](const Header& message, std::int64_t done) {
    // As in Linux the time-out is looked at between datagrams only.
    if (done > 0 && Clock::now() >= end) return Moved::failed(EAGAIN);
    const bool waits = done == 0 || (flags & MSG_WAITFORONE) == 0;
    return receive_one(call, fd, message, (flags & ~MSG_WAITFORONE) | (waits ? 0 : MSG_DONTWAIT));
  });
  const bool received = out.kind == Outcome::Kind::kResult && out.error == 0 && out.value > 0;
  if (place_of_time != 0 && received) {
    const auto left = std::max<Clock::duration>(end - Clock::now(), Clock::duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec rest{static_cast<decltype(timespec::tv_sec)>(seconds.count()),
                        static_cast<decltype(timespec::tv_nsec)>((left - seconds).count())};
    if (!call.target().write_object(place_of_time, rest)) return Outcome::failed(EFAULT);
  }
  return out;
}

}  // namespace a7600::seccomp
