// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/unique_fd.h"
#include "seccomp/call.h"

// Arguments and results of a call, as they cross from one process to the other.
namespace a7600::seccomp {

// What becomes of a call.
struct Outcome {
  enum class Kind { kPass, kResult, kDescriptor };
  Kind kind = Kind::kPass;
  std::int64_t value = 0;
  int error = 0;
  UniqueFd fd;
  bool close_on_exec = false;

  static Outcome pass() { return {}; }
  static Outcome failed(int error) { return {Kind::kResult, 0, error, {}, false}; }
  static Outcome descriptor(UniqueFd fd, bool close_on_exec) {
    return {Kind::kDescriptor, 0, 0, std::move(fd), close_on_exec};
  }
  // Of a call of lib/client's, just made.
  template <typename Number>
  static Outcome of(const std::optional<Number>& result) {
    if (!result) return pass();
    if (*result < 0) return failed(errno);
    return {Kind::kResult, static_cast<std::int64_t>(*result), 0, {}, false};
  }
};

// A socket address that the program gives.
class Address {
 public:
  // From memory at `address`; 0 or an errno.
  int read(const Target& target, std::uint64_t address, int length);
  // Argument `n` and its length, the next.
  int read(const Call& call, int n) {
    return read(call.target(), call.argument(n), call.number(n + 1));
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t length() const { return length_; }

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

// A place of the program's for a socket address.
class AddressResult {
 public:
  // Argument `n`, and where its length is, the next. 0 or an errno.
  int read(const Call& call, int n);
  // As Linux does it: cut to the place, with the whole length told. 0 or an errno.
  int write(const Call& call) const;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage_); }
  socklen_t* length() { return &length_; }

 private:
  std::uint64_t address_ = 0;
  std::uint64_t length_address_ = 0;
  socklen_t capacity_ = 0;
  sockaddr_storage storage_{};
  socklen_t length_ = sizeof(storage_);
};

}  // namespace a7600::seccomp
