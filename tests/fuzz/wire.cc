// SPDX-License-Identifier: MIT
//
// What another process may send: messages of any bytes, and a status of any bytes.
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "base/unique_fd.h"
#include "input.h"
#include "wire/channel.h"
#include "wire/message.h"
#include "wire/peer_name.h"
#include "wire/status.h"

namespace a7600::fuzz {
namespace {

template <typename Message>
void check(std::string_view bytes) {
  Message message;
  std::memcpy(&message, bytes.data(), std::min(bytes.size(), sizeof(message)));
  if (!wire::valid(message)) return;
  require(message.size <= message.data.size(), "a valid message holds what it says");
}

}  // namespace
}  // namespace a7600::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace a7600;
  fuzz::Input input(data, size);
  const std::string_view bytes = input.rest();
  fuzz::check<wire::Request>(bytes);
  fuzz::check<wire::Reply>(bytes);
  static_cast<void>(wire::UnixAddress::from(bytes));

  UniqueFd file(::memfd_create("status", MFD_CLOEXEC));
  if (::write(file.get(), bytes.data(), bytes.size()) < 0) return 0;
  if (const auto status = wire::read_status(file.get())) {
    const auto& value = status.value();
    fuzz::require(value.links.size() == value.head.links, "as many links as the head says");
    fuzz::require(value.servers.size() == value.head.servers, "as many servers");
  }
  static_cast<void>(wire::read_text(file.get()));
  return 0;
}
