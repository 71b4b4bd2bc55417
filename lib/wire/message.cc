// SPDX-License-Identifier: MIT
#include "wire/message.h"

#include <algorithm>
#include <type_traits>

namespace a7600::wire {

static_assert(std::is_trivially_copyable_v<Request> && std::is_trivially_copyable_v<Reply>);
static_assert(std::is_trivially_copyable_v<OptionRecord>);
static_assert(std::is_trivially_copyable_v<Progress>);

void Reply::set_notice(std::string_view text) {
  const std::size_t kept = std::min(text.size(), notice.size() - 1);
  std::copy_n(text.begin(), kept, notice.begin());
  notice[kept] = '\0';
}

bool valid(const Request& request) {
  return request.magic == kMagic && request.version == kVersion && request.op >= Op::kSocket &&
         request.op <= Op::kLast && request.size <= request.data.size();
}

bool valid(const Reply& reply) {
  return reply.magic == kMagic && reply.version == kVersion && reply.size <= reply.data.size() &&
         reply.state <= SocketState::kFailed && reply.notice.back() == '\0';
}

}  // namespace a7600::wire
