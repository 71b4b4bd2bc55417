// SPDX-License-Identifier: MIT
#include "seccomp/arguments.h"

namespace a7600::seccomp {

int Address::read(const Target& target, std::uint64_t address, int length) {
  if (length < 0 || static_cast<std::size_t>(length) > sizeof(storage_)) return EINVAL;
  length_ = static_cast<socklen_t>(length);
  const auto bytes = std::as_writable_bytes(std::span(&storage_, 1)).first(length_);
  return target.read(address, bytes) ? 0 : EFAULT;
}

int AddressResult::read(const Call& call, int n) {
  address_ = call.argument(n);
  length_address_ = call.argument(n + 1);
  int capacity = 0;
  if (!call.target().read_object(length_address_, capacity)) return EFAULT;
  if (capacity < 0) return EINVAL;
  capacity_ = static_cast<socklen_t>(capacity);
  return 0;
}

int AddressResult::write(const Call& call) const {
  const std::size_t size = std::min({length_, capacity_, socklen_t{sizeof(storage_)}});
  const auto bytes = std::as_bytes(std::span(&storage_, 1)).first(size);
  const bool written =
      call.target().write(address_, bytes) && call.target().write_object(length_address_, length_);
  return written ? 0 : EFAULT;
}

}  // namespace a7600::seccomp
